#!/bin/sh
# alert: somebody is told when a task dies, or fails for as long as it may.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
new_spool
mkdir "$WORK/told"
handler bad <<'END'
#!/bin/sh
echo '{"error":"no \"answer\""}' >&3
exit 100
END
handler again <<'END'
#!/bin/sh
exit 1
END
handler slow <<'END'
#!/bin/sh
exec sleep 300
END
cat >"$SPOOL/handlers/tell" <<END
#!/bin/sh
env >"$WORK/told/.\$TASKDIR_TASK"
cat >>"$WORK/told/.\$TASKDIR_TASK"
id -u >>"$WORK/told/.\$TASKDIR_TASK"
echo "printed by the alert"
mv "$WORK/told/.\$TASKDIR_TASK" "$WORK/told/\$TASKDIR_TASK"
END
cat >"$SPOOL/handlers/hang" <<END
#!/bin/sh
trap '' TERM
echo \$\$ >"$WORK/hanging.new"
mv "$WORK/hanging.new" "$WORK/hanging"
while :; do sleep 300; done
END
chmod 755 "$SPOOL/handlers/tell" "$SPOOL/handlers/hang"
settings <<'END'
[runner]
alert = handlers/tell
alert_rate = 1000/s
[class again]
backoff = 1, 3600
[class quiet]
alert = handlers/nothing
END

# told ID TEXT: whether the alert for a task has this line.
told()
{
	grep -qx "$2" "$WORK/told/$1"
}

start_runner
id=$(taskdir add bad)
wait_for 'a death is told' '[ -e "$WORK/told/$id" ]'
check 'as such' told "$id" TASKDIR_ALERT=dead
check 'with the class' told "$id" TASKDIR_CLASS=bad
check 'the result' told "$id" TASKDIR_RESULT=permanent
check 'the error' told "$id" 'TASKDIR_ERROR=no "answer"'
check 'the failures' told "$id" TASKDIR_TRIES=1
check 'the spool' told "$id" "TASKDIR_SPOOL=$SPOOL"
check 'none left out' told "$id" TASKDIR_SUPPRESSED=0
check 'in words too' told "$id" \
    "Task $id of class bad is dead after 1 failure (permanent): no \"answer\""
check 'as the runner' told "$id" "$(id -u)"
wait_for 'what it prints is in the log' \
    'grep -q "printed by the alert" "$SPOOL.err"'
like "$(states_of "$id")" dlq 'the task is dead'

echo '{' | drop torn
wait_until '[ "$(count_in dlq)" -eq 2 ]'
wait_for 'an unreadable letter is told' \
    'grep -lqx TASKDIR_RESULT=invalid "$WORK"/told/*'
id=$(taskdir add again)
wait_for 'a wait that is as long as it gets is told' \
    '[ -e "$WORK/told/$id" ]'
check 'as such' told "$id" TASKDIR_ALERT=backoff
check 'after the last step' told "$id" TASKDIR_TRIES=2
is "$(states_of "$id")" failed 'the task goes on'
is "$(name_of "$id" failed | cut -d , -f 1)" \
    "$(sed -n 's/^TASKDIR_NEXT=//p' "$WORK/told/$id")" 'when is told'
id=$(taskdir add slow)
wait_until 'taskdir running | grep -q "$id"'
taskdir cancel "$id" >/dev/null
is "$(states_of "$id")" dlq 'a cancelled task is dead'
taskdir add bad >/dev/null
wait_until '[ "$(grep -lx TASKDIR_CLASS=bad "$WORK"/told/* |
    grep -c .)" -eq 2 ]'
check 'but nobody is told' [ ! -e "$WORK/told/$id" ]

# The rate, and what comes at its end.
sed -i 's/^alert_rate = .*/alert_rate = 1\/d/' "$SPOOL/taskdir.conf"
kill -s HUP "$RUNNER"
wait_until 'grep -q "settings loaded" "$SPOOL.err"'
rm "$WORK"/told/*
first=$(taskdir add bad)
wait_until '[ -e "$WORK/told/$first" ]'
for _ in 1 2 3 4 5; do
	id=$(taskdir add bad)
	wait_until '[ "$(states_of "$id")" = dlq ]'
done
is "$(ls "$WORK/told")" "$first" 'no more often than alert_rate'
stop_runner

# A hanging one.
sed -i -e 's/^alert = handlers.tell/alert = handlers\/hang/' \
    -e 's/^alert_rate = .*/alert_rate = 1000\/s\nalert_timeout = 200ms/' \
    "$SPOOL/taskdir.conf"
start_runner
id=$(taskdir add bad)
wait_for 'an alert hangs' '[ -s "$WORK/hanging" ]'
read -r hanging <"$WORK/hanging"
printf '#!/bin/sh\n' | handler fine
id=$(taskdir add fine)
wait_for 'tasks do not wait for it' 'ended "$id"'
wait_for 'it is ended' '! is_alive "$hanging"'
wait_for 'which is said' 'grep -q "alert_timeout and is ended" "$SPOOL.err"'
rm "$WORK/hanging"
taskdir add bad >/dev/null
wait_for 'and the next may come' '[ -s "$WORK/hanging" ]'
read -r hanging <"$WORK/hanging"
stop_runner KILL
check 'it outlives its runner' is_alive "$hanging"
start_runner
wait_for 'and is ended by the next' '! is_alive "$hanging"'

# One that is not to be trusted, or not there.
taskdir add quiet >/dev/null 2>&1
cat >"$SPOOL/handlers/quiet" <<'END'
#!/bin/sh
exit 100
END
chmod 755 "$SPOOL/handlers/quiet"
taskdir add quiet >/dev/null
wait_for 'one that is missing is said' \
    'grep -q "cannot alert anybody: .*missing" "$SPOOL.err"'
cp "$SPOOL/handlers/tell" "$SPOOL/handlers/nothing"
chmod 777 "$SPOOL/handlers/nothing"
taskdir add quiet >/dev/null
wait_for 'one that others may write is not run' \
    'grep -q "cannot alert anybody: .*not trusted" "$SPOOL.err"'
printf '#!/no/such/program\n' >"$SPOOL/handlers/nothing"
chmod 755 "$SPOOL/handlers/nothing"
taskdir add quiet >/dev/null
wait_for 'one that cannot be executed is said' \
    'grep -q "cannot alert anybody: cannot execute: No such" "$SPOOL.err"'
is "$(grep -c 'alert command failed' "$SPOOL.err")" 0 \
    'it has not failed: it never began'
stop_runner
done_testing
