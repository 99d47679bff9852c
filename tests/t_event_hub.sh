#!/bin/sh
# The hub's classes, with a program in place of taskdir-hub: where it is found,
# what it is told, and that its tasks take no places.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

# The hub is what lies beside the program.
mkdir "$WORK/bin"
cp "$TD_BUILDDIR/src/cli/taskdir" "$WORK/bin/taskdir"
PATH=$WORK/bin:$PATH
cat >"$WORK/bin/taskdir-hub" <<'END'
#!/bin/sh
# Answers all but those of the service "slow".
echo '{"taskdir":1,"hello":"in place of the hub"}' >&3
env >"$TASKDIR_SPOOL/hub.env"
echo "$$" >>"$TASKDIR_SPOOL/hub.pids"
while IFS= read -r line <&3; do
	printf '%s\n' "$line" >>"$TASKDIR_SPOOL/hub.in"
	id=${line#*\"id\":\"}
	case $line in
	*'task\\slow"'*) ;;
	*) printf '{"id":"%s","status":"ok"}\n' "${id%%\"*}" >&3 ;;
	esac
done
END
chmod 0755 "$WORK/bin/taskdir-hub"

new_spool
settings <<'END'
[runner]
max_running = 1
shutdown_grace = 0
END
cat >"$SPOOL/conf.d/hub.conf" <<'END'
[service slow]
type = rest
base_url = http://127.0.0.1:9/
max_in_flight = 3
[service quick]
type = rest
base_url = http://127.0.0.1:9/
auth = bearer
token_env = QUICK_TOKEN
[rule slow]
event = slow
service = slow
[rule quick]
event = quick
service = quick
END
chmod 0600 "$SPOOL/conf.d/hub.conf"
handler stay <<'END'
#!/bin/sh
env >"$TASKDIR_SPOOL/stay.env"
exec sleep 1000
END
: >"$SPOOL/hub.in"

# told N CLASS: the hub was given so many tasks of it.
told()
{
	[ "$(grep -c -F "\"class\":\"dispatch_event_task\\\\$2\"" \
	    "$SPOOL/hub.in")" -eq "$1" ]
}
# done_are N CLASS
done_are()
{
	[ "$(taskdir log --class "dispatch_event_task:$1" | wc -l)" -eq "$2" ]
}
tell()
{
	awk -v n="$1" -v name="$2" 'BEGIN {
		for (i = 0; i < n; i++)
			printf "{\"eventname\":\"%s\"}\n", name
	}' | taskdir event --batch >"$WORK/ids"
}

QUICK_TOKEN=secret OTHER_TOKEN=other start_runner
taskdir add stay >"$WORK/out"
wait_for 'all places are taken' '[ -s "$SPOOL/stay.env" ]'
tell 10 slow
wait_for 'the hub has as many of a service as that allows' 'told 3 slow'
tell 20 quick
wait_for 'another service does not wait for it' 'done_are quick 20'
check 'nor got it more meanwhile' told 3 slow
is "$(wc -l <"$SPOOL/hub.pids" | tr -d ' ')" 1 'one process does it all'
like "$(taskdir why "$(taskdir list new --json |
    sed -n 's/.*"id":"\([^"]*\)".*/\1/p' | head -n 1)")" \
    "*service's max_in_flight is 3*" 'why names the limit'
is "$(grep -c '^QUICK_TOKEN=secret$' "$SPOOL/hub.env")" 1 \
    'the hub has the secrets that services name'
is "$(grep -c _TOKEN "$SPOOL/hub.env" "$SPOOL/stay.env" |
    sed 's/.*://' | paste -s -d ' ' -)" '1 0' 'no others, and nobody else'
is "$(grep -c -F "\"owner\":$(id -u)," "$SPOOL/hub.in")" 23 \
    'it is told whose a task is'
is "$(sed -n 's/.*"tries_left":\([0-9]*\).*/\1/p' "$SPOOL/hub.in" | sort -u)" \
    4 'its classes have five attempts'

check 'check finds the handler' taskdir check
stop_runner

# --- A service that takes nothing --------------------------------------------

cat >"$SPOOL/conf.d/off.conf" <<'END'
[service off]
type = rest
base_url = http://127.0.0.1:9/
enabled = no
[rule off]
event = off
service = off
END
chmod 0600 "$SPOOL/conf.d/off.conf"
mkdir -p "$SPOOL/run/breaker"
echo "open 1 1 4000000000000" >"$SPOOL/run/breaker/off"
taskdir pause >"$WORK/out"
start_runner
id=$(taskdir event off)
# The id of its task.
delivery()
{
	taskdir list new | sed -n "s/.*\($id-[0-9a-f]*\).*/\1/p"
}
wait_for 'its task waits' '[ -n "$(delivery)" ]'
like "$(taskdir why "$(delivery)")" \
    '*service off is disabled*breaker of service off is open until *2096-*' \
    'why knows that it is disabled, and that its breaker is open'
rm "$SPOOL/conf.d/off.conf"
like "$(taskdir why "$(delivery)")" '*there is no service off*' 'or missing'
taskdir cancel "$(delivery)" >"$WORK/out"
taskdir resume >"$WORK/out"
stop_runner

# --- Answers -----------------------------------------------------------------

# entries: the schedule, without blanks between columns.
entries()
{
	taskdir schedule list | tr -s ' '
}
is "$(entries)" '' 'no service answers: nothing is scheduled'
cat >"$SPOOL/conf.d/answers.conf" <<'END'
[service answers]
type = amqp
base_url = amqp://127.0.0.1:9/
response_queue = answers
END
chmod 0600 "$SPOOL/conf.d/answers.conf"
like "$(entries)" 'consume_responses_task *every minute* built in' \
    'one that does is asked each minute'
check 'which can be disabled' taskdir schedule disable consume_responses_task
like "$(entries)" 'consume_responses_task * disabled changed' 'and is then'
taskdir schedule reset consume_responses_task >"$WORK/out"
taskdir schedule set consume_responses_task --minute '*/5' >"$WORK/out"
like "$(entries)" 'consume_responses_task *5 minutes* changed' 'or set'
taskdir schedule reset consume_responses_task >"$WORK/out"
echo '0 4 * * * consume_responses_task id=nightly' >"$SPOOL/schedule"
is "$(entries | cut -d ' ' -f 1)" nightly 'an own entry stands in its place'
: >"$SPOOL/schedule"
start_runner
taskdir schedule run consume_responses_task >"$WORK/out"
wait_for 'the hub does it' \
    'grep -q "\"class\":\"consume_responses_task\"" "$SPOOL/hub.in"'
stop_runner
done_testing
