#!/bin/sh
# taskdir why: a task that was claimed and waits for a persistent worker.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
command -v python3 >"$WORK/.out" || skip_all 'python3 is not installed'
. "$TD_SRCDIR/tests/worker.sh"
. "$TD_SRCDIR/tests/why.sh"
new_spool
handler w <"$TD_SRCDIR/tests/worker.py"
# Says nothing at all.
handler mute <<'END'
#!/bin/sh
exec sleep 300
END
settings <<END
[runner]
max_running = 3
[class *]
worker = yes
handler = handlers/w
max_running = 1
cwd = $WORK
[class mute]
handler = handlers/mute
[class wide]
pipeline = 2
END

# becomes NAME ID CODES
becomes()
{
	wait_for "$1" "[ \"\$(reasons $2)\" = '$3' ]"
}
start_runner
mute=$(taskdir add mute)
becomes 'a worker that has not said hello' "$mute" worker-starts
like "$(taskdir why "$mute")" '*said hello yet, for which it has 30s*' \
    'and how long it may take'
like "$(cat "$SPOOL/run/running")" "* - - *$mute mute start *" \
    'the scoreboard has it without a process'
is "$(taskdir running --json | tr -d '\n')" '[]' 'nothing runs'
next=$(taskdir add mute)
becomes 'its place is taken' "$next" 'class-limit turn'
taskdir cancel "$next" >"$WORK/out"
# Two classes share a worker.
one=$(add one '["wait","go"]')
becomes 'one that has its worker runs' "$one" running
two=$(add two '')
becomes 'another class waits for the same worker' "$two" worker-busy
third=$(taskdir add x)
becomes 'all slots are taken' "$third" 'runner-limit turn'
touch go
wait_for 'it gets the worker' "ended $two"
rm go
wait_until "ended $third"
taskdir cancel --no-wait "$mute"
wait_for 'a cancelled one leaves the scoreboard' \
    '! grep -q "$mute" "$SPOOL/run/running"'
one=$(add wide '["wait","go"]')
becomes 'one of a pipeline' "$one" running
two=$(add wide '["wait","go"]')
becomes 'and the second' "$two" running
third=$(taskdir add wide)
becomes 'not the third' "$third" 'class-limit turn'
touch go
wait_until "ended $third"
check 'the runner stops' stop_runner
done_testing
