#!/usr/bin/env php
<?php
// The bench's handler: the same work as a worker and as a process for each
// task, which is the task's data and a word about it.

// run.sh puts it beside this file.
require __DIR__ . '/taskdir_worker.php';

function work(object $data): string {
    return "$data->template to $data->to";
}

class bench_work extends taskdir\adhoc_task {
    public function execute(): void {
        $this->result = work($this->get_custom_data());
    }
}

if (getenv('TASKDIR_WORKER') !== false) {
    taskdir\run(['bench.work' => 'bench_work']);
} else {
    $task = json_decode(stream_get_contents(STDIN));
    fwrite(fopen('php://fd/3', 'w'),
        json_encode(['result' => work($task->customdata)]) . "\n");
}
