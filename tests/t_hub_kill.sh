#!/bin/sh
# Hub and runner are killed at any moment: every event is delivered at least
# once, or is a dead letter; a dead host is in nobody's way.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/hub.sh"

# The hub's pid, while it has tasks.
hub_pid()
{
	awk '$6 ~ /^dispatch_event_task/ && $2 != "-" { print $2 }' \
	    "$SPOOL/run/running" 2>/dev/null | head -n 1
}

# rest_of STATE...: how many tasks and events lie there.
rest_of()
{
	for state; do
		names_in "$state"
	done | grep -c 'json$'
}

web web
hub_spool
rest fine 'rule.endpoint = /slow/0.01?{{n}}' 'max_in_flight = 20' \
    'cb_failure_threshold = 0'
rest bad 'rule.endpoint = /status/404?{{n}}' 'cb_failure_threshold = 0'
settings <<'END'
[class dispatch_event_task*]
attempts = 1000
END
EVENTS=300
seq "$EVENTS" | sed 's/.*/{"eventname":"fine","data":{"n":&}}/' |
    taskdir event --batch >fine.ids
seq 20 | sed 's/.*/{"eventname":"bad","data":{"n":&}}/' |
    taskdir event --batch >bad.ids
is "$(wc -l <fine.ids | tr -d ' ')" "$EVENTS" 'so many events wait'

for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	[ -n "$RUNNER" ] || start_runner
	wait_until '[ -n "$(hub_pid)" ] || [ "$(rest_of new failed cur)" = 0 ]'
	sleep "0.0$(((i * 37) % 90 + 10))" # the moment is what is tested
	pid=$(hub_pid)
	if [ $((i % 3)) = 0 ]; then
		kill -s KILL "$RUNNER"
		wait "$RUNNER" 2>/dev/null
		RUNNER=''
	elif [ -n "$pid" ]; then
		kill -s KILL "$pid" 2>/dev/null
	fi
done
[ -n "$RUNNER" ] || start_runner
wait_for 'all come to an end' '[ "$(rest_of new failed cur)" = 0 ]' 60
is "$(requests web 'r["path"].split("?")[1]' | sort -n | uniq | wc -l)" \
    "$EVENTS" 'every event was delivered at least once, or refused'
is "$(requests web 'r["path"]' | grep slow | sort | uniq | wc -l)" \
    "$EVENTS" 'those that can be were'
is "$(count_in dlq)" 20 'the others are dead letters'
is "$(requests web 'r["path"] + " " + r["headers"]["webhook-id"]' |
    sort -u | awk '{ print $1 }' | uniq -d)" '' \
    'what was sent twice has the same id'
is "$(ls "$SPOOL/log/attempts" | wc -l | tr -d ' ')" 20 \
    'a record is left of each dead letter alone'
is "$(find "$SPOOL/tmp" -name 'ev-*')" '' 'no stage is left'
check 'the runner stops' stop_runner
check 'nothing is wrong with the spool' taskdir check

# --- A dead host -------------------------------------------------------------

web dead
hub_spool
rest dead 'rule.endpoint = /hang' 'timeout = 500ms' 'cb_cooldown = 1h'
PORT=$(cat "$WORK/web/port")
rest live 'rule.endpoint = /ok/live'
MANY=10000
yes '{"eventname":"dead"}' | head -n "$MANY" | taskdir event --batch >dead.ids
start_runner
wait_for 'the dead one opens its breaker' \
    'grep -qs "^open" "$SPOOL/run/breaker/dead"' 60
for i in 1 2 3 4 5; do
	taskdir event live >out
	wait_for "another host is delivered to at once, $i" \
	    "[ \"\$(requests web 'r[\"path\"]' | grep -c '^/ok/live')\" = $i ]"
done
wait_for 'what the dead one was sent waits, all of it' \
    '[ "$(names_in new | grep -c "5Cdead,")" -ge $((MANY - 40)) ]' 60
pid=$(pgrep -P "$RUNNER" -f taskdir-hub | head -n 1)
rss=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status")
diag "the hub took $rss KB at most"
if grep -q __asan_init "$TD_BUILDDIR/src/cli/taskdir-hub"; then
	skip 'memory cannot be told in a sanitized program'
else
	check 'and costs the hub no memory' test "$rss" -lt 65536
fi
seen=$(requests dead 'r["path"]' | wc -l)
check 'the host saw no more than were in flight' test "$seen" -le 64
: >"$WORK/dead/release"
check 'the runner stops' stop_runner
done_testing
