#!/bin/sh
# taskdir why in a shared spool: what its users and root are told.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/users.sh"
. "$TD_SRCDIR/tests/why.sh"
new_shared
BOX=$(box_of "$EVA") EVA_UID=$(id -u "$EVA")
settings <<'END'
[runner]
max_running = 1
settle = 300ms
END
mkfifo -m 0644 "$WORK/go"
handler hold <<END
#!/bin/sh
read -r go <$WORK/go
END

evas()
{
	as "$EVA" taskdir why "$1" --json | codes
}

# --- Not taken from the box yet

id=$(as "$EVA" taskdir add hold)
is "$(evas "$id")" 'no-runner settling' 'nobody looks after the box'
like "$(as "$EVA" taskdir why "$id")" '*looks after this box*' 'as it says'
name=$(in_box "$EVA" new)
chmod 0606 "$BOX/new/$name"
is "$(evas "$id")" 'no-runner mode' 'others may write it'
chmod 0600 "$BOX/new/$name"
as "$EVA" ln "$BOX/new/$name" "$BOX/tmp/second"
is "$(evas "$id")" 'no-runner links' 'it has two names'
as "$EVA" rm "$BOX/tmp/second"
echo '{"classname":"hold"}' >"$WORK/roots"
mv "$WORK/roots" "$BOX/new/roots"
is "$(evas roots)" 'no-runner foreign' 'it is not his'
like "$(as "$EVA" taskdir why roots)" '*belongs to user 0*' 'but whose'
rm "$BOX/new/roots"
as "$EVA" mkfifo "$BOX/new/fifo"
is "$(evas fifo)" 'no-runner not-regular' 'it is no file'
rm "$BOX/new/fifo"
start_runner

# --- Waiting and running

wait_until '[ "$(count_in cur)" -eq 1 ]'
is "$(evas "$id")" running 'it runs'
next=$(as "$EVA" taskdir add hold)
wait_until 'in_box "$EVA" queue | grep -q "$next"'
is "$(evas "$next")" 'turn spool' 'he sees what is his'
like "$(as "$EVA" taskdir why "$next")" "*taskdir why u$EVA_UID-$next*" \
    'and who sees more'
is "$(reasons "u$EVA_UID-$next")" 'runner-limit turn' 'root sees the limits'
other=$(as "$ADA" taskdir add hold)
wait_until '[ "$(count_in new)" -eq 2 ]'
is "$(reasons "u$EVA_UID-$next")" 'runner-limit user-turn turn' \
    "it is another user's turn"
like "$(taskdir why "u$EVA_UID-$next")" \
    "*1 of its user's tasks run; 1 other user with no more*" 'as it says'
is "$(reasons "u$(id -u "$ADA")-$other")" 'runner-limit turn' \
    'who has more running is not before her'
timeout 20 taskdir cancel --all >"$WORK/out"

# --- Not admitted

(settings && kill -s HUP "$RUNNER") <<'END'
[runner]
max_waiting_per_user = 1
END
wait_until 'grep -q "settings loaded" "$SPOOL.err"'
as "$EVA" taskdir add hold --in 1h >"$WORK/out"
wait_until '[ -n "$(in_box "$EVA" queue)" ]'
id=$(as "$EVA" taskdir add hold --in 2h)
wait_until 'in_box "$EVA" dlq | grep -q "$id"'
is "$(evas "$id")" refused 'too many of one user are refused'
like "$(as "$EVA" taskdir why "$id")" \
    '*max_waiting_per_user*this letter box alone*' 'with the reason'
echo 'no task' | as "$EVA" sh -c "cat >$BOX/new/note"
wait_until 'in_box "$EVA" dlq | grep -q ,invalid,'
id=$(in_box "$EVA" dlq | grep ,invalid, | cut -d , -f 4)
is "$(evas "$id")" refused 'so is what is no task'
as "$EVA" timeout 20 taskdir cancel --all --waiting >"$WORK/out"
id=$(as "$EVA" taskdir add missing --no-retry)
wait_until 'in_box "$EVA" dlq | grep -q "$id"'
is "$(evas "$id")" dead 'a dead letter is one'
check 'the runner stops' stop_runner
done_testing
