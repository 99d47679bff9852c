#!/bin/sh
# Events in a shared spool: they and their tasks stay their user's, and the
# hub delivers them as root.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/users.sh"
cat >"$WORK/bin/taskdir-hub" <<'END'
#!/bin/sh
# In place of the hub: says who it is and what it is told.
echo '{"taskdir":1}' >&3
while IFS= read -r line <&3; do
	id=${line#*\"id\":\"}
	printf '%s %s\n' "$(id -un)" "$line" >>"$TASKDIR_SPOOL/delivered"
	printf '{"id":"%s","status":"ok"}\n' "${id%%\"*}" >&3
done
END
chmod 0755 "$WORK/bin/taskdir-hub"
new_shared
cat >"$SPOOL/conf.d/hub.conf" <<'END'
[service crm]
type = rest
base_url = http://127.0.0.1:9/
[rule all]
event = *
service = crm
END
chmod 0600 "$SPOOL/conf.d/hub.conf"
: >"$SPOOL/delivered"
BOX=$(box_of "$EVA")
uid=$(id -u "$EVA")

# delivered N TEXT: so many deliveries had it.
delivered()
{
	[ "$(grep -c -F -- "$2" "$SPOOL/delivered")" -eq "$1" ]
}
events_are()
{
	[ "$(taskdir log --class event --result "$2" | wc -l)" -eq "$1" ]
}

start_runner
id=$(as "$EVA" taskdir event order.paid --id o-1 --data '{"n": 1.0}')
wait_for 'an event of a user is delivered' 'delivered 1 order.paid'
like "$(cat "$SPOOL/delivered")" \
    "root {\"id\":\"u$uid-$id-????????\",*\"owner\":$uid,*" \
    'by root, with its owner'
like "$(cat "$SPOOL/delivered")" \
    '*"eventid":"o-1","event":{"eventname":"order.paid",*:{"n": 1.0}}*' \
    'and its bytes'
wait_for 'she reads what became of it' \
    '[ "$(as "$EVA" taskdir log "$id" | wc -l)" -eq 2 ]'
like "$(runs_of "u$uid-$id\"")" "*\"ref\":\"o-1\"*\"owner\":$uid,*" \
    'the log of all has her event too'
is "$(as "$EVA" taskdir list)$(names_in new)$(in_box "$EVA" new)" '' \
    'nothing is left'
echo '{"eventname":"dropped"}' >"$WORK/ev"
chmod 0644 "$WORK/ev"
as "$EVA" cp "$WORK/ev" "$BOX/new/my event"
wait_for 'one that is dropped is delivered too' 'delivered 1 dropped'

# --- Ids are a user's own ----------------------------------------------------

as "$ADA" taskdir event order.paid --id o-1 >"$WORK/out"
wait_for 'the same id of another user is another event' \
    'delivered 2 order.paid'
as "$EVA" taskdir event order.paid --id o-1 >"$WORK/out"
wait_for 'but her own is a duplicate' 'events_are 1 duplicate'
check 'and not delivered' delivered 2 order.paid

# --- What is refused ---------------------------------------------------------

as "$EVA" sh -c 'echo "{\"eventname\":5}" >"$1/new/bad"' sh "$BOX"
wait_for 'a wrong one comes back to her' \
    '[ -n "$(as "$EVA" taskdir dlq list)" ]'

# --- Pictures ----------------------------------------------------------------

taskdir pause >/dev/null
id=$(as "$EVA" taskdir event waits)
wait_for 'she sees the task of her event' \
    'as "$EVA" taskdir list new | grep -q "$id-"'
check_exit 3 'nobody else does' as "$ADA" taskdir show "$id-"
taskdir resume >/dev/null
wait_for 'until it is done' \
    '[ -z "$(as "$EVA" taskdir list new)" ] && delivered 1 waits'
stop_runner

# --- Killed between copy and removal -----------------------------------------

echo '{"eventname":"met"}' >"$SPOOL/new/event,u$uid-aa-1.json"
chown "$EVA" "$SPOOL/new/event,u$uid-aa-1.json"
as "$EVA" sh -c 'echo "{\"eventname\":\"met\"}" >"$1/new/event,aa-1.json"' \
    sh "$BOX"
start_runner
wait_for 'a copy is recognised' 'delivered 1 met'
is "$(in_box "$EVA" new)$(names_in new)" '' 'and its drop removed'
wait_for 'it is one event' '[ "$(taskdir log --json --class event |
    grep -c -F "\"event\":\"met\"")" -eq 1 ]'
stop_runner
done_testing
