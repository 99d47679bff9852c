#!/bin/sh
# The schedule at work: slots appear, run, follow one another, and survive what
# happens to them.  A clock of the story's own: nobody waits for a minute.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/clock.sh"

# 2026-06-01 is a Monday.
T=$(date -d '2026-06-01T00:00:00Z' +%s)
DAY=86400

# run_at SECONDS-FROM-T [OPTION...]: "run --once" at that time.
run_at()
{
	at_s=$((T + $1))
	shift
	at "$at_s" taskdir run --once "$@" >"$WORK/once" 2>"$SPOOL.err"
}
schedule()
{
	cat >"$SPOOL/schedule"
}
# The slots that ran, in seconds from T, oldest first.
ran()
{
	[ -e "$SPOOL/ran" ] || return 0
	awk -v t="$T" -v id="${1:-}" 'id == "" || $1 == id { print $2 - t }' \
	    "$SPOOL/ran" | paste -s -d ' ' -
}
# The slots that wait.
waiting()
{
	names_in "${1:-new}" |
	    sed -n 's/.*,s-[0-9a-f]*-\([0-9]*\),.*/\1/p' |
	    sort | while read -r slot; do echo $((slot - T)); done |
	    paste -s -d ' ' -
}
story()
{
	new_spool
	handler note <<-'HANDLER'
	#!/bin/sh
	echo "${TASKDIR_CLASS} $TASKDIR_SLOT" >>"$TASKDIR_SPOOL/ran"
	[ ! -e "$TASKDIR_SPOOL/fails" ]
	HANDLER
	: >"$SPOOL.err"
}

# --- The whole way -----------------------------------------------------------

story
echo '*/10 * * * * note {"a": [1]}' | schedule
run_at 30
is "$(ran)/$(waiting)" '/600' 'a new entry starts after now'
like "$(cat "$SPOOL"/new/*)" '*"customdata":{"a": ?1?}*"slot":*' \
    'the file says what, and for when'
run_at 590
is "$(ran)/$(waiting)" '/600' 'not before its time'
run_at 600
is "$(ran)/$(waiting)" '600/1200' 'at its time, and the next one waits'
run_at 601
run_at 1190
is "$(ran)/$(waiting)" '600/1200' 'once'
run_at 1215
is "$(ran)/$(waiting)" '600 1200/1800' 'and the next one a little late'
is "$(cat "$SPOOL"/log/runs-*.jsonl | grep -c "scheduled.*ok")" 2 \
    'the log says that they were scheduled'

# --- Nobody was there --------------------------------------------------------

story
schedule <<'END'
*/10 * * * * note
*/10 * * * * note id=skip missed=skip {"skip": true}
0 12 * * *   note id=noon missed=skip
END
run_at 0
run_at $((DAY + 30))
is "$(ran)" 600 'after a day what was missed runs once, for its first slot'
is "$(waiting)" "$((DAY + 600)) $((DAY + 600)) $((DAY + DAY / 2))" \
    'and all go on from now'
run_at $((DAY + 600 + 50))
is "$(ran)" "600 $((DAY + 600)) $((DAY + 600))" \
    'missed=skip: less than a minute late is not missed'
run_at $((DAY + 1200 + 65))
is "$(ran)" "600 $((DAY + 600)) $((DAY + 600)) $((DAY + 1200))" 'a minute is'

# --- Failures ----------------------------------------------------------------

story
schedule <<'END'
*/10 * * * * note
END
run_at 0
: >"$SPOOL/fails"
run_at 600
is "$(ran)/$(waiting)/$(waiting failed)" '600/1200/600' 'a run that fails'
run_at 640
is "$(ran)" 600 'is not tried again within a minute'
run_at 662
is "$(ran)" '600 600' 'then it is'
run_at 790
is "$(ran)" '600 600 600' 'and after two more'
run_at 1201
is "$(ran)/$(waiting)/$(waiting failed)" '600 600 600 600/1800/600' \
    'the next slot is passed over meanwhile'
rm "$SPOOL/fails"
run_at 3000
is "$(waiting failed)/$(ran | awk '{ print NF, $NF }')" '/5 600' \
    'until it succeeds'
run_at 3600
is "$(ran | awk '{ print NF, $NF }')/$(waiting)" '6 3600/4200' \
    'and then the schedule goes on'
is "$(count_in dlq)" 0 'nothing is dead'

story
echo '*/10 * * * * note on_failure=next' | schedule
: >"$SPOOL/fails"
run_at 0
run_at 600
is "$(ran)/$(waiting)/$(count_in failed)$(count_in dlq)" '600/1200/00' \
    'on_failure=next: a failure leaves nothing'
run_at 1200
is "$(ran)/$(waiting)" '600 1200/1800' 'and the next slot runs'

# --- Changes -----------------------------------------------------------------

story
schedule <<'END'
# mine
*/10 * * * * note id=a {"n": 1}
*/10 * * * * note id=b
END
run_at 0
is "$(waiting)" '600 600' 'two entries'
echo '*/15 * * * * note id=a {"n": 1}' | schedule
run_at 10
is "$(waiting)" 900 'an edit moves, a removed line takes out'
is "$(cat "$SPOOL"/log/runs-*.jsonl | grep -c '"withdrawn"')" 2 'logged so'
echo '*/15 * * * * note id=a {"n": 2}' | schedule
run_at 20
like "$(waiting) $(cat "$SPOOL"/new/*)" '900 *"n": 2*' \
    'other data: the same slot with the new data'
echo '*/15 * * * * note id=a disabled {"n": 2}' | schedule
run_at 30
is "$(waiting)" '' 'disabled: nothing waits'
echo '*/15 * * * * note id=a {"n": 2}' | schedule
run_at 5000
is "$(ran)/$(waiting)" '/5400' 'enabled: from now on'
gone=$(names_in new)
mv "$SPOOL/new/$gone" "$SPOOL/tmp/gone,$gone"
run_at 5005
is "$(waiting)/$(tail -n 1 "$SPOOL"/log/runs-*.jsonl |
    grep -o '"type[^,]*,\|"result[^,]*,' | tr -d '\n')" \
    '5400/"type":"scheduled","result":"withdrawn",' \
    'one that a dead runner took out is logged as withdrawn'
rm "$SPOOL"/new/*
run_at 5010
is "$(waiting)" 5400 'a file that was deleted is made again'
rm "$SPOOL"/new/*
run_at 9010
is "$(ran)/$(waiting)" '5400/9900' 'and runs once if its time came meanwhile'
rm "$SPOOL"/run/schedule.state
run_at 9900
is "$(ran)/$(waiting)" '5400 9900/10800' 'a lost book costs nothing'
echo '[schedule a]
disabled = yes' >>"$SPOOL/taskdir.conf"
run_at 9910
is "$(waiting)" '' 'the settings disable it'
echo '*/15 * * * * note id=a' | schedule
sed -i '/disabled = yes/d' "$SPOOL/taskdir.conf"
run_at 9911
rm "$SPOOL/schedule"
mkfifo "$SPOOL/schedule"
run_at 9912
is "$(waiting)" 10800 'a schedule that is no file takes nothing out'
like "$(cat "$SPOOL.err")" '*schedule*' 'and is told of'
rm "$SPOOL/schedule"
echo 'not five fields' >"$SPOOL/schedule"
run_at 9920
like "$(cat "$SPOOL.err")" '*schedule:1:*too few fields*' \
    'a bad line is told of'

story
echo '@reboot note' | schedule
run_at 5
is "$(ran | wc -w | tr -d ' ')" 1 '@reboot runs at the first start'
run_at 65
is "$(ran | wc -w | tr -d ' ')/$(waiting)" 1/ 'and not at the next one'

story
echo '*/10 * * * * note jitter=9m' | schedule
run_at 0
due=$(names_in new | cut -d , -f 1)
check 'jitter makes it later, by no more than it says' test \
    "$due" -ge $((T + 600)) -a "$due" -le $((T + 1140))
at "$due" taskdir run --once >"$WORK/once" 2>&1
is "$(ran)" 600 'the slot is the slot'

# --- A runner that stays -----------------------------------------------------

story
handler busy <<'END'
#!/bin/sh
echo "busy $TASKDIR_SLOT" >>"$TASKDIR_SPOOL/ran"
until [ -e "$TASKDIR_SPOOL/go" ]; do sleep 0.02; done # poll
END
schedule <<'END'
*/10 * * * * busy
*/10 * * * * note id=both overlap=allow
END
echo $((T - $(date +%s))) >offset
start_clock_runner
is "$(waiting)" '600 600' 'a runner makes the first slots'
# to SECONDS-FROM-T: the runner's clock is set.
to()
{
	step_clock $((T + $1 - $(date +%s)))
}
to 600
wait_for 'both run' '[ "$(ran busy) $(ran note)" = "600 600" ]'
wait_for 'and their next slots wait' '[ "$(waiting)" = "1200 1200" ]'
check_exit 1 'schedule run refuses what runs' at $((T + 601)) \
    taskdir schedule run busy
like "$(cat err)" '*busy runs already: pid *, since *' 'and says since when'
to 1200
wait_for 'what still runs passes its slot over' \
    '[ "$(ran note) $(waiting)" = "600 1200 1800 1800" ]'
is "$(ran busy)" 600 'and does not run beside itself'
: >"$SPOOL/go"
wait_for 'it ends' '[ -z "$(waiting cur)" ]'
to 1800
wait_for 'and goes on with the next slot' '[ "$(ran busy)" = "600 1800" ]'
wait_for 'which is followed' '[ "$(waiting)" = "2400 2400" ]'
to 1500
is "$(ran busy)" '600 1800' 'a clock set back runs nothing twice'
to 1801
is "$(waiting) $(ran busy)" '2400 2400 600 1800' 'and loses nothing'
id=$(names_in new | grep ,busy, | cut -d , -f 4)
check 'a slot is cancelled' taskdir cancel "$id"
wait_for 'the one after it waits' '[ "$(waiting)" = "2400 3000" ]'
rm "$SPOOL/go"
echo '*/20 * * * * busy' | schedule
kill -s HUP "$RUNNER"
wait_for 'SIGHUP: the schedule is read again' '[ "$(waiting)" = 2400 ]'
to 2400
wait_for 'it runs' '[ "$(ran busy)" = "600 1800 2400" ]'
echo '# none' | schedule
kill -s HUP "$RUNNER"
wait_for 'a removed line takes out what waits' '[ -z "$(waiting)" ]'
is "$(waiting cur)" 2400 'what runs, runs'
: >"$SPOOL/go"
wait_for 'and finishes' '[ -z "$(waiting cur)" ]'
check 'the runner stops' stop_runner
is "$(waiting)" '' 'nothing is left'

# --- Deleted by hand, under the eyes of a runner ------------------------------

story
echo '*/10 * * * * note' | schedule
echo $((T + 597 - $(date +%s))) >offset
start_clock_runner
is "$(waiting)" 600 'a slot waits'
rm "$SPOOL"/new/*
wait_for 'its file is deleted: it runs all the same' '[ "$(ran)" = 600 ]'
wait_for 'and is followed' '[ "$(waiting)" = 1200 ]'
check 'the runner stops' stop_runner
is "$(ran)" 600 'once'

# --- Killed at any moment ----------------------------------------------------

story
schedule <<'END'
*/10 * * * * note id=k1
*/10 * * * * note id=k2
*/10 * * * * note id=k3 missed=skip
END
run_at 0
for i in 1 2 3 4 5 6 7 8 9 10; do
	echo $((T + i * 600 - $(date +%s))) >offset
	LD_PRELOAD=$WORK/clock.so taskdir run --once >"$WORK/once" 2>&1 &
	pid=$!
	# Somewhere in its first 30 ms; a fork and a wait are no clock.
	sleep "0.0$(((i * 7) % 30 + 10))" # the moment is what is tested
	kill -s KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	# What was killed is found and done, within the same slot.
	wait_until 'at $((T + i * 600 + 2)) taskdir run --once >once 2>&1
	    [ -z "$(names_in cur)$(names_in failed)" ]'
	is "$(waiting)$(waiting failed)" \
	    "$((i * 600 + 600)) $((i * 600 + 600)) $((i * 600 + 600))" \
	    "killed, round $i: each has its next slot"
done
is "$(sort -u "$SPOOL/ran" | wc -l | tr -d ' ')" 10 \
    'every slot ran'
# A runner that dies between the line of the log and the removal has its task
# done again, which is then found, counted and logged as crashed.
is "$(cat "$SPOOL"/log/runs-*.jsonl | awk '{
	match($0, /"id":"[^"]*"/)
	id = substr($0, RSTART, RLENGTH)
	done[id] += /"result":"ok"/
	crashed[id] += /"result":"crashed"/
} END { for (id in done) if (done[id] > 1 + crashed[id]) print id }')" '' \
    'none was done twice but for a crash'

done_testing
