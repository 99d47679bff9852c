#!/usr/bin/env python3
"""A program on a terminal, and a person before it.

    screen.py ROWS COLUMNS COMMAND... <STEPS

Runs the command on a pseudo-terminal whose screen is kept here, and carries
out the steps, one a line; the first that fails ends it with exit 1 and shows
the screen:

    wait REGEX      until the screen matches (its lines joined by LF)
    gone REGEX      until it does not
    press KEY...    a character, or up down tab enter escape ^X
    type TEXT       all of it
    size ROWS COLUMNS
    signal NAME     to the command
    until COMMAND   a shell command, again until it succeeds
    plain           no colour was asked for so far
    colour          it was
    restored        the terminal is as it was before the command
    end STATUS      the command ends so, and restored
    hangup STATUS   the terminal goes away, the command ends so

TD_PATIENCE multiplies the seconds (20) that a step may take.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

KEYS = {'up': '\033[A', 'down': '\033[B', 'tab': '\t', 'enter': '\r',
        'escape': '\033'}
SEQUENCE = re.compile(r'\033(?:\[([?>!]?)([0-9;]*)([@-~])|[()][A-Z0-9]'
                      r'|([^\[()]))')


class Failed(Exception):
    pass


class Screen:
    """What a terminal of the xterm kind makes of the bytes it is sent."""

    def __init__(self, rows, columns):
        self.rest = ''
        self.raw = ''
        self.colours = False
        self.style = '0'
        self.modes = {'25': True, '1049': False, '1': False}
        self.resize(rows, columns)

    def resize(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.row = self.column = self.top = 0
        self.bottom = rows - 1
        self.lines = [[' '] * columns for _ in range(rows)]

    def text(self):
        return '\n'.join(''.join(line).rstrip() for line in self.lines)

    def feed(self, text):
        self.raw += text
        text = self.rest + text
        at = 0
        while at < len(text):
            if text[at] != '\033':
                self.put(text[at])
                at += 1
                continue
            found = SEQUENCE.match(text, at)
            if not found:
                break
            self.obey(*found.groups())
            at = found.end()
        self.rest = text[at:]

    def put(self, c):
        if c == '\r':
            self.column = 0
        elif c == '\n':
            self.down()
        elif c == '\b':
            self.column = max(0, self.column - 1)
        elif c == '\t':
            self.column = min(self.columns - 1, self.column // 8 * 8 + 8)
        elif c >= ' ':
            if self.column == self.columns:
                self.column = 0
                self.down()
            self.lines[self.row][self.column] = self.last = c
            self.column += 1

    def down(self):
        if self.row == self.bottom:
            self.scroll(self.top, 1)
        elif self.row + 1 < self.rows:
            self.row += 1

    def scroll(self, first, n):
        """The lines from FIRST to the region's end go up by N (or down)."""
        lines = self.lines[first:self.bottom + 1]
        size = len(lines)
        blank = [[' '] * self.columns for _ in range(size)]
        if n > 0:
            lines = (lines[n:] + blank)[:size]
        else:
            lines = (blank[:-n] + lines)[:size]
        self.lines[first:self.bottom + 1] = lines

    def obey(self, kind, numbers, final, escape):
        if escape == 'M':
            if self.row == self.top:
                self.scroll(self.top, -1)
            else:
                self.row = max(0, self.row - 1)
        if final is None:
            return
        if kind:
            for mode in numbers.split(';'):
                if final in 'hl':
                    self.modes[mode] = final == 'h'
            return
        n = [int(x or 0) for x in numbers.split(';')]
        one = max(1, n[0])
        line = self.lines[self.row]
        if final == 'm':
            self.style = numbers or '0'
            self.colours |= any(30 <= x <= 49 or 90 <= x <= 107 for x in n)
        elif final in 'Hf':
            self.row = min(self.rows, one) - 1
            self.column = min(self.columns, max(1, (n + [1])[1])) - 1
        elif final == 'A':
            self.row = max(0, self.row - one)
        elif final == 'B':
            self.row = min(self.rows - 1, self.row + one)
        elif final == 'C':
            self.column = min(self.columns - 1, self.column + one)
        elif final == 'D':
            self.column = max(0, self.column - one)
        elif final == 'G':
            self.column = min(self.columns, one) - 1
        elif final == 'd':
            self.row = min(self.rows, one) - 1
        elif final == 'b':
            for _ in range(one):
                self.put(self.last)
        elif final == 'X':
            for i in range(self.column, min(self.columns, self.column + one)):
                line[i] = ' '
        elif final == 'P':
            line[self.column:] = (line[self.column + one:] +
                                  [' '] * one)[:self.columns - self.column]
        elif final == '@':
            line[self.column:] = ([' '] * one +
                                  line[self.column:])[:self.columns -
                                                      self.column]
        elif final == 'K':
            begin = self.column if n[0] == 0 else 0
            end = self.column + 1 if n[0] == 1 else self.columns
            line[begin:end] = [' '] * (end - begin)
        elif final == 'J':
            self.erase(n[0])
        elif final == 'r':
            self.top = one - 1
            self.bottom = min(self.rows, (n + [0])[1] or self.rows) - 1
            self.row = self.column = 0
        elif final in 'ST':
            self.scroll(self.top, one if final == 'S' else -one)
        elif final in 'LM':
            self.scroll(self.row, one if final == 'M' else -one)

    def erase(self, what):
        first = 0 if what else self.row + 1
        if what == 0:
            self.lines[self.row][self.column:] = \
                [' '] * (self.columns - self.column)
        elif what == 1:
            raise Failed('CSI 1 J is not known here')
        for row in range(first, self.rows):
            self.lines[row] = [' '] * self.columns


class Person:
    def __init__(self, rows, columns, command):
        self.screen = Screen(rows, columns)
        self.status = None
        # The command's end is kept open: it is asked when that has ended.
        self.fd, self.tty = pty.openpty()
        set_size(self.fd, rows, columns)
        self.before = termios.tcgetattr(self.tty)
        self.child = os.fork()
        if self.child == 0:
            os.login_tty(self.tty)
            try:
                os.execvp(command[0], command)
            finally:
                os._exit(127)

    def deadline(self):
        return time.monotonic() + 20 * float(os.environ.get('TD_PATIENCE', 1))

    def read(self, seconds):
        if self.fd < 0:
            time.sleep(seconds)
        elif select.select([self.fd], [], [], seconds)[0]:
            self.screen.feed(os.read(self.fd, 65536).decode('utf-8',
                                                            'replace'))

    def until(self, condition, ends=False):
        """Waits for the condition; ENDS: which the command must fulfil."""
        end = self.deadline()
        over = False
        while not condition():
            if time.monotonic() > end:
                raise Failed('waited in vain')
            if over:
                raise Failed('it has ended with %d' % self.status)
            over = ends and self.has_ended()
            self.read(0.02)

    def has_ended(self):
        if self.status is None:
            pid, status = os.waitpid(self.child, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def is_restored(self):
        self.read(0)
        modes = self.screen.modes
        return termios.tcgetattr(self.tty) == self.before and \
            modes['25'] and not modes['1049'] and not modes['1'] and \
            self.screen.style in ('0', '39;49')

    def do(self, step):
        verb, _, rest = step.partition(' ')
        screen = self.screen
        if verb == 'wait':
            self.until(lambda: re.search(rest, screen.text()), True)
        elif verb == 'gone':
            self.until(lambda: not re.search(rest, screen.text()), True)
        elif verb == 'press':
            for key in rest.split():
                if len(key) == 2 and key[0] == '^':
                    key = chr(ord(key[1]) & 31)
                os.write(self.fd, KEYS.get(key, key).encode())
        elif verb == 'type':
            os.write(self.fd, rest.encode())
        elif verb == 'size':
            rows, columns = map(int, rest.split())
            screen.resize(rows, columns)
            set_size(self.fd, rows, columns)
        elif verb == 'signal':
            os.kill(self.child, getattr(signal, 'SIG' + rest))
        elif verb == 'until':
            self.until(lambda: subprocess.call(['sh', '-c', rest]) == 0)
        elif verb in ('plain', 'colour'):
            if screen.colours != (verb == 'colour'):
                raise Failed('it is not')
        elif verb == 'restored':
            self.until(self.is_restored)
        elif verb in ('end', 'hangup'):
            if verb == 'hangup':
                os.close(self.fd)
                os.close(self.tty)
                self.fd = -1
            self.until(self.has_ended)
            if self.status != int(rest):
                raise Failed('it ended with %d' % self.status)
            if verb == 'end':
                self.until(self.is_restored)
        else:
            raise Failed('there is no such step')


def set_size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns,
                                                    0, 0))


def main():
    person = Person(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
    step = ''
    try:
        for step in filter(None, sys.stdin.read().split('\n')):
            person.do(step)
    except (Failed, OSError) as failure:
        print('\n'.join('|' + line for line in
                        person.screen.text().rstrip().split('\n')))
        print('%s: %s' % (step, failure))
        return 1
    finally:
        if not person.has_ended():
            os.kill(person.child, signal.SIGKILL)
    print(person.screen.text())
    return 0


sys.exit(main())
