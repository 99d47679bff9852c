#!/bin/sh
# The wall clock is set while the runner works, an hour forward and back.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/clock.sh"

new_spool
handler ok <<'END'
#!/bin/true
END
handler fails <<'END'
#!/bin/sh
exit 1
END
handler busy <<'END'
#!/bin/sh
until [ -e "$TASKDIR_SPOOL.go" ]; do sleep 0.05; done # poll
END
start_clock_runner

# set_clock SECONDS: off by so much from now on.
set_clock()
{
	step_clock "$1"
	wait_for "the clock is off by $1: that is noticed" \
	    'grep -q "clock was set" "$SPOOL.err"'
}
put()
{
	printf '{"classname":"%s"%s}' "$2" "${4:-}" |
	    forge new "$1" "$2" 0 "$(($(now) + $3))"
}

# --- Forward -----------------------------------------------------------------

put soon ok 1800
put far ok 9000
put failed fails -1
put busy busy -1 ',"timeout":1800'
wait_until '[ "$(states_of busy) $(states_of failed)" = "cur failed" ]'
echo '{' >"$SPOOL/new/half"
begun=$(uptime_cs)
set_clock 3600
wait_for 'what has become due by it runs' 'ended soon'
wait_for 'a retry too' '[ "$(runs_of "failed\"" | wc -l)" -eq 2 ]'
is "$(states_of far)" new 'what has not, waits'
like "$(name_of failed failed)" "*,2.json" 'and the next retry'
is "$(states_of busy)" cur 'a time limit is not a matter of the wall clock'
wait_for 'nor is the settle time' '[ "$(count_in dlq)" -eq 1 ]'
check 'which was kept' test $(($(uptime_cs) - begun)) -ge 190
put next ok 1
wait_for 'due times are those of the new clock' 'ended next'
is "$(run_field next start | cut -c 1-9)" "$(run_field next due |
    cut -c 1-9)" 'and so is the run log'

# --- Back --------------------------------------------------------------------

put was ok 30
wait_until 'taskdir list | grep -q was'
set_clock 0
put back ok 2
wait_for 'a task due after the step runs' 'ended back'
is "$(states_of was) $(states_of far)" 'new new' \
    'what was almost due waits again'
is "$(runs_of 'was"')" '' 'and did not begin'
is "$(states_of busy)" cur 'what runs goes on'
: >"$SPOOL.go"
wait_for 'and ends' 'ended busy'
is "$(run_field busy result)" ok 'well'
check 'it did not last less than nothing' awk \
    -v d="$(run_field busy duration)" 'BEGIN { exit d < 0 }'
put slow fails -1
wait_until '[ "$(states_of slow)" = failed ]'
wait=$(($(name_of slow failed | cut -d , -f 1) - $(now)))
check 'waits are counted from the new clock' test "$wait" -gt 40 -a \
    "$wait" -le 60

# --- And forward again -------------------------------------------------------

set_clock 10000
wait_for 'nothing was lost' 'ended was && ended far'
wait_for 'nothing is stuck' '[ -z "$(names_in new)$(names_in cur)" ]'
is "$(runs_of '' | grep '"result":"ok"' | wc -l | tr -d ' ')" 6 \
    'each ran once'
check 'the runner stops' stop_runner

# --- Told to who sets the timer ----------------------------------------------

echo 0 >offset
new_spool
handler ok <<'END'
#!/bin/true
END
CLOCK_TELLS_SETTER=1
export CLOCK_TELLS_SETTER
start_clock_runner
put later ok 1800
wait_until '[ "$(states_of later)" = new ]'
step_clock 3600
put sooner ok 900
wait_for 'a step between two looks is noticed' \
    'grep -q "clock was set" "$SPOOL.err"'
wait_for 'and what has become due by it runs' 'ended later'
check 'the runner stops' stop_runner
done_testing
