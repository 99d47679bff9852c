#!/bin/sh
# Commands that wait for a runner do not wait for what it does not start, nor
# for one that was killed.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

new_spool
handler quick <<'END'
#!/bin/sh
END
# Does not end before it is allowed to, and not when it is told to.
handler held <<'END'
#!/bin/sh
trap '' TERM
: >"$TASKDIR_SPOOL/tmp/$TASKDIR_ID"
until [ -e "$TASKDIR_SPOOL/tmp/go" ]; do sleep 0.05; done # poll
END
hour=$(date +%H)
hour=$(((${hour#0} + 2) % 24))
settings <<END
[class shut]
handler = handlers/quick
window = $hour:00-$hour:59
[class rare]
handler = handlers/quick
rate = 1/d
[class held]
kill_grace = 1h
END

# --- What it does not start --------------------------------------------------

# status_of_waiter NAME: it ends, and $status is its exit code.
status_of_waiter()
{
	wait_for "$1" '! is_alive "$waiter"'
	! is_alive "$waiter" || kill "$waiter"
	status=0
	wait "$waiter" || status=$?
}
# passes NAME OPTION...: run --once comes to an end with exit 0, and prints no
# result.
passes()
{
	name=$1
	shift
	taskdir run --once "$@" >once.out 2>once.err &
	waiter=$!
	status_of_waiter "$name"
	is "$status $(cat once.out once.err)" '0 ' 'which is no failure'
}
start_runner
shut=$(taskdir add shut)
passes 'a closed window is not waited for'
passes 'nor is it with --force' --force
passes 'nor by name' --id "$shut"
passes 'nor longer than --keep-alive' --keep-alive 1
taskdir wait "$(taskdir add rare)" >first.out
rare=$(taskdir add rare)
passes 'the turn of a slow rate is not waited for' --class rare
check_exit 0 'past the limits of their classes they run' taskdir run --once \
    --ignore-limits
is "$(cut -d ' ' -f 1 out | sort | paste -s -d ' ' -)" "$shut $rare" \
    'and that is told'
stop_runner
# Both have their turn at first, and the second one's is a day after.
later=$(($(date +%s) + 2))
for id in rare1 rare2; do
	echo '{"classname":"rare"}' | forge new "$id" rare 0 "$later"
done
rm -f "$SPOOL/run/rates"
start_runner
taskdir run --once --class rare --keep-alive 3 >once.out 2>&1 &
waiter=$!
status_of_waiter 'nor one that is met while we wait'
is "$(cat once.out)" 'rare1  ok' 'after what ran'
taskdir cancel rare2 >out

# --- One that is killed ------------------------------------------------------

# killed ID COMMAND...: the runner dies while ID runs and COMMAND waits for it;
# its exit code is in $status, and what it says in killed.out.
killed()
{
	id=$1
	shift
	"$@" >killed.out 2>&1 &
	waiter=$!
	wait_until '[ -e "$SPOOL/tmp/$id" ]'
	wait_until 'grep -q "^inotify" "/proc/$waiter/fdinfo"/*'
	stop_runner KILL
	: >"$SPOOL/tmp/go"
	status_of_waiter "$2 ends when its runner was killed"
	rm "$SPOOL/tmp/go"
}
future=$(($(date +%s) + 7200))
for id in all named; do
	echo '{"classname":"held"}' | forge new "$id" held 0 "$future"
	[ "$id" = all ] || set -- --id "$id"
	killed "$id" taskdir run --once --force "$@"
	is "$status $(awk '{ print $1, $2 }' killed.out | paste -s -d ' ' -)" \
	    '0 crashed 1 ok 2' 'and has run its task again'
	start_runner
done
echo '0 0 1 1 *  held' >"$SPOOL/schedule"
kill -s HUP "$RUNNER"
wait_until 'names_in new | grep -q ",held,.*,s-"'
taskdir schedule run held >killed.out 2>&1 &
waiter=$!
wait_until '[ -e "$SPOOL"/tmp/s-*-m ]'
stop_runner KILL
: >"$SPOOL/tmp/go"
status_of_waiter 'so does a run by hand'
is "$status $(awk '{ print $1, $2 }' killed.out)" '1 crashed 1' \
    'which is a failure, and not tried again'
rm "$SPOOL/tmp/go"
start_runner
id=$(taskdir add held)
wait_until '[ -e "$SPOOL/tmp/$id" ]'
killed "$id" taskdir cancel "$id"
is "$status $(cat killed.out)" "1 taskdir cancel: $id was being executed when \
its runner died; start one, which puts it back" 'and says what is to be done'
done_testing
