"""Persistent workers of Taskdir in Python.

    #!/usr/bin/python3
    from taskdir_worker import AdhocTask, mtrace, run

    class Digest(AdhocTask):
        classname = 'mail.digest'

        def execute(self):
            mtrace('user %d' % self.get_custom_data()['userid'])

    run(Digest)

and in the settings: [class mail.digest], worker = yes.

The names are those that Moodle's tasks have.  execute() returns: the task is
done.  An exception that it does not catch is a failure with its message, to
be tried again, and its traceback is in the task's output; Permanent is one
for good, and Snooze no failure at all.  What is printed meanwhile is the
task's output too.
"""
import contextlib
import io
import json
import os
import re
import sys
import traceback

VERSION = 1

# A string, or what structures JSON.
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]')

# A line to the runner has at most 1 MiB; its escapes may need six bytes each.
TRACE_MAX = 100000

_lines = None
_answers = None
_current = None


class Permanent(Exception):
    """The task has failed and is not to be tried again."""


class Snooze(Exception):
    """Snooze(seconds): again later; this try does not count."""


def _members(text):
    """The members of a JSON object as (name, text of the value)."""
    depth, name, start = 0, None, 0
    for match in TOKEN.finditer(text):
        token = match.group()
        if token in '}]':
            depth -= 1
        if depth == 1 and token[0] == '"' and name is None:
            name = json.loads(token)
        elif depth == 1 and token == ':':
            start = match.end()
        elif (depth == 1 and token == ',') or (depth == 0 and token == '}'):
            if name is not None:
                yield name, text[start:match.start()].strip(' \t')
            name = None
        if token in '{[':
            depth += 1


def member_text(text, name):
    """The value of a member as it is written, None if there is none."""
    for have, value in _members(text):
        if have == name:
            return value
    return None


def _say(value):
    _answers.write(json.dumps(value).encode() + b'\n')
    _answers.flush()


class _Output(io.TextIOBase):
    """What is printed while a task runs: its trace."""

    def __init__(self, task):
        super().__init__()
        self.task, self.text, self.size = task, [], 0

    def writable(self):
        return True

    def write(self, text):
        for at in range(0, len(text), TRACE_MAX):
            piece = text[at:at + TRACE_MAX]
            if self.size + len(piece) > TRACE_MAX:
                self.send()
            self.text.append(piece)
            self.size += len(piece)
        return len(text)

    def take(self):
        text, self.text, self.size = ''.join(self.text), [], 0
        return text

    def send(self):
        """News of a task that goes on."""
        text = self.take()
        if text:
            _say({'id': self.task.get_id(), 'trace': text})


class AdhocTask:
    """A task; subclasses have a classname and execute()."""

    classname = None

    def __init__(self, line):
        self._line = line
        self._task = json.loads(line)
        self._output = _Output(self)
        self._recycle = False
        self.result = None      # any JSON value, for the run log

    def execute(self):
        raise NotImplementedError

    def get_id(self):
        return self._task['id']

    def get_component(self):
        return self._task['component']

    def get_userid(self):
        return self._task.get('userid')

    def get_custom_data(self):
        return self._task['task'].get('customdata')

    def get_custom_data_as_string(self):
        """As the producer wrote it, byte for byte."""
        return member_text(member_text(self._line, 'task'),
                           'customdata') or 'null'

    def get_next_run_time(self):
        return self._task['due']

    def get_attempt(self):
        """1 for the first."""
        return self._task['try']

    def get_attempts_available(self):
        """Attempts there are from this one on; None without a limit."""
        left = self._task['tries_left']
        return None if left is None else left + 1

    def set_progress(self, share):
        """From 0 to 1, for those who watch."""
        self._output.send()
        _say({'id': self.get_id(), 'progress': share})


def mtrace(text, eol='\n'):
    """A line in the output of the task."""
    sys.stdout.write(str(text) + eol)


def mtrace_exception(error):
    """Its message and traceback; the task goes on."""
    mtrace(''.join(traceback.format_exception(type(error), error,
                                              error.__traceback__)), '')


def clear_static_caches():
    """The next task gets a fresh process."""
    # pylint: disable=protected-access
    if _current is not None:
        _current._recycle = True


def _outcome(task):
    # What an exception says may itself be wrong: the worker lives on.
    try:
        task.execute()
        return {'status': 'ok', 'result': task.result}
    except Snooze as error:
        return {'status': 'snooze', 'next_in': error.args[0]}
    except Permanent as error:
        mtrace_exception(error)
        return {'status': 'permanent', 'error': str(error)}
    except Exception as error:  # pylint: disable=broad-except
        mtrace_exception(error)
        return {'status': 'retry',
                'error': '%s: %s' % (type(error).__name__, error)}


def _do(classes, line):
    """One task: whether the worker may go on."""
    global _current
    name = json.loads(line)['class']
    task = classes.get(name, AdhocTask)(line)
    _current = task
    # pylint: disable=protected-access
    with contextlib.redirect_stdout(task._output), \
            contextlib.redirect_stderr(task._output):
        if name in classes:
            answer = _outcome(task)
        else:
            answer = {'status': 'retry', 'error': 'this worker has no class '
                      'for ' + name}
    _current = None
    answer.update(id=task.get_id(), trace=task._output.take())
    if task._recycle:
        answer['recycle'] = True
    _say(answer)
    return not task._recycle


def run(*classes):
    """Does tasks of these classes for as long as the runner has some."""
    global _lines, _answers
    if int(os.environ.get('TASKDIR_WORKER', 0)) < VERSION:
        sys.exit('this is a worker: it needs worker = yes in its class')
    # Descriptor 3 is ours alone: no child may speak there.
    os.set_inheritable(3, False)
    _lines = os.fdopen(3, 'rb')
    _answers = os.fdopen(os.dup(3), 'wb')
    _say({'taskdir': VERSION, 'hello': os.path.basename(sys.argv[0])})
    known = {cls.classname: cls for cls in classes}
    for line in _lines:
        if not _do(known, line.decode()):
            break
