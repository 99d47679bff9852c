#!/usr/bin/python3
"""Examples of tasks in a persistent worker.  In the settings:

    [class example.*]
    handler = handlers/example.py
    worker = yes
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
# pylint: disable=wrong-import-position
from taskdir_worker import (AdhocTask, Permanent, Snooze,  # noqa: E402
                            clear_static_caches, mtrace, mtrace_exception,
                            run)

# What a real worker keeps between tasks: connections, languages, settings.
cache = {}


class Items(AdhocTask):
    """Many items: one that is bad must not keep the others from being done,
    nor be forgotten.  {"items": [1, "x", 3]}"""
    classname = 'example.items'

    def execute(self):
        bad = 0
        items = self.get_custom_data()['items']
        for number, item in enumerate(items, 1):
            try:
                mtrace('item %d is %d' % (number, int(item)))
            except ValueError as error:
                mtrace_exception(error)
                bad += 1
        if bad:
            raise RuntimeError('%d of %d items failed' % (bad, len(items)))


class Purge(AdhocTask):
    """Changes what is cached: every later task must see a fresh process."""
    classname = 'example.purge'

    def execute(self):
        cache.clear()
        clear_static_caches()
        self.result = os.getpid()


class Facts(AdhocTask):
    """What a task knows of itself."""
    classname = 'example.facts'

    def execute(self):
        cache['runs'] = cache.get('runs', 0) + 1
        mtrace(self.get_custom_data_as_string())
        self.result = {
            'pid': os.getpid(), 'runs': cache['runs'],
            'attempt': self.get_attempt(),
            'available': self.get_attempts_available(),
        }


class Fail(AdhocTask):
    """{"how": "retry"|"permanent"|"snooze"}"""
    classname = 'example.fail'

    def execute(self):
        how = self.get_custom_data()['how']
        if how == 'permanent':
            raise Permanent('never')
        if how == 'snooze':
            raise Snooze(3600)
        raise ValueError('not now')


run(Items, Purge, Facts, Fail)
