#!/bin/sh
# limit_memory and limit_pids, where the kernel keeps them: the runner is alone
# in a cgroup whose controllers are given on to it, as in a unit with
# Delegate=yes.  tests/vm.sh brings a kernel where this can be tested.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
[ "$(id -u)" -eq 0 ] || skip_all 'only root can make the cgroup to be in'
TREE=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
[ -n "$TREE" ] || skip_all 'no cgroup v2 here; tests/vm.sh has it'
GROUP=$TREE/taskdir-story-$$

remove_groups()
{
	story_end=$?
	for procs in "$GROUP"*/cgroup.procs; do
		while read -r pid; do
			kill -s KILL "$pid"
		done <"$procs"
	done 2>"$WORK/.out"
	wait_until '! grep -qs "populated 1" "$GROUP"*/cgroup.events' 5
	find "$GROUP"* -depth -type d -exec rmdir {} + 2>"$WORK/.out"
	(exit "$story_end")
	clean_up
}
trap remove_groups EXIT

# give_on DIR: its controllers to the groups below it.
give_on()
{
	echo '+memory +pids' >"$1/cgroup.subtree_control"
} 2>>"$WORK/.out"
grep -qw pids "$TREE/cgroup.subtree_control" &&
    grep -qw memory "$TREE/cgroup.subtree_control" || give_on "$TREE" ||
    skip_all 'this cgroup v2 lacks memory or pids; tests/vm.sh has them'

# start_in DIR: a runner in a group of its own.
start_in()
{
	mkdir -p "$1"
	: >"$SPOOL.err"
	sh -c 'echo $$ >"$1/cgroup.procs" && exec taskdir run' sh "$1" \
	    >"$SPOOL.out" 2>>"$SPOOL.err" </dev/null &
	adopt_runner $!
	wait_until "grep -q ready '$SPOOL.err' || ! is_alive $RUNNER"
	is_alive "$RUNNER" || bail "no runner: $(cat "$SPOOL.err")"
}

# run_one CLASS: $id, when it has been tried.
run_one()
{
	id=$(taskdir add "$1" --no-retry)
	wait_until "[ -n \"\$(runs_of $id)\" ]" 60
}

new_spool
settings <<'END'
[runner]
max_running = 1
[class eats]
limit_memory = 32M
[class feasts]
handler = handlers/eats
[class light]
handler = /bin/true
limit_memory = 32M
limit_pids = 4
[class forks]
limit_pids = 8
[class crowds]
handler = handlers/forks
[class hides]
limit_memory = 32M
[class tiny]
handler = /bin/true
limit_memory = 16K
[class works]
worker = yes
limit_memory = 32M
END
handler eats <<'END'
#!/bin/sh
exec dd if=/dev/zero of=/dev/null bs=256M count=1
END
handler forks <<'END'
#!/bin/sh
for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
	sleep 60 &
done
END
# In another session, without the environment that would tell whose it is.
handler hides <<'END'
#!/bin/sh
exec setsid --wait env -i dd if=/dev/zero of=/dev/null bs=256M count=1
END
handler works <<'END'
#!/usr/bin/python3
import json, socket
sock = socket.socket(fileno=3)
sock.sendall(b'{"taskdir":1,"hello":"works"}\n')
for line in sock.makefile('rb'):
    task = json.loads(line)
    waste = b'x' * (task['task']['customdata'] << 20)
    sock.sendall(json.dumps({'id': task['id'], 'status': 'ok'}).encode() +
                 b'\n')
END

# --- Limits that are kept ----------------------------------------------------

start_in "$GROUP"
run_one feasts
is "$(run_field "$id" result)" ok 'without limits a task may eat much'
check 'and the runner stays where it is' \
    grep -qx "$RUNNER" "$GROUP/cgroup.procs"
run_one eats
is "$(run_field "$id" result)" permanent 'limit_memory: who eats more is ended'
like "$(run_field "$id" error)" '*signal 9*' 'by the kernel'
check 'the runner has left the group whose controllers it gives on' \
    grep -qx "$RUNNER" "$GROUP/runner/cgroup.procs"
run_one hides
is "$(run_field "$id" result)" permanent 'so is what hides in it'
run_one forks
is "$(run_field "$id" result)" permanent 'limit_pids: who starts more cannot'
run_one light
is "$(run_field "$id" result)" ok 'who keeps to the limits is done'
run_one feasts
is "$(run_field "$id" result)" ok 'his limits end with him: memory'
run_one light
run_one crowds
is "$(run_field "$id" result)" ok 'and processes'
# The kernel's memory for its start is charged to it as well.
run_one tiny
is "$(run_field "$id" result)" permanent 'a limit that is too small for a start'
like "$(run_field "$id" error)" 'limit_memory leaves no room*' 'is said so'
run_one light
is "$(run_field "$id" result)" ok 'and harms nobody else'
if command -v python3 >"$WORK/.out"; then
	id=$(taskdir add works --data 256 --no-retry)
	wait_for 'a worker that eats more' '[ -n "$(runs_of "$id")" ]' 60
	is "$(run_field "$id" result)" permanent 'is ended'
	id=$(taskdir add works --data 1)
	wait_for 'another one' '[ -n "$(runs_of "$id")" ]' 60
	is "$(run_field "$id" result)" ok 'does what is less'
else
	skip 'python3 is not installed: no worker eats'
fi
is "$(grep -c 'cannot be kept' "$SPOOL.err")" 0 'nothing to complain of'
stop_runner
is "$(find "$GROUP" -mindepth 1 -type d -printf '%f ')" 'runner ' \
    'no group of a task is left'

# --- And that cannot be ------------------------------------------------------

# A group with somebody else in it cannot give its controllers on.
mkdir "$GROUP-shared"
sleep 600 &
echo $! >"$GROUP-shared/cgroup.procs"
start_in "$GROUP-shared"
run_one light
is "$(run_field "$id" result)" ok 'in company the runner works without limits'
run_one light
is "$(grep -c 'limit_memory and limit_pids cannot be kept' "$SPOOL.err")" 1 \
    'and says so, once'
stop_runner
done_testing
