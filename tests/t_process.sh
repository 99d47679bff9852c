#!/bin/sh
# What a handler is given, and what is left of it: nothing.
. "${TD_SRCDIR:-.}/tests/tap.sh"

result_of()
{
	runs_of "$1" | sed -n 's/.*"result":"\([a-z]*\)".*/\1/p' | tail -n 1
}

# A process whose pid the handler wrote to FILE has gone.
gone()
{
	[ -s "$SPOOL/tmp/$1" ] && ! is_alive "$(cat "$SPOOL/tmp/$1")"
}

# The children of the runner that nobody has waited for.
zombies()
{
	for stat in /proc/[0-9]*/stat; do
		cat "$stat" 2>/dev/null
	done | grep -c "^[0-9]* (.*) Z $RUNNER "
}

# What the runner has open beside what each slot keeps: its output, a pipe and,
# where it has one, its group, the group's events and processes.
descriptors()
{
	find "/proc/$RUNNER/fd" -type l -printf '%l\n' | awk '
	    /\/output\/slot-/ { slots++ }
	    /\/taskdir-[^\/]*\/[0-9]+$/ { groups++ }
	    END { print NR - 3 * slots - 3 * groups }'
}

# Where handlers get cgroups, and where they do not.
stories()
{
	new_spool
	settings <<END
[runner]
cgroups = $1
[class *]
kill_grace = 1s
[class given]
nice = 5
ionice = 6
umask = 027
no_new_privs = yes
limit_nofile = 40
limit_cpu = 1h
limit_fsize = 1M
limit_core = 0
limit_as = 4G
[class where]
cwd = /usr
[class idle]
ionice = idle
[class quick]
handler = /bin/true
keep_output = none
[class stays]
leave_children = yes
[class worker]
worker = yes
END
	# Says what it has open before it has opened anything.
	handler worker <<'END'
#!/usr/bin/python3
import json, os, socket
fds = sorted(int(fd) for fd in os.listdir('/proc/self/fd'))
sock = socket.socket(fileno=3)
sock.sendall(b'{"taskdir":1,"hello":"fds"}\n')
for line in sock.makefile('rb'):
    sock.sendall(json.dumps({'id': json.loads(line)['id'], 'status': 'ok',
                             'result': fds}).encode() + b'\n')
END
	handler given <<'END'
#!/bin/sh
{
	printf 'nice '
	nice
	printf 'umask '
	umask
	grep NoNewPrivs /proc/self/status | tr '\t' ' '
	sed -nE 's/^Max (open files|cpu time|(file|core file) size)/\1/p
	    s/^Max (address space)/\1/p' \
	    /proc/self/limits | tr -s ' ' | sed 's/ $//'
	ionice
} >"$TASKDIR_SPOOL/tmp/given" 2>&1
END
	handler nonblock <<'END'
#!/usr/bin/python3
import os
os.set_blocking(3, False)
END
	# O_WRONLY is 1, O_NONBLOCK 4000.
	handler descriptors <<'END'
#!/bin/sh
grep '^flags' /proc/self/fdinfo/3 | tr -s '\t' ' ' \
    >"$TASKDIR_SPOOL/tmp/flags"
exec ls /proc/self/fd >"$TASKDIR_SPOOL/tmp/descriptors"
END
	handler where <<'END'
#!/bin/sh
pwd >"$TASKDIR_SPOOL/tmp/where"
END
	handler idle <<'END'
#!/bin/sh
ionice >"$TASKDIR_SPOOL/tmp/idle"
END
	handler leaves <<'END'
#!/bin/sh
setsid sh -c 'echo $$ >"$TASKDIR_SPOOL/tmp/left"; exec sleep 1000' &
while [ ! -s "$TASKDIR_SPOOL/tmp/left" ]; do
	sleep 0.02 # poll
done
END
	handler deaf <<'END'
#!/bin/sh
setsid sh -c 'trap "" TERM; echo $$ >"$TASKDIR_SPOOL/tmp/deaf"
while :; do sleep 1000; done' &
trap '' TERM
while :; do
	sleep 1000
done
END
	handler stays <<'END'
#!/bin/sh
setsid sh -c 'echo $$ >"$TASKDIR_SPOOL/tmp/stays"; exec sleep 1000' &
while [ ! -s "$TASKDIR_SPOOL/tmp/stays" ]; do
	sleep 0.02 # poll
done
END
	start_runner
	id=$(taskdir add given)
	wait_for "cgroups = $1: a handler is given" 'ended "$id"'
	is "$(cat "$SPOOL/tmp/given")" "nice 5
umask 0027
NoNewPrivs: 1
cpu time 3600 3600 seconds
file size 1048576 1048576 bytes
core file size 0 0 bytes
open files 40 40 files
address space 4294967296 4294967296 bytes
best-effort: prio 6" 'nice, umask, no_new_privs, limits, ionice'
	id=$(taskdir add descriptors)
	wait_until 'ended "$id"'
	is "$(paste -s -d ' ' "$SPOOL/tmp/descriptors")" '0 1 2 3 4' \
	    'no descriptor but its own four, and that of the list'
	if command -v python3 >"$WORK/.out"; then
		id=$(taskdir add nonblock)
		wait_until 'ended "$id"'
		id=$(taskdir add descriptors)
		wait_until 'ended "$id"'
		is "$(cat "$SPOOL/tmp/flags")" 'flags: 01' \
		    'descriptor 3 blocks, whatever the last one made of it'
		id=$(taskdir add worker)
		wait_until '[ -n "$(runs_of "$id")" ]'
		like "$(runs_of "$id")" '*"value":[[]0, 1, 2, 3, 4]*' \
		    'nor has a worker'
	else
		skip 'python3 is not installed: no worker lists its descriptors'
	fi
	id=$(taskdir add idle)
	wait_until 'ended "$id"'
	is "$(cat "$SPOOL/tmp/idle")" idle 'ionice = idle'
	id=$(taskdir add where)
	wait_until 'ended "$id"'
	is "$(cat "$SPOOL/tmp/where")" /usr 'cwd'

	id=$(taskdir add leaves)
	wait_for 'what it left does not keep it' 'ended "$id"'
	is "$(result_of "$id")" ok 'it is done'
	check 'a child with a session of its own is ended' gone left
	id=$(taskdir add deaf --timeout 1 --no-retry)
	wait_for 'time-out, TERM, grace, KILL' 'ended "$id"'
	check 'the child that would not hear has gone too' gone deaf
	id=$(taskdir add stays)
	wait_for 'leave_children = yes' 'ended "$id"'
	id=$(taskdir add given)
	wait_until 'ended "$id"'
	check 'lets them live' is_alive "$(cat "$SPOOL/tmp/stays")"
	kill "$(cat "$SPOOL/tmp/stays")"

	# Each place has been used, and keeps what it keeps.
	seq 200 | sed 's/.*/{"classname":"quick","component":"&"}/' |
	    taskdir add --batch >/dev/null
	wait_until '[ "$(runs_of | grep -c quick)" -eq 200 ]'
	descriptors >"$WORK/before"
	seq "$2" | sed 's/.*/{"classname":"quick","customdata":&}/' |
	    taskdir add --batch >/dev/null
	wait_for "$2 tasks run" \
	    '[ "$(runs_of | grep -c quick)" -eq '"$(($2 + 200)) ]" 300
	wait_for 'and leave no zombie' '[ "$(zombies)" -eq 0 ]'
	wait_for 'nor a descriptor' \
	    '[ "$(descriptors)" -le "$(cat "$WORK/before")" ]'
	stop_runner
}

stories no "${TD_TASKS:-10000}"
stories yes "${TD_TASKS:-10000}"

# --- A runner that was killed ------------------------------------------------
if [ ! -s "$SPOOL/run/cgroup" ]; then
	skip 'no cgroups of our own here: what only they can find is not tested'
	done_testing
fi
group=$(cat "$SPOOL/run/cgroup")
check 'no group is left behind' [ ! -e "$group" ]
handler hidden <<'END'
#!/bin/sh
setsid env -i sh -c 'echo $$ >'"$TASKDIR_SPOOL"'/tmp/hidden; exec sleep 1000' &
wait
END
start_runner
id=$(taskdir add hidden --no-retry)
wait_for 'a handler with a child that hides its environment' \
    '[ -s "$SPOOL/tmp/hidden" ]'
stop_runner KILL
check 'the runner is killed, it lives on' is_alive "$(cat "$SPOOL/tmp/hidden")"
start_runner
check 'the next runner ended it' gone hidden
wait_for 'and settled its task' 'ended "$id"'
stop_runner
check 'no group is left behind' [ ! -e "$group" ]
done_testing
