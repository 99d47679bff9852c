#!/bin/sh
# A shared spool at work: users drop, the runner runs their tasks as them.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/users.sh"
new_shared
BOX=$(box_of "$EVA")
settings <<'END'
[runner]
settle = 300ms
[class *]
backoff = 1h
kill_grace = 1s
END
handler who <<'END'
#!/bin/sh
printf '%s\n' "$(id -un):$(id -gn):$(id -Gn | tr ' ' +):$USER:$HOME"
cat
END
handler fail <<'END'
#!/bin/sh
exit 1
END
# Runs until somebody writes into the pipe.
mkfifo -m 0644 "$WORK/go"
handler hold <<'END'
#!/bin/sh
read -r go <"$(taskdir data --raw)"
END
like "$(TASKDIR=$SPOOL setpriv --reuid "$EVA" --regid "$EVA" --init-groups \
    taskdir run 2>&1)" '*denied*' 'only root runs it'
start_runner

id=$(as "$EVA" taskdir add who --data '{"n": 1.0}')
check_exit 0 'a task of a user is done' as "$EVA" timeout 20 taskdir wait "$id"
is "$(cat out)" "$id  ok" 'as he is told'
home=$(getent passwd "$EVA" | cut -d : -f 6)
is "$(as "$EVA" taskdir log output "$id")" "$EVA:$EVA:$EVA:$EVA:$home
{\"classname\":\"who\",\"customdata\":{\"n\": 1.0}}" \
    'it ran as him, with his groups, and he reads what it printed'
like "$(as "$EVA" taskdir show "$id")" "*$id*ok*" 'show knows it'
uid=$(id -u "$EVA")
like "$(runs_of "u$uid-$id")" "*\"ref\":\"$id\"*\"owner\":$uid,*" \
    'the log has both ids and the owner'
is "$(as "$EVA" taskdir list)$(names_in new)$(in_box "$EVA" new)" '' \
    'nothing is left'
check_exit 3 'nobody else knows of it' as "$ADA" taskdir show "$id"
taskdir add who >/dev/null
wait_for 'root has tasks of his own' \
    'grep -qs "^root:root" "$SPOOL"/log/output/who,[0-9]*'

id=$(as "$EVA" taskdir add fail)
wait_for 'a failure is seen' \
    'as "$EVA" taskdir list failed | grep -q "$id"'
like "$(as "$EVA" taskdir list --errors)" '*failed*exit 1*' 'with its error'
check_exit 0 'its user reschedules it' as "$EVA" timeout 20 taskdir \
    reschedule "$id" 4000000000
is "$(names_in failed | cut -d , -f 1,5) $(in_box "$EVA" failed |
    cut -d , -f 1,5)" '4000000000,1.json 4000000000,1.json' \
    'as everybody sees'
check_exit 0 'and retries it' as "$EVA" timeout 20 taskdir retry "$id"
wait_for 'it fails once more' '[ "$(in_box "$EVA" failed | cut -d , -f 5)" = \
    2.json ]'
check_exit 0 'all that failed' as "$EVA" timeout 20 taskdir retry --all --failed
wait_for 'go at once' '[ "$(in_box "$EVA" failed | cut -d , -f 5)" = 3.json ]'
check_exit 0 'it is cancelled' as "$EVA" timeout 20 taskdir cancel "$id"
is "$(cat out)$(names_in failed)$(in_box "$EVA" failed)" \
    "$id  cancelled" 'and gone'
# --- Dead letters of a user

bury_one()
{
	id=$(as "$EVA" taskdir add fail --no-retry "$@")
	wait_until 'in_box "$EVA" dlq | grep -q "$id"'
}
bury_one
like "$(as "$EVA" taskdir dlq export --all)" \
    "*\"id\":\"$id\"*\"task\":{\"classname\":\"fail\"*" \
    'a user exports his dead letters'
like "$(as "$EVA" taskdir dlq show "$id")" '*exit 1*' 'and reads them'
check_exit 3 'nobody else does' as "$ADA" taskdir dlq show "$id"
check_exit 3 'or revives them' as "$ADA" taskdir retry "$id"
is "$(as "$ADA" taskdir dlq export --all)" '' 'or exports them'
check_exit 0 'he revives it' as "$EVA" timeout 20 taskdir retry "$id"
wait_for 'it runs with fresh tries' \
    '[ "$(runs_of "u$uid-$id" | grep -c "\"try\":1,")" -eq 2 ]'
wait_until 'in_box "$EVA" dlq | grep -q "$id"'
is "$(count_in dlq) $(in_box "$EVA" dlq | grep -c .)" '1 1' \
    'and is dead again, once'
twin=$(as "$EVA" taskdir add fail --in 1h)
wait_until 'in_box "$EVA" queue | grep -q "$twin"'
check_exit 1 'not beside a twin that waits' as "$EVA" timeout 20 taskdir \
    retry "$id"
like "$(cat err)" "*$twin*--force*" 'which it names'
check_exit 0 'but with --force' as "$EVA" timeout 20 taskdir retry --force \
    "$id"
wait_for 'it runs' '[ "$(runs_of "u$uid-$id" | wc -l)" -eq 3 ]'
as "$EVA" timeout 20 taskdir cancel "$twin" >/dev/null
wait_until 'in_box "$EVA" dlq | grep -q "$id"'
check_exit 0 'he removes it' as "$EVA" timeout 20 taskdir dlq purge "$id"
wait_for 'from the spool and his box, with its reasons' \
    '[ -z "$(find "$SPOOL/dlq" "$BOX/dlq" "$BOX/ctl" -type f)" ]'
bury_one
bury_one
taskdir pause --class fail
check_exit 1 'of two that are the same one comes back' as "$EVA" timeout 20 \
    taskdir retry --class fail
is "$(names_in dlq | grep -c ,fail,)$(names_in new | grep -c ,fail,)" 11 \
    'where it waits'
taskdir resume --class fail
wait_until '[ "$(names_in dlq | grep -c ,fail,)" -eq 2 ]'
check_exit 0 'all of them' as "$EVA" timeout 20 taskdir dlq purge --all
is "$(find "$SPOOL/dlq" "$BOX/dlq" -type f)" '' 'are gone'
roots=$(taskdir add fail --no-retry)
wait_until '[ "$(states_of "$roots")" = dlq ]'
check_exit 3 'not those of root' as "$EVA" timeout 20 taskdir dlq purge --all
is "$(states_of "$roots")" dlq 'which stay'
taskdir dlq purge "$roots" >/dev/null

id=$(as "$EVA" taskdir add who --in 1h)
wait_for 'a waiting task is seen' \
    '[ "$(in_box "$EVA" queue | grep -c .)" -eq 1 ]'
check_exit 3 'others cannot cancel it' as "$ADA" taskdir cancel "$id"
as "$ADA" touch "$(box_of "$ADA")/ctl/cancel.$id" \
    "$(box_of "$ADA")/ctl/cancel.u$uid-$id"
wait_for 'not by a request' '[ -z "$(ls "$(box_of "$ADA")/ctl")" ]'
is "$(count_in new)" 1 'it still waits'
check_exit 0 'its owner does' as "$EVA" timeout 20 taskdir cancel "$id"
is "$(count_in new)" 0 'it is gone'
id=$(as "$EVA" taskdir add hold --data "\"$WORK/go\"")
wait_for 'a running task is seen' \
    'as "$EVA" taskdir list cur | grep -q "$id"'
check_exit 0 'its owner ends it' as "$EVA" timeout 20 taskdir cancel "$id"
like "$(as "$EVA" taskdir dlq list)" "*$id*cancelled*" \
    'it is a dead letter, for him'
like "$(taskdir dlq list)" "*u$uid-$id*" 'and for root'

echo 'no task' | as "$EVA" sh -c "cat >$BOX/new/note"
wait_for 'what is no task is refused' \
    'in_box "$EVA" dlq | grep -q ,invalid,'
is "$(cat "$BOX"/dlq/*,invalid,*)" 'no task' 'byte for byte'
like "$(as "$EVA" taskdir dlq list)" '*invalid*' 'and he can see why'
check_exit 0 'and remove it' as "$EVA" timeout 20 taskdir dlq purge --class \
    invalid
is "$(find "$BOX/dlq" -name '*invalid*')" '' 'though it is in his box alone'
as "$EVA" sh -c "echo '{\"classname\":\"who\"}' >$BOX/new/note"
wait_for 'any name will do' '[ -n "$(ls "$BOX"/log/output/who,*,1)" ] &&
    [ "$(ls "$BOX"/log/output/who,* | wc -l)" -eq 2 ]'
as "$EVA" taskdir add who --unique --in 1h >/dev/null
as "$ADA" taskdir add who --unique --in 1h >/dev/null
wait_for 'tasks of two users are two' '[ "$(count_in new)" -eq 2 ]'
as "$EVA" taskdir add who --reschedule --at 4000000000 >/dev/null
wait_for 'the same of one user is one' \
    'in_box "$EVA" queue | grep -q ^4000000000'
is "$(count_in new) $(in_box "$EVA" queue | wc -l)" '2 1' 'moved, in both'
taskdir cancel --all --waiting >/dev/null

# Retries at a rate, of dead letters and of those that failed.
# gaps: seconds between the due times of names on standard input.
gaps()
{
	cut -d , -f 1 | sort | awk 'NR > 1 { printf "%d ", $1 - last }
	    { last = $1 }'
}
for i in 1 2 3; do bury_one --data "$i"; done
check_exit 0 'dead letters come back at a rate' as "$EVA" timeout 20 taskdir \
    retry --class fail --rate 1/m
wait_until '[ "$(names_in dlq | grep -c ,fail,)" -eq 1 ]'
is "$(names_in new | gaps)$(in_box "$EVA" queue | gaps)" '60 60 ' \
    'the first now, each of the others a minute later'
as "$EVA" timeout 20 taskdir cancel --all --waiting >"$WORK/out"
as "$EVA" timeout 20 taskdir dlq purge --all >"$WORK/out"
for i in 1 2 3; do as "$EVA" taskdir add fail --data "$i"; done >"$WORK/out"
wait_until '[ "$(in_box "$EVA" failed | wc -l)" -eq 3 ]'
check_exit 0 'so do those that failed' as "$EVA" timeout 20 taskdir retry \
    --all --rate 1/m
wait_until '[ "$(names_in failed | grep -c ,2.json)" -eq 1 ]'
is "$(names_in failed | grep ,1.json | gaps)" '60 ' 'a minute apart'
as "$EVA" timeout 20 taskdir cancel --all --waiting >"$WORK/out"

# A crash between the copy and the removal of the drop.
stop_runner
id=$(as "$EVA" taskdir add who --data '"once"')
name=$(in_box "$EVA" new)
copy=$(printf '%s' "$name" | sed "s/,$id,/,u$uid-$id,/")
cp "$BOX/new/$name" "$SPOOL/new/$copy"
chown "$EVA" "$SPOOL/new/$copy"
start_runner
wait_for 'it runs' '[ -n "$(runs_of "u$uid-$id" | grep ok)" ]'
as "$EVA" taskdir add who --data '"later"' >"$WORK/later"
check_exit 0 'what comes later too' as "$EVA" timeout 20 taskdir wait \
    "$(cat later)"
is "$(runs_of "u$uid-$id" | wc -l)" 1 'once'
is "$(in_box "$EVA" new)$(in_box "$EVA" queue)" '' 'no trace of it is left'

# The same id again, with other bytes: no copy that a crash left.
id=$(as "$EVA" taskdir add who --in 1h --data '"first"')
wait_until '[ "$(in_box "$EVA" queue | wc -l)" -eq 1 ]'
name=$(in_box "$EVA" queue)
sed 's/first/other/' "$BOX/queue/$name" >"$WORK/other"
as "$EVA" sh -c "cat >'$BOX/new/.other' && mv '$BOX/new/.other' \
    '$BOX/new/$name'" <"$WORK/other"
wait_for 'another task under a known id is refused' \
    'grep -qs "already in the spool" "$BOX"/dlq/*.reason'
like "$(cat "$SPOOL"/new/*) $(count_in new)" '*first* 1' \
    'and the first one stays'
as "$EVA" timeout 20 taskdir cancel --all --waiting >"$WORK/out"
as "$EVA" timeout 20 taskdir dlq purge --all >"$WORK/out"

# The picture is set right at the next start.
as "$EVA" taskdir add who --in 1h >/dev/null
wait_for 'a picture' '[ "$(in_box "$EVA" queue | wc -l)" -eq 1 ]'
echo 'no task' | as "$EVA" sh -c "cat >$BOX/new/note"
wait_until 'in_box "$EVA" dlq | grep -q ,invalid,'
bury_one
stays=$id
bury_one --data '"purged"'
stop_runner
is "$(as "$EVA" timeout 20 taskdir cancel --all 2>&1 | grep -c 'no runner')" \
    1 'without a runner a box can ask for nothing'
taskdir cancel --all --waiting >/dev/null
taskdir dlq purge "u$uid-$id" >"$WORK/out"
touch "$BOX/cur/1000000000,who,0123456789abcdef,old-1,0.json"
chown "$EVA" "$BOX"/cur/*
start_runner
wait_for 'pictures without tasks go' \
    '[ -z "$(in_box "$EVA" queue)$(in_box "$EVA" cur)" ]'
wait_for 'that of a dead letter with the letter' \
    '! find "$BOX/dlq" -type f | grep -q -e "$id"'
is "$(in_box "$EVA" dlq | grep -c -e ,invalid, -e "$stays")" 2 \
    'others, and what was refused, stay'
as "$EVA" timeout 20 taskdir dlq purge "$stays" >"$WORK/out"
as "$EVA" timeout 20 taskdir dlq purge --class invalid >"$WORK/out"

settings <<'END'
[runner]
max_waiting_per_user = 3
max_size = 1000
END
kill -s HUP "$RUNNER"
wait_for 'boxes learn what concerns them' \
    'grep -q "max_size = 1000" "$BOX/taskdir.conf"'
check_exit 1 'so that add can refuse' as "$EVA" taskdir add who \
    --data "\"$(printf '%01000d' 0)\""
as "$EVA" taskdir add --batch >/dev/null <<'END'
{"classname":"who","nextruntime":4000000001}
{"classname":"who","nextruntime":4000000002}
{"classname":"who","nextruntime":4000000003}
{"classname":"who","nextruntime":4000000004}
{"classname":"who","nextruntime":4000000005}
END
wait_for 'too many of a user are refused' \
    '[ "$(as "$EVA" taskdir dlq list | grep -c max_waiting)" -eq 2 ]'
is "$(count_in new)" 3 'in time'
as "$ADA" taskdir add who --in 1h >/dev/null
wait_for 'others are not' '[ "$(count_in new)" -eq 4 ]'
dead=$(printf '1000000000,fail,%s,u%s-dead-1,4.json' 0123456789abcdef "$uid")
echo '{"classname":"fail"}' >"$SPOOL/dlq/$dead"
chown "$EVA" "$SPOOL/dlq/$dead"
cp -p "$SPOOL/dlq/$dead" "$BOX/dlq/$(echo "$dead" | sed "s/u$uid-//")"
check_exit 1 'nor do dead letters get past the limit' as "$EVA" timeout 20 \
    taskdir retry dead-1
like "$(cat err) $(states_of "u$uid-dead-1")" '*refused*dlq' 'they stay dead'
check_exit 0 'room is made by cancelling' as "$EVA" timeout 20 taskdir \
    cancel --all --waiting
as "$EVA" taskdir add who >/dev/null
wait_for 'then more go in' '[ "$(count_in new)" -eq 1 ]'

# Bytes: one task of some 400 has room, a second has not.
# heavy USER: a task of his for later.
heavy()
{
	as "$1" taskdir add who --at 4000000000 \
	    --data "\"$(printf '%0400d' 0)\""
}
bytes_refused()
{
	as "$EVA" taskdir dlq list | grep -c max_bytes
}
settings <<'END'
[runner]
max_bytes_per_user = 600
END
kill -s HUP "$RUNNER"
wait_until 'grep -q "max_bytes_per_user = 600" "$BOX/taskdir.conf" ||
    [ "$(grep -c "settings loaded" "$SPOOL.err")" -ge 2 ]'
before=$(count_in new)
heavy "$EVA" >/dev/null
heavy "$EVA" >/dev/null
wait_for 'too many bytes of a user are refused' '[ "$(bytes_refused)" -eq 1 ]'
is "$(count_in new)" $((before + 1)) 'as many as have room wait'
heavy "$ADA" >/dev/null
wait_for 'another user has room of his own' \
    '[ "$(count_in new)" -eq '$((before + 2))' ]'
stop_runner
start_runner
heavy "$EVA" >/dev/null
wait_for 'a new runner has counted them' '[ "$(bytes_refused)" -eq 2 ]'
mv "$BOX" "$SPOOL/users/.aside"
taskdir user add "$EVA" >/dev/null
heavy "$EVA" >/dev/null
wait_for 'so has one that meets a new box of an old user' \
    '[ "$(bytes_refused)" -eq 1 ]'

taskdir user remove "$ADA" >"$WORK/out" 2>&1
like "$(cat out)" '*wait or run*' 'a box with tasks stays'
(settings && kill -s HUP "$RUNNER") <<'END'
[runner]
user_mode = label
END
wait_for 'labels are refused' 'grep -q "label is for private" "$SPOOL.err"'
stop_runner
check_exit 1 'at the start too' timeout 20 taskdir run
done_testing
