#!/bin/sh
# SIGKILL for the runner at random moments, with tasks in flight.  Every handler
# holds a lock for life, and so do the children that it leaves in sessions of
# their own: a second copy of a task finds it taken.
#
# TD_KILL_ROUNDS (12) and TD_KILL_SEED (printed) may be given; soak.sh does.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
command -v flock >"$WORK/.out" || skip_all 'flock(1) is not installed'

rounds=${TD_KILL_ROUNDS:-12}
seed=${TD_KILL_SEED:-$(date +%s)}
diag "TD_KILL_SEED=$seed TD_KILL_ROUNDS=$rounds"

# Milliseconds to live, and how many tasks to add, for each round.
awk -v seed="$seed" -v n="$rounds" 'BEGIN {
	srand(seed)
	for (i = 0; i < n; i++)
		printf "0.%03d %d\n", 20 + rand() * 400, 20 + rand() * 50
    }' >"$WORK/moments"

new_spool
mkdir "$WORK/locks"
settings <<'END'
[runner]
max_running = 12
[class *]
backoff = 0
kill_grace = 2s
attempts = 8
END

# body CLASS TEXT: what follows the lock.
body()
{
	handler "$1" <<END
#!/bin/sh
exec 9>>"$WORK/locks/\$TASKDIR_ID"
flock -n 9 || { echo "\$TASKDIR_ID" >>"$WORK/overlaps"; exit 1; }
echo "\$TASKDIR_ID \$TASKDIR_TRY" >>"$WORK/began"
$2
END
}

body fine ''
body flaky "[ \"\$TASKDIR_TRY\" -ge 3 ]"
body dead 'exit 100'
body slow 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done'
# Two ways to leave somebody behind.
body leaves 'setsid sleep 60 &'
body deaf "setsid sh -c 'trap \"\" TERM; echo; sleep 0.3' >&9 & # poll"

add_some()
{
	awk -v n="$1" 'BEGIN {
		split("fine flaky dead slow leaves deaf", class)
		for (i = 0; i < n; i++)
			printf "{\"classname\":\"%s\",\"customdata\":%d}\n",
			    class[i % 6 + 1], i
	    }' | taskdir add --batch >>"$WORK/accepted" || bail 'add --batch'
}

add_some 200
while read -r moment n; do
	add_some "$n"
	taskdir run >>"$SPOOL.out" 2>>"$SPOOL.err" </dev/null &
	adopt_runner $!
	sleep "$moment" # not a poll: the moment is random on purpose
	kill -s KILL "$RUNNER"
	wait "$RUNNER" 2>/dev/null
done <"$WORK/moments"

# The last one is left alone until all is done.
start_runner
wait_for 'every task comes to its end' \
    '[ "$(count_in new)$(count_in cur)$(count_in failed)" = 000 ]' 120
check 'the last runner stops in order' stop_runner

sort "$WORK/accepted" >"$WORK/ids"
diag "$(grep -c . "$WORK/ids") tasks, $(grep -c . "$WORK/began") tries," \
    "$(runs_of | grep -c '"crashed"') of them crashed"
is "$(sort -u "$WORK/ids" | grep -c .)" "$(grep -c . "$WORK/ids")" \
    'every id was given once'
names_in dlq | cut -d , -f 4 >"$WORK/ended"
runs_of | grep '"result":"ok"' | sed 's/^{"id":"\([^"]*\)".*/\1/' |
    sort -u >>"$WORK/ended"
sort "$WORK/ended" >"$WORK/ended.sorted"
is "$(comm -23 "$WORK/ids" "$WORK/ended.sorted" | head)" '' \
    'no accepted task is lost'
is "$(comm -13 "$WORK/ids" "$WORK/ended.sorted" | head)" '' \
    'none came from nowhere'
# Done, killed before the file went, and dead after more crashes: rare, right.
uniq -d "$WORK/ended.sorted" | while read -r id; do
	runs_of "$id" | grep -q '"crashed"' || echo "$id"
done >"$WORK/twice"
is "$(cat "$WORK/twice")" '' 'none is both done and dead without a crash'

is "$(cat "$WORK/overlaps" 2>/dev/null)" '' 'two copies never overlap'
sort "$WORK/began" | uniq -d >"$WORK/twice"
is "$(head "$WORK/twice")" '' 'no try begins twice'
runs_of | sed -n 's/^{"id":"\([^"]*\)".*,"try":\([0-9]*\).*/\1 \2/p' |
    sort -u >"$WORK/logged"
sort -u "$WORK/began" | comm -23 - "$WORK/logged" >"$WORK/uncounted"
is "$(head "$WORK/uncounted")" '' 'every try that began is in the run log'
check 'check finds nothing' taskdir check

left()
{
	for env in /proc/[0-9]*/environ; do
		tr '\0' '\n' <"$env" 2>/dev/null |
		    grep -q "^TASKDIR_SPOOL=$SPOOL\$" && echo "$env"
	done
}
is "$(left 2>/dev/null)" '' 'no process is left'
done_testing
