#!/bin/sh
# Persistent workers that misbehave: only what they have fails, and says why.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/worker.sh"

command -v python3 >"$WORK/.out" || skip_all 'python3 is not installed'

new_spool
handler bad <"$TD_SRCDIR/tests/worker.py"
handler good <"$TD_SRCDIR/tests/worker.py"
handler mute <<'END'
#!/bin/sh
echo "about to fail"
[ -e "$MUTE" ] || exit 7
END
printf '#!/no/such/interpreter\n' | handler broken
settings <<END
[runner]
max_running = 16
[class *]
worker = yes
cwd = $WORK
backoff = 1h
kill_grace = 1s
max_running = 1
[class bad]
pipeline = 3
END
start_runner

# The worker of another class has a task all the while, and none of what
# follows touches it.
bystander=$(add good '["touch","by"],["wait","over"]')
wait_until '[ -s by ]'

# fault NAME STEPS ERROR: the step goes wrong while the worker has two more.
fault()
{
	one=$(add bad "[\"wait\",\"go\"],$2")
	two=$(add bad '')
	three=$(add bad '')
	wait_until '[ "$(in_flight bad)" -eq 3 ]'
	: >go
	wait_until '[ "$(in_flight bad)" -eq 0 ]'
	rm go
	like "$(said "$one" error)" "$3" "$1: the error says so"
	is "$(said "$one" result) $(said "$two" result)" 'retry retry' \
	    'what the worker had fails'
	like "$(said "$three" error)" "$3" 'with the same error'
	is "$(states_of "$one") $(states_of "$two") $(states_of "$three")" \
	    'failed failed failed' 'and waits for its next try'
}

fault 'it exits' '["print","last words"],["exit",3]' \
    'the worker exited with 3 before it answered'
is "$(cat "$SPOOL/log/output/$(said "$one" output)" \
    "$SPOOL/log/output/$(said "$three" output)" | paste -s -d , -)" \
    'last words,last words' 'with what it printed last'
fault 'it exits with 0' '["exit",0]' \
    'the worker exited with 0 before it answered'
fault 'it dies' '["kill",9]' 'the worker was killed by signal 9 (Killed)'
fault 'it writes garbage' '["raw","Warning: x\n"]' \
    'the worker said what is no answer: *byte 0'
fault 'it writes an object that is no answer' '["raw","{\"ok\":true}\n"]' \
    'the worker said what is no answer: neither *'
fault 'it answers with an unknown status' '["answer",{"status":"fine"}]' \
    'the worker said what is no answer: "status" is not *'
fault 'it answers for a task that it does not have' \
    '["raw","{\"id\":\"x-1\",\"status\":\"ok\"}\n"]' \
    'the worker spoke of task x-1, which it does not have*'
fault 'it writes a line without end' '["long",4194304]' \
    'the worker said a line of more than 1048576 bytes'
fault 'it says hello again' '["raw","{\"taskdir\":1}\n"]' \
    'the worker said hello twice'
fault 'it closes descriptor 3' '["close"]' \
    'the worker closed its descriptor 3, and went on running'
fault 'it ignores SIGTERM as well' '["ignore",15],["raw","x\n"],["wait","n"]' \
    'the worker said what is no answer*'
fault 'it asks for a fresh process and then dies' \
    '["raw","{\"recycle\":true}\n"],["exit",1]' \
    'the worker exited with 1 before it answered'
fault 'it asks for a fresh process without having done anything' \
    '["raw","{\"recycle\":true}\n"],["exit",0]' \
    'the worker exited with 0 before it answered'

one=$(add bad '["wait","go"],["answer",{}],["raw","x\n"]')
two=$(add bad '')
wait_until '[ "$(in_flight bad)" -eq 2 ]'
: >go
wait_until '[ -n "$(runs_of "$two")" ]'
is "$(said "$one" result) $(said "$two" result)" 'ok retry' \
    'what was answered before the fault is done'
rm go

# Twice: the worker answers again for a task that is done.
one=$(add bad '["wait","go"],["answer",{}]')
wait_until '[ "$(in_flight bad)" -eq 1 ]'
two=$(add bad '["again","'"$one"'"]')
wait_until '[ "$(in_flight bad)" -eq 2 ]'
: >go
wait_until '[ -n "$(runs_of "$two")" ]'
is "$(said "$one" result)" ok 'it answers twice: the first answer counts'
like "$(said "$two" error)" "the worker spoke of task $one, *answered twice?)" \
    'what it has else fails, and the error says so'
rm go

# What it says last counts, whole or not, and however much it is.
do_one bad '["bare"]'
is "$(said "$id" result)" ok 'it exits with its answer, without a line end'
do_one bad '["much",150000]'
is "$(said "$id" result)" ok 'it exits with a long one'

# It stops reading: what it was not told of yet goes to another.
one=$(add bad '["deaf"],["touch","is-deaf"],["wait","go"]')
wait_until '[ -s is-deaf ]'
two=$(add bad '')
wait_for 'it closes its input: a task it never saw is done by another' \
    'ended "$two"'
is "$(said "$two" try)" 1 'at its first try'
is "$(said "$one" result) $(said "$one" error)" \
    'retry the worker closed its descriptor 3, and went on running' \
    'and the one it had fails'

# --- Time limits and cancelling

one=$(add bad '["child"],["wait","never"]' --timeout 1)
two=$(add bad '')
wait_for 'a worker that hangs is ended' '[ -n "$(runs_of "$one")" ]'
is "$(said "$one" result) $(said "$one" error)" \
    'timeout ran longer than its timeout' 'the late task is a time-out'
wait_for 'the other one is done' 'ended "$two"'
runs_of "$two" >runs
is "$(sed 's/.*"try":\([0-9]*\).*"result":"\([a-z]*\)".*/\1 \2/' runs |
    paste -s -d ' ' -)" '1 interrupted 1 ok' 'and spent no try'
like "$(head -n 1 runs)" "*because of task $one*" \
    'the log says why'
for child in child-*; do
	is "$(is_alive "${child#child-}" && echo alive)" '' \
	    'and so is a child with a session of its own'
done

one=$(add bad '["ignore",15],["touch","busy"],["wait","never"]')
two=$(add bad '')
wait_until '[ -s busy ] && [ "$(in_flight bad)" -eq 2 ]'
check 'a task of a worker can be cancelled' taskdir cancel "$one"
wait_for 'it goes to dlq/' '[ "$(states_of "$one")" = dlq ]'
is "$(said "$one" result)" cancelled 'as cancelled'
wait_for 'the other one is done' 'ended "$two"'

# Told to end it says that the task is done: too late.
one=$(add bad '["tell",15,"told"],["wait","told"]' --timeout 1)
wait_for 'an answer within the grace' '[ -n "$(runs_of "$one")" ]'
is "$([ -e told ] && said "$one" result)" timeout 'does not undo a time-out'

# --- Workers that do not start

id=$(add missing '')
wait_for 'a missing handler is a failure' '[ "$(states_of "$id")" = failed ]'
like "$(said "$id" error)" 'handler */handlers/missing is missing' \
    'that says so'
id=$(add broken '')
wait_for 'so is one that cannot be executed' \
    '[ "$(states_of "$id")" = failed ]'
like "$(said "$id" error)" 'cannot execute handler *interpreter*' \
    'and it says why'
for i in 1 2 3; do
	echo '{"classname":"mute","customdata":'$i'}'
done | taskdir add --batch >ids
wait_for 'a worker that exits at its start fails a task each time' \
    '[ "$(runs_of | grep -c "\"mute\".*\"retry\"")" -eq 3 ]'
id=$(head -n 1 ids)
is "$(said "$id" error)" 'the worker exited with 7 before its hello' \
    'the error says so'
is "$(cat "$SPOOL/log/output/$(said "$id" output)")" 'about to fail' \
    'and the output is there'

# hello NAME TEXT ERROR [SETTING]
hello()
{
	printf '%s\n' "$2" >hello
	settings <<END
[class hello$n]
handler = handlers/bad
worker_start = ${4:-20s}
END
	kill -s HUP "$RUNNER"
	wait_until "[ \$(grep -c 'settings loaded' '$SPOOL.err') -eq $n ]"
	do_one "hello$n" ''
	is "$(said "$id" result)" retry "$1 is a failure"
	like "$(said "$id" error)" "$3" 'that says so'
	rm hello
	n=$((n + 1))
}
n=1
hello 'a newer version' '{"taskdir":2}' \
    'the worker speaks version 2, this runner only 1*'
hello 'another first line' '{"id":"a","status":"ok"}' \
    'the worker did not begin with its hello*'
hello 'text instead of a hello' 'PHP Warning' \
    'the worker said what is no answer*'
hello 'no hello in time' '' \
    'the worker did not say hello within worker_start*' 1s

: >over
wait_for 'the other worker noticed nothing' 'ended "$bystander"'
is "$(said "$bystander" result) $(said "$bystander" value)" "ok $(cat by)" \
    'its task is done'
do_one bad ''
is "$(said "$id" result)" ok 'and the next worker does its work'
check 'the runner stops' stop_runner
done_testing
