#!/bin/sh
# The ends of persistent workers: idle, stubborn, without their runner; and
# whom they run as.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/worker.sh"

command -v python3 >"$WORK/.out" || skip_all 'python3 is not installed'

new_spool
handler w <"$TD_SRCDIR/tests/worker.py"
settings <<END
[runner]
max_running = 16
shutdown_grace = 1s
[class *]
worker = yes
handler = handlers/w
pipeline = 4
max_running = 1
kill_grace = 500ms
cwd = $WORK
[class brief]
worker_idle = 100ms
END
start_runner

# --- Idle

do_one brief ''
pid=$(said "$id" value)
wait_for 'a worker without work goes' '! is_alive "$pid"'
is "$([ -e "eof-$pid" ] && echo seen)" seen 'at the end of its input'
do_one brief ''
is "$(said "$id" result)" ok 'and comes again with the next task'
pid=$(said "$id" value)
: >stay
wait_for 'one that stays is ended' '! is_alive "$pid"'
rm stay

# --- Without its runner

one=$(add left '["ignore",15],["child"],["print","before"],
    ["touch","one"],["wait","go"]')
two=$(add left '["touch","two"]')
wait_until '[ -s one ] && [ "$(in_flight left)" -eq 2 ]'
pid=$(cat one)
child=$(echo child-*)
child=${child#child-}
kill -s KILL "$RUNNER"
wait "$RUNNER" 2>"$WORK/.out"
check 'a worker outlives its killed runner' is_alive "$pid"
check 'so does its child' is_alive "$child"
start_runner
is "$(is_alive "$pid" && echo alive)" '' 'the next runner ends it first'
is "$(is_alive "$child" && echo alive)" '' 'and the child it had'
is "$(said "$one" result) $(said "$two" result)" 'crashed crashed' \
    'what it had counts as a failure'
is "$(said "$one" error)" 'the runner died while it ran' 'that says why'
is "$(taskdir log output "$one" --try 1)" before 'what it printed is kept'
: >go
wait_for 'and is done again' 'ended "$one" && ended "$two"'
is "$(said "$one" result)$(said "$one" try) $(said "$two" result)" 'ok2 ok' \
    'at the next try'
is "$(names_in log/output | grep -c '^worker-[0-9]*$')" 1 \
    'only a living worker has live output'
rm go

# --- The runner stops

: >stay
do_one idle ''
pid=$(said "$id" value)
one=$(add left '["touch","one"],["wait","go"]')
two=$(add left '["touch","two"]')
wait_until '[ "$(in_flight left)" -eq 2 ]'
kill -s TERM "$RUNNER"
wait_for 'the runner stops' '! is_alive "$RUNNER"'
is "$(is_alive "$pid" && echo alive)" '' 'with all its workers'
is "$(said "$one" result) $(said "$two" result)" \
    'interrupted interrupted' 'what took too long is put back'
is "$(states_of "$one") $(states_of "$two")" 'new new' 'and waits as before'
rm stay

# --- Users

if [ "$(id -u)" -ne 0 ]; then
	skip 'not root: no worker can run as another user'
elif ! nobody=$(id -u nobody 2>/dev/null); then
	skip 'there is no user nobody'
else
	: >go
	mkdir "$WORK/bin"
	cp "$TD_SRCDIR/tests/worker.py" "$WORK/bin/w"
	chmod 0755 "$WORK" "$WORK/bin" "$WORK/bin/w"
	settings <<END
[class as.nobody]
handler = $WORK/bin/w
cwd = /
user = nobody
[class as.they.say]
handler = $WORK/bin/w
cwd = /
END
	start_runner
	do_one as.nobody ''
	fixed=$(said "$id" value)
	is "$(said "$id" result) $(stat -c %u "/proc/$fixed")" "ok $nobody" \
	    'user decides whom a worker runs as'
	do_one as.they.say '' --user root
	is "$(stat -c %u "/proc/$(said "$id" value)")" 0 \
	    'else the task does'
	do_one as.they.say '' --user nobody
	is "$(said "$id" result) $(said "$id" value)" "ok $fixed" \
	    'who shares a worker of the same user'
	do_one as.nobody '' --user root
	is "$(states_of "$id") $(said "$id" result)" 'dlq permanent' \
	    'a task for somebody else never reaches it'
	like "$(said "$id" error)" '*its class runs as "nobody"*' \
	    'and it says why'
fi
done_testing
