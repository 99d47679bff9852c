<?php
// Persistent workers of Taskdir in PHP.
//
//     #!/usr/bin/php
//     <?php
//     require __DIR__ . '/taskdir_worker.php';
//
//     class digest extends \taskdir\adhoc_task {
//         public function execute(): void {
//             mtrace('user ' . $this->get_custom_data()->userid);
//         }
//     }
//
//     \taskdir\run(['mail.digest' => digest::class]);
//
// and in the settings: [class mail.digest], worker = yes.  A class that is not
// in the list is looked for by its own name, mod_x\task\y, so that an
// autoloader can find it.
//
// The names are those that Moodle's tasks have.  execute() returns: the task
// is done.  An exception that it does not catch is a failure with its message,
// to be tried again, and its trace is in the task's output; permanent is one
// for good, and snooze no failure at all.  What is printed meanwhile is the
// task's output too.

namespace taskdir {

const VERSION = 1;

// A line to the runner has at most 1 MiB; its escapes may need six bytes each.
const TRACE_MAX = 100000;

/** The task has failed and is not to be tried again. */
class permanent extends \Exception {}

/** Again later; this try does not count. */
class snooze extends \Exception {
    public function __construct(public readonly int $seconds) {
        parent::__construct("snoozing for $seconds seconds");
    }
}

/** The value of a member as it is written, null if there is none. */
function member_text(string $text, string $name): ?string {
    $depth = 0;
    $have = null;
    $start = $at = 0;
    $token = '/"(?:[^"\\\\]++|\\\\.)*+"|[{}\[\],:]/';
    while (preg_match($token, $text, $found, PREG_OFFSET_CAPTURE, $at)) {
        [$word, $place] = $found[0];
        $at = $place + strlen($word);
        if ($word === '}' || $word === ']') {
            $depth--;
        }
        if ($depth === 1 && $word[0] === '"' && $have === null) {
            $have = json_decode($word);
        } else if ($depth === 1 && $word === ':') {
            $start = $at;
        } else if (($depth === 1 && $word === ',') || $depth === 0) {
            if ($have === $name) {
                return trim(substr($text, $start, $place - $start));
            }
            $have = null;
        }
        if ($word === '{' || $word === '[') {
            $depth++;
        }
    }
    return null;
}

/** The worker: one task after the other. */
final class worker {
    /** @var resource */
    private static $answers;
    private static ?adhoc_task $current = null;
    private static string $trace = '';
    private static bool $recycle = false;

    public static function say(array $value): void {
        fwrite(self::$answers, json_encode($value, JSON_UNESCAPED_SLASHES |
            JSON_INVALID_UTF8_SUBSTITUTE) . "\n");
        fflush(self::$answers);
    }

    /** What is printed while a task runs. */
    public static function printed(string $text): string {
        foreach (str_split($text, TRACE_MAX) as $piece) {
            if (strlen(self::$trace) + strlen($piece) > TRACE_MAX) {
                self::send_trace();
            }
            self::$trace .= $piece;
        }
        return '';
    }

    public static function send_trace(): void {
        if (self::$current !== null && self::$trace !== '') {
            self::say(['id' => self::$current->get_id(),
                'trace' => self::$trace]);
        }
        self::$trace = '';
    }

    public static function recycle(): void {
        self::$recycle = true;
    }

    private static function find(array $classes, string $name): string {
        $class = $classes[$name] ?? $name;
        if (!class_exists($class) || !is_a($class, adhoc_task::class, true)) {
            throw new \RuntimeException("this worker has no class for $name");
        }
        return $class;
    }

    private static function outcome(array $classes, string $line,
            \stdClass $task): array {
        try {
            $class = self::find($classes, $task->class);
            self::$current = new $class();
            self::$current->load($line, $task);
            self::$current->execute();
            return ['status' => 'ok', 'result' => self::$current->result];
        } catch (snooze $e) {
            return ['status' => 'snooze', 'next_in' => $e->seconds];
        } catch (permanent $e) {
            mtrace_exception($e);
            return ['status' => 'permanent', 'error' => $e->getMessage()];
        } catch (\Throwable $e) {
            mtrace_exception($e);
            return ['status' => 'retry',
                'error' => get_class($e) . ': ' . $e->getMessage()];
        }
    }

    /** One task: whether the worker may go on. */
    private static function do(array $classes, string $line): bool {
        $task = json_decode($line);
        ob_start([self::class, 'printed'], 4096);
        $answer = self::outcome($classes, $line, $task);
        ob_end_flush();
        $answer += ['id' => $task->id, 'trace' => self::$trace];
        if (self::$recycle) {
            $answer['recycle'] = true;
        }
        self::$current = null;
        self::$trace = '';
        self::say($answer);
        return !self::$recycle;
    }

    public static function run(array $classes): void {
        if ((int) getenv('TASKDIR_WORKER') < VERSION) {
            fwrite(STDERR,
                "this is a worker: it needs worker = yes in its class\n");
            exit(1);
        }
        // Two streams: PHP takes a socket for a file that can be rewound.
        $lines = fopen('php://fd/3', 'r');
        self::$answers = fopen('php://fd/3', 'w');
        self::say(['taskdir' => VERSION,
            'hello' => basename($_SERVER['argv'][0])]);
        while (($line = fgets($lines)) !== false && self::do($classes, $line)) {
            continue;
        }
    }
}

/** A task; subclasses have execute(). */
abstract class adhoc_task {
    private string $line;
    private \stdClass $task;

    /** Any JSON value, for the run log. */
    public mixed $result = null;

    abstract public function execute();

    final public function load(string $line, \stdClass $task): void {
        $this->line = $line;
        $this->task = $task;
    }

    public function get_id(): string {
        return $this->task->id;
    }

    public function get_component(): string {
        return $this->task->component;
    }

    public function get_userid(): ?string {
        return $this->task->userid ?? null;
    }

    public function get_custom_data(): mixed {
        return $this->task->task->customdata ?? null;
    }

    /** As the producer wrote it, byte for byte. */
    public function get_custom_data_as_string(): string {
        return member_text(member_text($this->line, 'task'), 'customdata') ??
            'null';
    }

    public function get_next_run_time(): int {
        return $this->task->due;
    }

    /** 1 for the first. */
    public function get_attempt(): int {
        return $this->task->try;
    }

    /** Attempts there are from this one on; null without a limit. */
    public function get_attempts_available(): ?int {
        $left = $this->task->tries_left;
        return $left === null ? null : $left + 1;
    }

    /** From 0 to 1, for those who watch. */
    public function set_progress(float $share): void {
        ob_flush();
        worker::send_trace();
        worker::say(['id' => $this->get_id(), 'progress' => $share]);
    }
}

/** The next task gets a fresh process. */
function clear_static_caches(): void {
    worker::recycle();
}

/** Does tasks for as long as the runner has some.  CLASSES: task => PHP. */
function run(array $classes = []): void {
    worker::run($classes);
}

}

namespace {

if (!function_exists('mtrace')) {
    /** A line in the output of the task. */
    function mtrace($string, $eol = "\n") {
        echo $string . $eol;
    }
}

if (!function_exists('mtrace_exception')) {
    /** Its message and trace; the task goes on. */
    function mtrace_exception(\Throwable $e) {
        mtrace(get_class($e) . ': ' . $e->getMessage());
        mtrace($e->getTraceAsString());
    }
}

}
