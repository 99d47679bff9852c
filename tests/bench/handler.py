#!/usr/bin/python3
"""The bench's handler: the same work as a worker and as a process for each
task, which is the task's data and a word about it."""
import json
import os
import sys

# run.sh puts it beside this file.
from taskdir_worker import AdhocTask, run


def work(data):
    return '%s to %s' % (data['template'], data['to'])


class Work(AdhocTask):
    classname = 'bench.work'

    def execute(self):
        self.result = work(self.get_custom_data())


if 'TASKDIR_WORKER' in os.environ:
    run(Work)
else:
    with os.fdopen(3, 'w') as channel:
        json.dump({'result': work(json.load(sys.stdin)['customdata'])},
                  channel)
