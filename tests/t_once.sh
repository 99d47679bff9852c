#!/bin/sh
# run --once: what it executes, what it leaves, what it returns.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

new_spool
handler ok <<'END'
#!/bin/sh
echo "ran $TASKDIR_ID"
END
mkdir "$SPOOL/handlers/mail"
for class in mail/digest mail/other limited; do
	cp "$SPOOL/handlers/ok" "$SPOOL/handlers/$class"
done
handler fails <<'END'
#!/bin/sh
exit 1
END
# Waits until as many run together as its data say.
handler meets <<'END'
#!/bin/sh
mkdir -p "$TASKDIR_SPOOL.met/$TASKDIR_ID"
n=0
until [ "$(ls "$TASKDIR_SPOOL.met" | wc -l)" -ge "$(taskdir data)" ]; do
	n=$((n + 1))
	[ $n -lt 400 ] || exit 1
	sleep 0.05 # poll
done
END
cp "$SPOOL/handlers/meets" "$SPOOL/handlers/alone"
settings <<'END'
[runner]
max_running = 2
[class alone]
max_running = 1
END
past=$(($(date +%s) - 60))
future=$((past + 7200))
put()
{
	printf '{"classname":"%s","customdata":%s}' "$(echo "$3" |
	    sed 's/%5C/\\\\/g')" "${6:-0}" | forge "$1" "$2" "$3" "$4" "$5"
}
# What ran, in the order of the run log, since the last call.
ran()
{
	runs_of '' | sed 's/{"id":"\([^"]*\)".*/\1/' >now
	tail -n "+$(($(wc -l <before) + 1))" now | sort | paste -s -d ' ' -
	cp now before
}
: >before

check_exit 0 'nothing to do is no failure' taskdir run --once
is "$(ran)" '' 'and does nothing'

put new n1 ok 0 "$past"
put new n2 mail%5Cdigest 0 "$past"
put failed f1 ok 1 "$past"
put new later ok 0 "$future"
put failed flater ok 1 "$future"
check_exit 0 'it executes what is due' taskdir run --once
is "$(ran)" 'f1 n1 n2' 'from new/ and failed/'
is "$(states_of later) $(states_of flater)" 'new failed' 'and leaves the rest'
like "$(cat out)" '*ok*mail\\digest*n2*' 'it prints a line a run'

put new n3 ok 0 "$past"
check_exit 0 'as JSON' taskdir run --once --json
is "$(tr -d ' \n' <out)" '[{"result":"ok","try":1,"class":"ok","id":"n3"}]' \
    'if that is asked'
is "$(ran)" n3 'once more'

put new n4 ok 0 "$past"
put new bad fails 0 "$past"
check_exit 1 'one that fails shows in the exit status' taskdir run --once
is "$(ran) $(states_of bad)" 'bad n4 failed' 'but does not stop the others'
like "$(cat out)" '*retry*fails*bad*exit 1*' 'and says why'
check_exit 0 'it is not tried again at once' taskdir run --once
is "$(ran)" '' 'but in its time'
put failed bad2 fails 11 "$past"
check_exit 1 'a dead letter is a failure too' taskdir run --once
is "$(ran) $(states_of bad2)" 'bad2 dlq' 'the last try'
echo '{' | drop broken
check_exit 0 'a broken letter is not a run that failed' taskdir run --once
is "$(names_in new | grep -v later)" '' 'but is taken away all the same'
ran >out

# --- Selections --------------------------------------------------------------

put new a1 mail%5Cdigest 0 "$past"
put new a2 mail%5Cother 0 "$past"
put new a3 ok 0 "$past"
check_exit 0 'of one class' taskdir run --once --class 'mail\digest'
is "$(ran)" a1 'only that one'
check_exit 0 'of a pattern' taskdir run --once --class 'mail*'
is "$(ran)" a2 'only those'
check_exit 0 'of an id' taskdir run --once --id a3
is "$(ran)" a3 'only that task'
put new same1 ok 0 "$past"
put new same2 ok 0 "$past"
check_exit 0 'of the beginning of an id' taskdir run --once --id same1
is "$(ran) $(states_of same2)" 'same1 new' 'if it is the only one'
put new same3 ok 0 "$past"
check_exit 2 'the beginning of two ids' taskdir run --once --id same
like "$(cat err)" '*same*' 'is refused'
check_exit 3 'an id that is not there' taskdir run --once --id no-such-task
is "$(ran)" '' 'neither runs anything'
rm -f "$SPOOL"/new/*,same[23],*
put new b1 ok 0 "$past"
put failed b2 ok 3 "$past"
check_exit 0 'of what failed' taskdir run --once --failed
is "$(ran)" b2 'only that'
check_exit 0 'what is left' taskdir run --once
is "$(ran)" b1 'runs without a selection'
check_exit 0 'with force, by id' taskdir run --once --force --id later
is "$(ran) $(run_field later forced)" 'later true' 'one that is not yet due'
check_exit 1 'with force, all' taskdir run --once --force
is "$(ran)" 'bad flater' 'everything, once'
for option in --force --failed --ignore-limits '--class x' '--id x' \
    '--keep-alive 5'; do
	# shellcheck disable=SC2086 # words
	check_exit 2 "$option needs --once" taskdir run $option
done

# --- How many at a time ------------------------------------------------------

for n in 1 2 3 4 5; do
	put new "p$n" meets 0 "$past" 5
done
check_exit 0 'five meet with --parallel' taskdir run --once --parallel 5
is "$(ran)" 'p1 p2 p3 p4 p5' 'all of them'
rm -rf "$SPOOL.met"
for n in 1 2; do
	put new "l$n" alone 0 "$past" 2
done
check_exit 0 'two of a class that allows one' \
    taskdir run --once --ignore-limits
is "$(ran)" 'l1 l2' 'meet with --ignore-limits'
rm -rf "$SPOOL.met"

# --- Output ------------------------------------------------------------------

put new o1 ok 0 "$past"
check_exit 0 'without a terminal' taskdir run --once
is "$(grep -c 'ran o1' out) $(cat "$SPOOL/log/output/ok,o1,1")" '0 ran o1' \
    'output is kept, not shown'
put new o2 ok 0 "$past"
check_exit 0 'with --verbose' taskdir run --once --verbose
is "$(grep -c 'ran o2' out) $(cat "$SPOOL/log/output/ok,o2,1")" '1 ran o2' \
    'output is kept and shown'
ran >out

# --- Keep alive --------------------------------------------------------------

put new k0 ok 0 "$past"
taskdir run --once --keep-alive 3 >alive.out 2>alive.err &
adopt_runner $!
wait_until 'ended k0'
put new k1 ok 0 "$past"
wait_for 'with --keep-alive it takes what comes' 'ended k1'
put new k2 ok 0 "$(($(date +%s) + 1))"
wait_for 'and what becomes due' 'ended k2'
is "$(run_field k2 forced)" '' 'in its time'
status=0
wait "$RUNNER" || status=$?
is "$status" 0 'until its time is over'
is "$(ran)" 'k0 k1 k2' 'all ran'

# --- Beside a runner ---------------------------------------------------------

start_runner
check_exit 1 'a second runner is refused' taskdir run
like "$(cat err)" "*another runner works on $SPOOL*" 'and told why'
check 'the first one goes on' is_alive "$RUNNER"
put new r1 ok 0 "$future"
put new r2 ok 0 "$future"
put new r3 fails 0 "$future"
check_exit 0 'run --once beside it' taskdir run --once
is "$(ran)" '' 'leaves what is not due'
check_exit 0 'with --force and an id' taskdir run --once --force --id r1
is "$(ran) $(run_field r1 forced)" 'r1 true' 'it has that one run'
like "$(cat out)" '*r1*ok*' 'and prints its result'
check_exit 1 'with --force, all' taskdir run --once --force
is "$(ran)" 'bad r2 r3' 'it has all run, once'
like "$(cat out)" '*r3*exit 1*' 'and prints the failure'
check_exit 3 'an id that is not there' taskdir run --once --id no-such-task
put failed r4 ok 2 "$future"
put new r5 ok 0 "$future"
check_exit 0 'only what failed' \
    taskdir run --once --failed --force --class ok
is "$(ran)" r4 'is asked for'
rm -rf "$SPOOL.met"
for n in 6 7; do
	put new "r$n" alone 0 "$past" 2
done
check_exit 0 'past the limits of a class' taskdir run --once --ignore-limits
wait_until 'ended r6 && ended r7'
is "$(ran)" 'r6 r7' 'both meet'
check 'the runner was one all the time' is_alive "$RUNNER"
check 'the runner stops' stop_runner
done_testing
