#!/bin/sh
# Requests: stop, reload, pause, cancel, run; and how many run at a time.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

new_spool
# Runs until SPOOL.go.CLASS is there; its lock directory tells how many do.
handler busy <<'END'
#!/bin/sh
trap 'echo "told to end"; exit 143' TERM
mkdir "$TASKDIR_SPOOL.running/$TASKDIR_ID" || exit 100
until [ -e "$TASKDIR_SPOOL.go.$TASKDIR_CLASS" ]; do sleep 0.05; done # poll
rmdir "$TASKDIR_SPOOL.running/$TASKDIR_ID"
END
handler deaf <<'END'
#!/bin/sh
trap '' TERM
mkdir "$TASKDIR_SPOOL.running/$TASKDIR_ID" || exit 100
while :; do sleep 300; done
END
handler plain <<'END'
#!/bin/sh
exec sleep 300
END
for class in two other one; do
	cp "$SPOOL/handlers/busy" "$SPOOL/handlers/$class"
done
handler ok <<'END'
#!/bin/true
END
mkdir "$SPOOL.running"
settings <<'END'
[runner]
shutdown_grace = 1s
max_running = 5
[class *]
kill_grace = 1s
[class two]
max_running = 2
[class one]
max_running = 1
END
running()
{
	find "$SPOOL.running" -mindepth 1 | wc -l | tr -d ' '
}
# Lets a class end, and forgets those that were killed.
let_go()
{
	for class; do
		: >"$SPOOL.go.$class"
	done
}
hold_again()
{
	rm -rf "$SPOOL".go.* "$SPOOL".running
	mkdir "$SPOOL.running"
}
# Everything that may start has started: what was added last, ran.  ok has a
# place only when fewer than five run.
passed()
{
	wait_until "ended '$(taskdir add ok)'"
}
past=$(($(date +%s) - 60))

# --- How many at a time ------------------------------------------------------

start_runner
for class in two one two one two one two one; do
	taskdir add "$class" >>added
done
wait_for 'three of two classes start' '[ "$(running)" -ge 3 ]'
passed
is "$(names_in cur | cut -d , -f 2 | sort | uniq -c | awk '{ print $2, $1 }' |
    paste -s -d ' ' -)" 'one 1 two 2' 'as many as each class allows'
printf '{"classname":"busy"}\n%.0s' 1 2 3 4 | taskdir add --batch >>added
wait_for 'others start beside them' '[ "$(running)" -eq 5 ]'
is "$(names_in cur | wc -l | tr -d ' ')" 5 'as many as there may be in all'
id=$(taskdir add ok)
let_go one
wait_for 'a place that is free is taken' 'ended "$id"'
wait_for 'by one class after the other' \
    '[ "$(names_in new | grep -c ,one,)" -eq 0 ]'
let_go two busy
wait_for 'all come to an end' '[ -z "$(names_in new)$(names_in cur)" ]'
is "$(runs_of '' | grep -v '"result":"ok"')" '' 'each of them well'
# From the run log: how many of a class were running at any time.
most_of()
{
	runs_of '' | grep "\"class\":\"$1\"" |
	    sed 's/.*"start":\([0-9.]*\),"end":\([0-9.]*\).*/\1 1\n\2 -1/' |
	    sort -n | awk '{ n += $2; if (n > most) most = n }
		END { print most }'
}
is "$(most_of one) $(most_of two)" '1 2' 'never more than allowed'
is "$(most_of '.*')" 5 'never more than five'

# --- Pause -------------------------------------------------------------------

hold_again
check_exit 0 'pause' taskdir pause
id=$(taskdir add ok)
wait_for 'is noticed' 'grep -q "runner: paused" "$SPOOL.err"'
later=$(taskdir add ok --in 1)
wait_until "[ \$(date +%s) -gt $(($(date +%s) + 2)) ]"
is "$(runs_of "$id")$(runs_of "$later")" '' 'nothing starts'
check_exit 0 'resume' taskdir resume
wait_for 'it starts' 'ended "$id" && ended "$later"'
check_exit 0 'pause of a class' taskdir pause --class two
id=$(taskdir add two)
passed
is "$(states_of "$id")" new 'that one waits, others run'
echo '{"classname":"two"}' | forge new ctl two 0 "$past"
check_exit 0 'resume of the class' taskdir resume --class two
wait_for 'it starts' '[ "$(states_of "$id")" = cur ]'
let_go two
wait_for 'and ends' 'ended "$id" && ended ctl'
check_exit 0 'a pause that is older than the runner' taskdir pause --class other
check 'the runner stops' stop_runner
start_runner
id=$(taskdir add other)
passed
is "$(states_of "$id")" new 'holds too'
rm "$SPOOL/run/ctl/pause.other"
wait_for 'until its file is removed' '[ "$(states_of "$id")" = cur ]'
let_go other
wait_until 'ended "$id"'

# --- Cancel and run ----------------------------------------------------------

hold_again
busy=$(taskdir add busy)
deaf=$(taskdir add deaf)
wait_until '[ "$(running)" -eq 2 ]'
check_exit 0 'cancel of a running task' taskdir cancel "$busy"
wait_for 'makes it a dead letter' '[ "$(states_of "$busy")" = dlq ]'
is "$(run_field "$busy" result) $(run_field "$busy" exit)" 'cancelled 143' \
    'it had been told to end'
like "$(cat "$SPOOL/dlq/$busy.reason")" '*"result":"cancelled"*' \
    'the reason says who did it'
: >"$SPOOL/run/ctl/cancel.$deaf"
wait_for 'one that does not listen is killed' '[ "$(states_of "$deaf")" = dlq ]'
is "$(run_field "$deaf" result) $(run_field "$deaf" exit)" 'cancelled -9' \
    'after the grace'
is "$(names_in run/ctl)" '' 'requests are gone when they are carried out'
later=$(taskdir add ok --in 1h)
: >"$SPOOL/run/ctl/run.$later"
wait_for 'a request runs a task now' 'ended "$later"'
is "$(run_field "$later" result) $(run_field "$later" forced)" 'ok true' \
    'which the run log says'
: >"$SPOOL/run/ctl/nonsense"
: >"$SPOOL/run/ctl/cancel.no-such-id"
: >"$SPOOL/run/ctl/run.no-such-id"
passed
check 'nonsense does no harm' is_alive "$RUNNER"
rm -f "$SPOOL"/run/ctl/*

# --- Reload ------------------------------------------------------------------

handler other <<'END'
#!/bin/sh
umask
END
settings <<'END'
[class other]
umask = 027
END
kill -s HUP "$RUNNER"
wait_for 'SIGHUP loads the settings' 'grep -q "settings loaded" "$SPOOL.err"'
id=$(taskdir add other)
wait_until 'ended "$id"'
is "$(cat "$SPOOL/log/output/other,$id,1")" 0027 'which count'
cp "$SPOOL/taskdir.conf" good.conf
printf '[class other]\numask = 077\nmax_runing = 3\n' | settings
: >"$SPOOL.err"
kill -s HUP "$RUNNER"
wait_for 'bad ones are refused' 'grep -q "old settings stay" "$SPOOL.err"'
check 'with file, line and column' grep -q \
    "taskdir.conf:$(wc -l <"$SPOOL/taskdir.conf"):1: .*max_runing" "$SPOOL.err"
id=$(taskdir add other)
wait_until 'ended "$id"'
is "$(cat "$SPOOL/log/output/other,$id,1")" 0027 'and the old ones count'
cp good.conf "$SPOOL/taskdir.conf"
: >"$SPOOL/run/ctl/reload"
wait_for 'a request loads them too' 'grep -q "settings loaded" "$SPOOL.err"'

# --- Stop --------------------------------------------------------------------

# started CLASS: a task with three failures behind it that runs now.
started()
{
	hold_again
	printf '{"classname":"%s"}' "$1" | forge failed "stop$2" "$1" 3 "$past"
	wait_until '[ "$(states_of "stop'"$2"'")" = cur ]'
	name=$(name_of "stop$2" cur)
}
started busy 1
wait_until '[ "$(running)" -eq 1 ]'
waiting=$(taskdir add ok --in 1h)
: >"$SPOOL.err"
kill -s TERM "$RUNNER"
wait_for 'SIGTERM begins the stop' 'grep -q "stopping" "$SPOOL.err"'
unclaimed=$(taskdir add ok)
let_go busy
check 'the runner stops' stop_runner CONT
is "$(run_field stop1 result)" ok 'a task that ends within the grace has ended'
is "$(states_of "$unclaimed") $(states_of "$waiting")" 'new new' \
    'nothing was begun meanwhile'
start_runner
wait_for 'the next runner does that' 'ended "$unclaimed"'

started busy 2
wait_until '[ "$(running)" -eq 1 ]'
begun=$(uptime_cs)
check 'SIGTERM interrupts what does not end' stop_runner
check 'after the grace' test $(($(uptime_cs) - begun)) -ge 95
is "$(names_in failed | grep -F "$name")" "$name" \
    'it is back under its old name where it came from'
is "$(run_field stop2 result) $(run_field stop2 exit) $(run_field stop2 \
    final)" 'interrupted 143 false' 'the run log says so'
printf '[runner]\nshutdown_grace = 1h\n' | settings
hold_again
start_runner
wait_for 'the next runner takes it up' '[ "$(running)" -eq 1 ]'
is "$(states_of stop2)" cur 'again'
started plain 3
printf '{"classname":"plain"}' | forge new stop4 plain 0 "$past"
wait_until '[ "$(states_of stop4)" = cur ]'
new_name=$(name_of stop4 cur)
: >"$SPOOL.err"
kill -s TERM "$RUNNER"
wait_until 'grep -q stopping "$SPOOL.err"'
is "$(names_in cur | wc -l | tr -d ' ')" 3 'one SIGTERM waits long'
check 'a second one interrupts at once' stop_runner
is "$(states_of stop3) $(states_of stop4)" 'failed new' \
    'each is back where it came from'
is "$(names_in failed | grep -F "$name") $(names_in new |
    grep -F "$new_name")" "$name $new_name" 'under its old name'
is "$(run_field stop3 result) $(run_field stop3 exit)" 'interrupted -15' \
    'death by the signal is an interruption'
is "$(names_in cur)" '' 'cur/ is empty'
is "$(taskdir running --json | tr -d '\n')" '[]' 'and so is the scoreboard'
check_exit 0 'check finds nothing wrong' taskdir check

# A spool that was made anew below a runner: what comes would never be seen.
# Each minute tells; SIGHUP does so at once.
for lost in /new /run/ctl ""; do
	new_spool
	start_runner
	mv "$SPOOL$lost" "$WORK/moved"
	taskdir init "$SPOOL" >/dev/null
	stop_runner HUP
	is "$?" 1 "a runner that lost '$lost' ends"
	like "$(cat "$SPOOL.err")" '*is no longer the directory*' 'and says why'
	rm -rf "$WORK/moved"
done
done_testing
