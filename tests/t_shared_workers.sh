#!/bin/sh
# Persistent workers in a shared spool: each user has his own, whoever dies.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
command -v python3 >"$WORK/.out" || skip_all 'python3 is not installed'
. "$TD_SRCDIR/tests/users.sh"
. "$TD_SRCDIR/tests/worker.sh"
new_shared
EVA_UID=$(id -u "$EVA") ADA_UID=$(id -u "$ADA")
mkdir -m 1777 "$WORK/play"
handler w <"$TD_SRCDIR/tests/worker.py"
settings <<END
[runner]
max_running = 8
[class *]
worker = yes
handler = handlers/w
pipeline = 4
max_running = 2
kill_grace = 500ms
backoff = 1h
cwd = $WORK/play
[class fixed]
user = $ADA
[class brief]
worker_idle = 100ms
max_running = 1
END
start_runner

# by USER STEPS [CLASS]: his task, its id in the spool.
by()
{
	printf 'u%s-%s\n' "$(id -u "$1")" "$(as "$1" taskdir add "${3:-w}" \
	    --data "{\"do\":[$2]}" --user "$1")"
}
# done_by USER STEPS [CLASS]: $pid is the worker that did it.
done_by()
{
	id=$(by "$@")
	wait_until "[ -n \"\$(runs_of $id)\" ]"
	pid=$(said "$id" value)
}
uid_of()
{
	stat -c %u "/proc/$1" 2>/dev/null
}
in_play()
{
	[ -e "$WORK/play/$1" ]
}

done_by "$EVA" ''
evas=$pid
is "$(uid_of "$evas")" "$EVA_UID" "a user's worker is his"
done_by "$ADA" ''
adas=$pid
is "$(uid_of "$adas")" "$ADA_UID" "and the other's is hers"
done_by "$EVA" ''
is "$pid" "$evas" 'who has one keeps to it'
do_one w ''
is "$(uid_of "$(said "$id" value)")" 0 'root has one of his own'

# With room in one's worker a task of the other does not go there.
busy=$(by "$EVA" '["touch","busy"],["wait","go"]')
wait_until 'in_play busy'
kill -s KILL "$adas"
wait_for "a user's worker dies" '! is_alive "$adas"'
done_by "$ADA" ''
is "$(uid_of "$pid") $([ "$pid" = "$adas" ] && echo old)" "$ADA_UID " \
    'her next task goes to a new one of hers'
is "$(said "$id" result)" ok 'and is done'
adas=$pid
kill -s KILL "$evas"
wait_for 'who dies fails what he had' "[ \"\$(said $busy result)\" = retry ]"
done_by "$ADA" ''
is "$pid" "$adas" 'hers goes on'
done_by "$EVA" ''
is "$(uid_of "$pid") $([ "$pid" = "$evas" ] && echo old)" "$EVA_UID " \
    'his next task goes to a new one of his'

# A class that runs as somebody else.
done_by "$ADA" '' fixed
fixed=$pid
is "$(uid_of "$fixed")" "$ADA_UID" 'user decides whom a class runs as'
id=$(by "$EVA" '["touch","never"]' fixed)
wait_for 'a task that its class would run as another user' \
    '[ "$(states_of "$id")" = dlq ]'
is "$(said "$id" result) $(in_play never && echo touched)" 'permanent ' \
    'is refused, and reaches no worker'
check 'not that of the class' is_alive "$fixed"

# What is printed with two tasks in hand belongs to neither.
rm -f "$WORK/play/go"
one=$(by "$EVA" '["touch","one"],["wait","go"],["print","loose words"],
    ["touch","said"],["wait","on"]' brief)
wait_until 'in_play one'
two=$(by "$EVA" '["print","own words"]' brief)
wait_until '[ "$(in_flight brief)" -eq 2 ]'
: >"$WORK/play/go"
wait_until 'in_play said'
: >"$WORK/play/on"
wait_until "[ -n \"\$(runs_of $one)\" ] && [ -n \"\$(runs_of $two)\" ]"
wait_for 'what a worker prints outside of a task is kept' \
    'grep -rqs "loose words" "$SPOOL/log/output" --include "brief,worker-*"'
is "$(grep -rl 'loose words' "$(box_of "$EVA")" "$(box_of "$ADA")")" '' \
    'for the administrator alone'

# --- A runner that was killed, with workers and what they started ------------

# left USER NAME: a task in hand that started a child with its own session.
left()
{
	by "$1" '["ignore",15],["child"],["touch","'"$2"'"],["wait","end"]' |
	    tee "$WORK/$2.id" >/dev/null
	wait_until "[ -s '$WORK/play/$2' ]"
}
left "$EVA" hers
left "$ADA" his
workers="$(cat "$WORK/play/hers") $(cat "$WORK/play/his")"
children=$(find "$WORK/play" -name 'child-*' | sed 's/.*child-//')
is "$(echo "$children" | wc -l)" 2 'two workers have each a child'
stop_runner KILL 2>"$WORK/.out"
for pid in $workers $children; do
	is_alive "$pid" || echo "$pid"
done >"$WORK/dead"
is "$(cat "$WORK/dead")" '' 'all outlive their runner'
start_runner
for pid in $workers $children; do
	! is_alive "$pid" || echo "$pid"
done >"$WORK/alive"
is "$(cat "$WORK/alive")" '' 'the next one has ended them before it works'
for name in hers his; do
	wait_for "$name was in hand: it crashed" \
	    '[ "$(said "$(cat "$WORK/$name.id")" result)" = crashed ]'
done

# --- Names that change hands -------------------------------------------------

# passes_on USER NAME: his worker leaves with a task that it has not begun, and
# that the next one would do.
passes_on()
{
	by "$1" '["touch","'"$2"'"],["wait","go"],["leave"]' brief \
	    >"$WORK/$2.id"
	wait_until "in_play $2"
	by "$1" '["touch","'"$2"'.next"]' brief >"$WORK/$2.next.id"
}
rm -f "$WORK/play/go"
passes_on "$EVA" hands
passes_on "$ADA" gone
wait_until '[ "$(in_flight brief)" -eq 4 ]'
userdel -f "$EVA" >"$WORK/.out" 2>&1
userdel -f "$ADA" >>"$WORK/.out" 2>&1
useradd --system --uid "$ADA_UID" --user-group --no-create-home \
    --shell /usr/sbin/nologin "$EVA" >>"$WORK/.out" 2>&1 ||
    bail "useradd: $(cat "$WORK/.out")"
: >"$SPOOL.err"
kill -s HUP "$RUNNER"
wait_until 'grep -q "settings loaded" "$SPOOL.err"'
: >"$WORK/play/go"
next=$(cat "$WORK/hands.next.id")
wait_for 'a name that is now that of another user' \
    "[ -n \"\$(runs_of $next)\" ]"
is "$(said "$(cat "$WORK/hands.id")" result) $(in_play hands.next &&
    echo touched)" 'ok ' 'makes no worker of his do the tasks of the first'
like "$(said "$next" result) $(said "$next" error)" \
    'retry cannot start a worker: *' 'which fail, and say so'
next=$(cat "$WORK/gone.next.id")
wait_for 'without his name' "[ -n \"\$(runs_of $next)\" ]"
is "$(said "$next" result) $(stat -c %u "$WORK/play/gone.next")" \
    "ok $ADA_UID" 'a user is still who he was'
done_testing
