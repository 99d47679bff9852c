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
    '--keep-alive 5' '--time-limit 5' '--count 5'; do
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

# --- So long, so many ---------------------------------------------------------

# Begins, and goes on until it is told.
handler held <<'END'
#!/bin/sh
echo "$TASKDIR_ID" >>"$TASKDIR_SPOOL.began"
until [ -e "$TASKDIR_SPOOL.go" ]; do sleep 0.05; done # poll
END
began()
{
	sort "$SPOOL.began" 2>/dev/null | paste -s -d ' ' -
}
# Seconds on the clock of waiting since $1, in hundredths.
passed()
{
	echo $(($(uptime_cs) - $1))
}
for n in 1 2 3; do
	put new "c$n" ok 0 "$((past + n))"
done
check_exit 0 'at most two with --count' taskdir run --once --count 2
is "$(ran) $(states_of c3)" 'c1 c2 new' 'those that are due first'
check_exit 0 'of a class' taskdir run --once -n 1 --class ok --force
is "$(ran)" c3 'there is one'
for n in 1 2 3 4; do
	put new "t$n" held 0 "$((past + n))"
done
begun=$(uptime_cs)
taskdir run --once --parallel 2 --time-limit 1 >limit.out 2>limit.err &
adopt_runner $!
wait_for 'with --time-limit' '[ "$(began)" = "t1 t2" ]'
wait_until '[ "$(passed "$begun")" -ge 150 ]'
check 'what runs goes on after it' is_alive "$RUNNER"
: >"$SPOOL.go"
status=0
wait "$RUNNER" || status=$?
is "$status $(ran)" '0 t1 t2' 'and is finished'
is "$(began) $(states_of t3) $(states_of t4)" 't1 t2 new new' \
    'but nothing more is begun'
check_exit 0 'until another one' taskdir run --once --time-limit 1h
is "$(ran)" 't3 t4' 'begins the rest'
put new t5 held 0 "$past"
begun=$(uptime_cs)
check_exit 0 'a time limit' taskdir run --once --time-limit 1 --keep-alive 1h
is "$(ran)" t5 'begins what is there'
check 'and ends a longer --keep-alive' test "$(passed "$begun")" -lt 36000
rm -f "$SPOOL.go" "$SPOOL.began"

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
taskdir cancel --all >out
ran >out
put new r8 mail%5Cdigest 0 "$future"
put new r9 mail%5Cother 0 "$future"
check_exit 0 'of a class' taskdir run --once --force --class '*digest'
is "$(ran) $(states_of r9)" 'r8 new' 'only that'
check_exit 0 'the rest' taskdir run --once --force
is "$(ran)" r9 'follows'
for n in 1 2 3; do
	put new "x$n" ok 0 "$((future + n))"
done
check_exit 0 'at most two of them' taskdir run --once --force --count 2
is "$(ran) $(states_of x3)" 'x1 x2 new' 'are those that are due first'
is "$(cut -d ' ' -f 1 out | paste -s -d ' ' -)" 'x1 x2' \
    'no other result is printed'
taskdir cancel x3 >out
ran >out

# In this runner a time that has not come holds them, and max_running = 2.
for n in 1 2 3 4; do
	put new "y$n" held 0 "$((future + n))"
done
taskdir run --once --force --parallel 3 --class held >beside.out \
    2>beside.err &
beside=$!
wait_for 'as many at a time as --parallel says' '[ "$(began)" = "y1 y2 y3" ]'
is "$(states_of y4) $(cat beside.err)" 'new ' 'and not more'
: >"$SPOOL.go"
status=0
wait "$beside" || status=$?
is "$status $(ran)" '0 y1 y2 y3 y4' 'the next when one has ended'
rm -f "$SPOOL.go" "$SPOOL.began"
for n in 1 2 3 4; do
	put new "z$n" held 0 "$((future + n))"
done
begun=$(uptime_cs)
taskdir run --once --force --time-limit 1 >beside.out 2>beside.err &
beside=$!
wait_until '[ "$(began)" = "z1 z2" ]'
wait_until '[ "$(passed "$begun")" -ge 150 ]'
check 'after --time-limit it waits for what runs' is_alive "$beside"
: >"$SPOOL.go"
status=0
wait "$beside" || status=$?
wait_until 'ended z1 && ended z2'
is "$status $(ran)" '0 z1 z2' 'and begins no more'
is "$(states_of z3) $(states_of z4) $(wc -l <beside.out)" \
    'new new 2' 'nor does it print more'
taskdir cancel z3 z4 >out
ran >out
rm -f "$SPOOL.go" "$SPOOL.began"
taskdir run --once --keep-alive 5 --class held >beside.out 2>&1 &
beside=$!
# What the runner began before it was there is not its own.
wait_until 'grep -q "^inotify" "/proc/$beside/fdinfo"/*'
put new w1 held 0 "$past"
put new w2 mail%5Cother 0 "$past"
put new w3 held 0 "$(($(date +%s) + 1))"
wait_for 'with --keep-alive' 'ended w2 && [ "$(began)" = "w1 w3" ]'
# It watches, and sleeps until something comes.
wait_until 'grep -q "^inotify" "/proc/$beside/fdinfo"/* &&
    grep -q ") S " "/proc/$beside/stat"'
: >"$SPOOL.go"
status=0
wait "$beside" || status=$?
is "$status $(cut -d ' ' -f 1 beside.out | paste -s -d ' ' -)" \
    '0 w1 w3' 'it waits for what comes, and is of the class'
ran >out
settings <<'END'
[class keyed]
handler = handlers/alone
serial_by_key = yes
END
kill -s HUP "$RUNNER"
wait_until 'grep -q "settings loaded" "$SPOOL.err"'
rm -rf "$SPOOL.met"
for n in 1 2; do
	put new "v$n" keyed 0 "$past" 2
done
wait_until '[ -n "$(states_of v1 | grep cur)" ]'
check_exit 0 'past serial_by_key, too' taskdir run --once --ignore-limits
wait_until 'ended v1 && ended v2'
is "$(ran)" 'v1 v2' 'both of a key meet'
check 'the runner was one all the time' is_alive "$RUNNER"
rm -f "$SPOOL.go" "$SPOOL.began"
for n in 1 2 3; do
	put new "u$n" held 0 "$past"
done
taskdir run --once --class held >beside.out 2>&1 &
beside=$!
wait_until '[ "$(began)" = "u1 u2" ] &&
    grep -q "^inotify" "/proc/$beside/fdinfo"/*'
stop_runner KILL
: >"$SPOOL.go"
wait_for 'where the runner has gone it goes on alone' '! is_alive "$beside"'
# Two lines of those that ran when it died.
is "$(ran)" 'u1 u1 u2 u2 u3' 'and does what was left'
done_testing
