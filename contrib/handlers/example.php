#!/usr/bin/env php
<?php
// Examples of tasks in a persistent worker.  In the settings:
//
//     [class example.*]
//     handler = handlers/example.php
//     worker = yes

use taskdir\adhoc_task;
use taskdir\permanent;
use taskdir\snooze;

require __DIR__ . '/taskdir_worker.php';

// Many items: one that is bad must not keep the others from being done, nor be
// forgotten.  {"items": [1, "x", 3]}
class items extends adhoc_task {
    public function execute(): void {
        $bad = 0;
        $items = $this->get_custom_data()->items;
        foreach ($items as $i => $item) {
            try {
                if (!is_numeric($item)) {
                    throw new ValueError("\"$item\" is no number");
                }
                mtrace('item ' . ($i + 1) . " is $item");
            } catch (ValueError $e) {
                mtrace_exception($e);
                $bad++;
            }
        }
        if ($bad > 0) {
            throw new RuntimeException("$bad of " . count($items) .
                ' items failed');
        }
    }
}

// Changes what is cached: every later task must see a fresh process.
class purge extends adhoc_task {
    public function execute(): void {
        \taskdir\clear_static_caches();
        $this->result = getmypid();
    }
}

// What a task knows of itself.
class facts extends adhoc_task {
    // What a real worker keeps between tasks: connections, settings.
    private static int $runs = 0;

    public function execute(): void {
        mtrace($this->get_custom_data_as_string());
        $this->result = ['pid' => getmypid(), 'runs' => ++self::$runs,
            'attempt' => $this->get_attempt(),
            'available' => $this->get_attempts_available()];
    }
}

// {"how": "retry"|"permanent"|"snooze"}
class fail extends adhoc_task {
    public function execute(): void {
        switch ($this->get_custom_data()->how) {
            case 'permanent': throw new permanent('never');
            case 'snooze': throw new snooze(3600);
            default: throw new ValueError('not now');
        }
    }
}

\taskdir\run(['example.items' => items::class,
    'example.purge' => purge::class, 'example.facts' => facts::class,
    'example.fail' => fail::class]);
