#!/usr/bin/python3
"""A persistent worker that does what the task tells it to, right or wrong.

customdata is {"do": [["step", argument...], ...]}; at its end the task is
answered "ok" with the process's number as the result, unless a step answered.
Files lie in the story's scratch directory, which is cwd.
"""
import json
import os
import signal
import socket
import subprocess
import sys
import time

sock = socket.socket(fileno=3)
lines = sock.makefile('rb')


def say(value):
    sock.sendall(json.dumps(value).encode() + b'\n')


def wait(name):
    while not os.path.exists(name):
        time.sleep(0.01)  # poll


def step(task, name, *args):
    """True if it answered the task."""
    if name == 'print':
        print(args[0], flush=True)
    elif name == 'wait':
        wait(args[0])
    elif name == 'touch':
        with open(args[0], 'w', encoding='utf-8') as file:
            file.write(str(os.getpid()))
    elif name == 'keep':
        with open(args[0], 'wb') as file:
            file.write(task['line'])
    elif name == 'news':
        say(dict({'id': task['id']}, **args[0]))
    elif name == 'answer':
        say(dict({'id': task['id'], 'status': 'ok'}, **args[0]))
        return True
    elif name == 'again':
        say({'id': args[0], 'status': 'ok'})
    elif name == 'leave':
        say({'id': task['id'], 'status': 'ok', 'recycle': True,
             'result': os.getpid()})
        sys.exit(0)
    elif name == 'raw':
        sock.sendall(args[0].encode())
    elif name == 'bare':
        sock.sendall(json.dumps({'id': task['id'], 'status': 'ok'}).encode())
        os._exit(0)
    elif name == 'much':
        say({'id': task['id'], 'status': 'ok', 'trace': 'x' * args[0]})
        os._exit(0)
    elif name == 'long':
        chunk = b'x' * 65536
        for _ in range(args[0] // len(chunk)):
            sock.sendall(chunk)
    elif name == 'exit':
        os._exit(args[0])
    elif name == 'kill':
        os.kill(os.getpid(), args[0])
    elif name == 'deaf':
        sock.shutdown(socket.SHUT_RD)
    elif name == 'close':
        os.close(3)
        time.sleep(600)
    elif name == 'ignore':
        signal.signal(args[0], signal.SIG_IGN)
    elif name == 'tell':
        signal.signal(args[0], lambda *_: open(args[1], 'w').close())
    elif name == 'child':
        child = subprocess.Popen(['sleep', '600'], start_new_session=True)
        with open('child-%d' % child.pid, 'w', encoding='utf-8'):
            pass
    else:
        raise ValueError(name)
    return False


def do(line):
    task = json.loads(line)
    task['line'] = line
    data = task['task'].get('customdata') or {}
    answered = [step(task, *args) for args in data.get('do', [])]
    if not any(answered):
        say({'id': task['id'], 'status': 'ok', 'result': os.getpid()})


def main():
    hello = os.environ.get('HELLO_FILE', 'hello')
    if os.path.exists(hello):
        with open(hello, encoding='utf-8') as file:
            sock.sendall(file.read().encode())
    else:
        say({'taskdir': 1, 'hello': 'test'})
    for line in lines:
        do(line)
    with open('eof-%d' % os.getpid(), 'w', encoding='utf-8'):
        pass
    if os.path.exists('stay'):
        time.sleep(600)


main()
