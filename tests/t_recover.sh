#!/bin/sh
# A runner that was killed leaves handlers behind.  Without cgroups the next one
# knows them by the scoreboard, or by their environment: each alone must do.
# And a process that only has a pid that was once a handler's is left alone.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

new_spool
settings <<'END'
[runner]
cgroups = no
[class *]
backoff = 0
kill_grace = 1s
attempts = 2
END
# The second try only ends.
handler naked <<'END'
#!/bin/sh
[ "$TASKDIR_TRY" = 1 ] || exit 0
exec env -i sh -c 'echo $$ >'"$TASKDIR_SPOOL"'/tmp/naked; exec sleep 1000'
END
handler leaves <<'END'
#!/bin/sh
[ "$TASKDIR_TRY" = 1 ] || exit 0
setsid sh -c 'echo $$ >"$TASKDIR_SPOOL/tmp/leaves"; exec sleep 1000' &
echo $$ >"$TASKDIR_SPOOL/tmp/leaver"
exec sleep 1000
END
handler quick <<'END'
#!/bin/sh
[ "$TASKDIR_TRY" = 1 ] || exit 0
echo $$ >"$TASKDIR_SPOOL/tmp/quick"
exec sleep 1000
END
# A zombie that nobody has reaped yet does no harm.
gone()
{
	! is_alive "$(pid_of "$1")"
}
pid_of()
{
	cat "$SPOOL/tmp/$1"
}

# --- Its environment is empty: the scoreboard has its pid --------------------
start_runner
id=$(taskdir add naked)
wait_for 'a handler that throws its environment away' \
    '[ -s "$SPOOL/tmp/naked" ]'
wait_until 'grep -q " $id " "$SPOOL/run/running"'
stop_runner KILL
check 'outlives its runner' is_alive "$(pid_of naked)"
start_runner
check 'the next runner ended it' gone naked
wait_for 'before the task ran again' 'ended "$id"'
is "$(run_field "$id" result | tail -n 1)" ok 'which it did'

# --- In a session of its own: its environment tells --------------------------
id=$(taskdir add leaves)
wait_for 'a child in a session of its own' '[ -s "$SPOOL/tmp/leaves" ]'
wait_until '[ -s "$SPOOL/tmp/leaver" ]'
stop_runner KILL
# The handler itself and its line go: the child's environment is left.
kill -s KILL "$(pid_of leaver)"
awk '{ printf "%-255s\n", ($1 " - - - - - -") }' "$SPOOL/run/running" \
    >"$WORK/board"
cat "$WORK/board" >"$SPOOL/run/running"
start_runner
check 'is ended too' gone leaves
wait_for 'and its task comes to an end' 'ended "$id"'

# --- A stranger with a pid from the scoreboard -------------------------------
# Pids come round after hours: the handler with this one began long before.
id=$(taskdir add quick)
wait_for 'a third handler' '[ -s "$SPOOL/tmp/quick" ]'
wait_until 'grep -q " $id " "$SPOOL/run/running"'
stop_runner KILL
kill -s KILL "$(pid_of quick)"
sleep 1000 &
stranger=$!
awk -v id="$id" -v pid="$stranger" '
	$5 == id { $2 = pid; $3 -= 2000 }
	{ printf "%-255s\n", $0 }' "$SPOOL/run/running" >"$WORK/board"
cat "$WORK/board" >"$SPOOL/run/running"
start_runner
wait_for 'the task of one that has died runs again' 'ended "$id"'
check 'who has its pid now is left alone' is_alive "$stranger"
kill -s KILL "$stranger"
wait "$stranger" 2>/dev/null
check 'the runner stops' stop_runner
done_testing
