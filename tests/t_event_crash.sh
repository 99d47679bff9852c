#!/bin/sh
# SIGKILL for the runner at random moments, while it makes tasks of events:
# each rule has made one task of each event, of no duplicate any.
#
# TD_KILL_ROUNDS (10) and TD_KILL_SEED (printed) may be given.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

rounds=${TD_KILL_ROUNDS:-10}
seed=${TD_KILL_SEED:-$(date +%s)}
diag "TD_KILL_SEED=$seed TD_KILL_ROUNDS=$rounds"

# For each round: how many more files there must be in which directory, and how
# many events are told of.
awk -v seed="$seed" -v n="$rounds" 'BEGIN {
	srand(seed)
	for (i = 0; i < n; i++)
		printf "%s %d %d\n", rand() < 0.3 ? "tmp" : "new",
		    rand() * 150, 50 + rand() * 100
    }' >"$WORK/moments"

new_spool
cat >"$SPOOL/conf.d/hub.conf" <<'END'
[service x]
type = rest
base_url = http://127.0.0.1:9/
[rule one]
event = *
service = x
[rule two]
event = *
service = x
END
chmod 0600 "$SPOOL/conf.d/hub.conf"
settings <<'END'
[runner]
max_running = 4
[class dispatch_event_task\*]
handler = handlers/deliver
worker = no
backoff = 0
END
handler deliver <<'END'
#!/bin/sh
echo "$TASKDIR_ID" >>"$TASKDIR_SPOOL/delivered"
END
: >"$SPOOL/delivered"
taskdir pause >"$WORK/out"

# tell ROUND N: told by the command, and dropped; every third comes with an id
# that the round before had as well.
tell()
{
	awk -v round="$1" -v n="$2" 'BEGIN {
		for (i = 0; i < n; i++)
			if (i % 3 == 0)
				printf "{\"eventname\":\"told\",\"id\":" \
				    "\"%d-%d\"}\n", int(round / 2), i
			else
				printf "{\"eventname\":\"told\"}\n"
	    }' >"$WORK/told"
	taskdir event --batch <"$WORK/told" >>"$WORK/ids" || bail 'event'
	sed -n 's/.*"id":\("[^"]*"\).*/\1/p' "$WORK/told" >>"$WORK/own"
	grep -c -v '"id"' "$WORK/told" >>"$WORK/nameless"
	for name in 1 2 3 4 5; do
		echo "{\"eventname\":\"drop $1 $name\"}" | drop "d$1-$name"
	done
}

# Tasks in new/, or staged in tmp/.
tasks_in()
{
	names_in "$1" | grep -c ',.*,.*,'
}

round=0
while read -r where many n; do
	round=$((round + 1))
	tell "$round" "$n"
	many=$((many + $(tasks_in "$where")))
	start_runner
	wait_until '[ "$(tasks_in "$where")" -ge "$many" ]' 5
	kill -s KILL "$RUNNER"
	wait "$RUNNER" 2>/dev/null
done <"$WORK/moments"
left=$(names_in new | grep -v -c '^[0-9]')

# The last one is left alone until nothing is on its way.
start_runner
wait_for 'every event becomes tasks' \
    '[ "$(names_in new | grep -v -c "^[0-9]")" -eq 0 ]' 120
events=$(awk '{ n += $1 } END { print n }' "$WORK/nameless")
events=$((events + $(sort -u "$WORK/own" | grep -c .) + 5 * rounds))
diag "$events events, $left of them left to the last runner"
names_in new | cut -d , -f 4 | sort >"$WORK/tasks"
is "$(grep -c . "$WORK/tasks")" $((2 * events)) \
    'there are two tasks of each event'
is "$(uniq -d "$WORK/tasks" | head -n 5)" '' 'none is there twice'
is "$(sed 's/-[^-]*$//' "$WORK/tasks" | uniq -c | grep -c -v ' 2 ')" 0 \
    'one by each rule'
is "$(find "$SPOOL/tmp" "$SPOOL/dlq" -type f)" '' 'nothing else is left'
sed 's/-[^-]*$//' "$WORK/tasks" | sort -u >"$WORK/became"
sort "$WORK/ids" | comm -23 - "$WORK/became" >"$WORK/none"
taskdir log --json --class event --result duplicate |
    sed 's/^{"id":"\([^"]*\)".*/\1/' | sort -u >"$WORK/duplicates"
is "$(comm -23 "$WORK/none" "$WORK/duplicates" | head -n 5)" '' \
    'what became no task is a duplicate, as the log says'
is "$(comm -12 "$WORK/became" "$WORK/duplicates" | head -n 5)" '' \
    'and no duplicate became one'
check 'check finds nothing' taskdir check
taskdir resume >"$WORK/out"
wait_for 'all are delivered' '[ -z "$(names_in new)$(names_in cur)" ]' 120
is "$(sort "$SPOOL/delivered" | cmp - "$WORK/tasks" 2>&1)" '' 'each once'
stop_runner
done_testing
