#!/usr/bin/env python3
"""Writes keys.json: tasks, and the dedup keys that follow from them.

Shares no code with lib/task.c and lib/key.c: what both say is the format.
"""
import hashlib
import json
import re
import sys

TOKEN = re.compile(rb'[ \t\r\n]*("(?:[^"\\]|\\.)*"|[][{},:]|[^][{},: \t\r\n]+)')


def canonical(text):
    """Sorted by the names as written, white space gone, the rest as it is."""
    tokens = TOKEN.findall(text)
    place = 0

    def value():
        nonlocal place
        token = tokens[place]
        place += 1
        if token not in (b'{', b'['):
            return token
        end = b'}' if token == b'{' else b']'
        parts = []
        while tokens[place] != end:
            name = b''
            if token == b'{':
                name = tokens[place]
                place += 2
            parts.append((name[1:-1], name + b':' if name else b'', value()))
            if tokens[place] == b',':
                place += 1
        place += 1
        if token == b'{':
            parts.sort(key=lambda part: part[0])
        return token + b','.join(n + v for _, n, v in parts) + end

    return value()


def customdata(text):
    """The bytes of the member, by walking the tokens of the outer object."""
    depth, name = 0, None
    for match in TOKEN.finditer(text):
        token = match.group(1)
        if depth == 1 and name is not None and token not in (b':', b','):
            if json.loads(name) == 'customdata':
                return text[match.start(1):text.rindex(b'}')]
            name = None
        elif depth == 1 and token.startswith(b'"'):
            name = token
            continue
        if token in (b'{', b'['):
            depth += 1
        elif token in (b'}', b']'):
            depth -= 1
    return b'null'


def identity(text, owner):
    task = json.loads(text)
    name = re.sub('[:/]', lambda _: '\\', task['classname'])
    if name.startswith('\\'):
        name = name[1:]
    component = task.get('component')
    if component is None:
        component = name.split('\\')[0] if '\\' in name else ''
    userid = task.get('userid')
    userid = '' if userid is None else str(userid)
    if task.get('key') is not None:
        parts = ['2' + name, owner, userid, task['key']]
        return '\0'.join(parts).encode()
    parts = ['1' + name, component, owner, userid, '']
    return '\0'.join(parts).encode() + canonical(customdata(text.encode()))


# A line a task: its text, the owner, and what it shows.
TASKS = [
    ('{"classname":"a"}', '', 'nothing but a class'),
    ('{"classname":"a","customdata":null}', '', 'null is the default'),
    ('{"classname":"a","customdata":{}}', '', 'an empty object is not null'),
    ('{"classname":"a","customdata":[]}', '', 'nor is an array'),
    ('{"classname":"a","customdata":""}', '', 'nor an empty text'),
    ('{"classname":"a","customdata":0}', '', 'nor zero'),
    ('{"classname":"a","customdata":false}', '', 'nor false'),
    ('{"classname":"mail.digest"}', '', 'no separator: component ""'),
    (r'{"classname":"mod_x\\task\\y"}', '', 'component mod_x'),
    (r'{"classname":"\\mod_x\\task\\y"}', '', 'the leading \\ is dropped'),
    ('{"classname":"mod_x:task/y"}', '', ': and / are \\'),
    (r'{"classname":"\/mod_x\u005ctask\u002fy"}', '', 'escapes undone'),
    (r'{"classname":"mod_x\\task\\y","component":"mod_x"}', '',
     'the default component written out is the same'),
    (r'{"classname":"mod_x\\task\\y","component":""}', '',
     'an empty component is not the default'),
    ('{"classname":"a","component":null}', '', 'null: the default'),
    ('{"classname":"a","component":"b c/\u00e4"}', '', 'free text'),
    (r'{"classname":"a","component":"b c\/\u00e4"}', '', 'escapes undone'),
    (r'{"classname":"a","component":"\ud83d\ude00\n"}', '', 'a pair'),
    ('{"classname":"a","userid":5}', '', 'a number'),
    ('{"classname":"a","userid":"5"}', '', 'is its decimal text'),
    ('{"classname":"a","userid":18446744073709551617}', '', 'of any size'),
    ('{"classname":"a","userid":0}', '', 'zero'),
    ('{"classname":"a","userid":""}', '', 'as none'),
    ('{"classname":"a","userid":null}', '', 'as none'),
    ('{"classname":"a","userid":"www-data"}', '', 'a name'),
    ('{"classname":"a"}', '1000', 'an owner'),
    ('{"classname":"a"}', '0', 'root is an owner too'),
    ('{"classname":"a","userid":"1000"}', '', 'userid is not owner'),
    ('{"classname":"a","key":"k"}', '', 'a key of its own'),
    ('{"classname":"a","key":"k","customdata":{"x":1},"component":"c"}', '',
     'replaces component and customdata'),
    ('{"classname":"a","key":"k","userid":7}', '33', 'not user and owner'),
    ('{"classname":"a","key":""}', '', 'an empty key is a key'),
    ('{"classname":"a","key":null}', '', 'null is none'),
    (r'{"classname":"a","key":"k\u00e4\"\\"}', '', 'escapes undone'),
    ('{"classname":"b","key":"k"}', '', 'the class stays part of it'),
    ('{"classname":"a","nextruntime":1795132800,"attemptsavailable":3,'
     '"retry":false,"on_duplicate":"ignore","timeout":1.5,"x-y":1}', '',
     'the rest is no part of it'),
    ('{"classname":"a","customdata":1}', '', 'numbers'),
    ('{"classname":"a","customdata":1.0}', '', 'as written'),
    ('{"classname":"a","customdata":1e0}', '', 'as written'),
    ('{"classname":"a","customdata":-0}', '', 'as written'),
    ('{"classname":"a","customdata":9007199254740993}', '', 'above 2^53'),
    ('{"classname":"a","customdata":"\u00e4"}', '', 'UTF-8'),
    (r'{"classname":"a","customdata":"\u00e4"}', '', 'is not its escape'),
    (r'{"classname":"a","customdata":"\u00E4"}', '', 'nor the other one'),
    (r'{"classname":"a","customdata":"\ud800"}', '', 'even half a pair'),
    (r'{"classname":"a","customdata":"\u0000"}', '', 'even this'),
    ('{"classname":"a","customdata":" a b "}', '', 'blanks in texts stay'),
    ('{"classname":"a","customdata":{"b":1,"a":2}}', '', 'members sorted'),
    ('{"classname":"a","customdata":{"a":2,"b":1}}', '', 'so: the same'),
    (' {\t"classname" : "a" ,\r\n"customdata" : { "b" : 1 , "a" : 2 } } ',
     '', 'white space is nothing'),
    ('{"customdata":{"a":2,"b":1},"classname":"a"}', '', 'nor is order'),
    (r'{"classname":"a","custom\u0064ata":{"a":2,"b":1}}', '',
     'an escape does not hide a member'),
    ('{"classname":"a","customdata":{"a":1,"b":2,"a":3}}', '',
     'twins stay in their order'),
    ('{"classname":"a","customdata":{"a":3,"b":2,"a":1}}', '',
     'the other order is another task'),
    ('{"classname":"a","customdata":{"a!":1,"a":2,"":3,"A":4}}', '',
     'by bytes, the shorter first'),
    (r'{"classname":"a","customdata":{"b":1,"\u0061":2,"\"":3}}', '',
     'names as written'),
    ('{"classname":"a","customdata":{"z":1,"\u00e4":2,"\u20ac":3}}', '',
     'names by bytes'),
    ('{"classname":"a","customdata":{"b":[{"d":1,"c":[3,1,2]}],'
     '"a":{"y":{},"x":[]}}}', '', 'objects in objects; arrays stay'),
    ('{"classname":"a","customdata":[[{"b":1,"a":1}],{"b":{"b":1,"a":1}}]}',
     '', 'objects in arrays'),
    ('{"classname":"a","customdata":{"}":"{","],":"\\"}"}}', '',
     'brackets in texts'),
    (r'{"classname":"a","customdata":{"\\":"\\\\","\\\"":"\\\""}}', '',
     'backslashes'),
]


def vector(text, owner, shows):
    same = identity(text, owner)
    return {
        'shows': shows,
        'task': text,
        'owner': owner,
        'identity': same.decode(),
        'key': hashlib.sha256(same).hexdigest()[:16],
    }


def main():
    lines = [json.dumps(vector(*task)) for task in TASKS]
    sys.stdout.write('[\n' + ',\n'.join(lines) + '\n]\n')


if __name__ == '__main__':
    main()
