#!/bin/sh
# The letter boxes of a shared spool, while no runner looks after them.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/users.sh"
new_shared

is "$(cd "$SPOOL" && stat -c '%a %U' . users handlers new | tr '\n' ' ')" \
    '711 root 711 root 755 root 700 root ' 'users reach boxes and handlers'
is "$(cd "$(box_of "$EVA")" && stat -c '%a %U' new . | tr '\n' ' ')" \
    "700 $EVA 755 root " 'a box is root'"'s, its new/ the user's"
check 'a box that is there stays' taskdir user add "$EVA"
check_exit 1 'an unknown user gets none' taskdir user add nobody-here
check_exit 1 'nor does root' taskdir user add root
check_exit 1 'nor a private spool' env TASKDIR="$WORK/private" sh -c \
    'taskdir init && taskdir user add '"$EVA"

id=$(as "$EVA" taskdir add x --data '{"n":1}')
is "$(in_box "$EVA" new | cut -d , -f 2,4)" "x,$id" 'a user adds to his box'
is "$(stat -c %U "$(box_of "$EVA")"/new/*)" "$EVA" 'under his name'
key=$(in_box "$EVA" new | cut -d , -f 3)
as "$ADA" taskdir add x --data '{"n":1}' >/dev/null
check 'the key says whose task it is' test "$key" != \
    "$(in_box "$ADA" new | cut -d , -f 3)"
is "$(as "$EVA" taskdir add x --data '{"n":1}' --unique)" "$id" \
    'his twin is found'
is "$(as "$EVA" taskdir list --json | grep -o '"id":"[^"]*"')" \
    "\"id\":\"$id\"" 'he sees his own tasks'
check_exit 1 'not those of others' as "$ADA" taskdir \
    --spool "$(box_of "$EVA")" list
check_exit 1 'nor the spool' as "$ADA" taskdir --spool "$SPOOL" list
check_exit 1 'nor adds for others' as "$ADA" taskdir \
    --spool "$(box_of "$EVA")" add x
check_exit 0 'root adds for him' taskdir --spool "$(box_of "$EVA")" add y
is "$(stat -c %U "$(box_of "$EVA")"/new/*,y,*)" "$EVA" 'the file is his'
is "$(taskdir --spool "$(box_of "$EVA")" add x --data '{"n":1}' --unique)" \
    "$id" 'and so is the key'
check_exit 1 'only a runner reschedules' as "$EVA" taskdir reschedule "$id" +2h
like "$(cat err)" '*no runner looks after this box*' 'as it says'
for cmd in pause resume run check; do
	# shellcheck disable=SC2086 # words
	check_exit 1 "$cmd is not for boxes" as "$EVA" taskdir $cmd
done
like "$(taskdir user list --json | grep "\"$EVA\"")" \
    '*"drop":2,"new":0,*' 'root sees how many'
check_exit 1 'a box with tasks is not removed' taskdir user remove "$EVA"
check_exit 0 'what was only dropped he cancels himself' as "$EVA" taskdir \
    cancel "$id"
check_exit 1 'so the log says' as "$EVA" taskdir wait "$id"
is "$(cat out)" "$id  cancelled" 'to him'
taskdir cancel --spool "$(box_of "$EVA")" --all >/dev/null
check_exit 0 'an empty box is removed' taskdir user remove "$EVA"
check 'that is set aside' test -n "$(find "$SPOOL/users" -name ".$EVA.*")"
check_exit 1 'and closed to its user' as "$EVA" taskdir add x
check_exit 0 'a new one can be made' taskdir user add "$EVA"

# many_add: whether each of some at once says that the box is there.
many_add()
{
	for _ in 1 2 3 4 5 6; do
		taskdir user add "$EVA" >>"$WORK/added" 2>&1 &
		adders="$adders $!"
	done
	for adder in $adders; do
		wait "$adder" || adder_failed=1
	done
	adders=
	return "${adder_failed:-0}"
}
adders=
for i in 1 2 3 4 5; do
	taskdir user remove "$EVA" >>"$WORK/removed" 2>&1
	check "so can several at once ($i)" many_add
done

is "$(taskdir check)" '' 'nothing is wrong with a shared spool'
chmod 0700 "$SPOOL"
check_exit 1 'but that its users cannot reach their boxes' taskdir check
like "$(cat out)" '*dir-mode*it should be 0711*' 'which is said'
check_exit 0 'and repaired' taskdir check --repair
is "$(stat -c %a "$SPOOL")" 711 'as it was'
done_testing
