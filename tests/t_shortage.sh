#!/bin/sh
# What the runner does where the system does not let it: said once, and to
# those who asked.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

# Fewer descriptors than tasks in a worker's hands, which need none.
if command -v python3 >"$WORK/.out"; then
	new_spool
	settings <<-END
	[runner]
	max_running = 200
	[class bad]
	worker = yes
	pipeline = 200
	max_running = 1
	cwd = $WORK
	END
	handler bad <"$TD_SRCDIR/tests/worker.py"
	: >"$SPOOL.err"
	prlimit --nofile=64:64 taskdir run >"$SPOOL.out" 2>"$SPOOL.err" \
	    </dev/null &
	adopt_runner $!
	wait_until 'grep -q ready "$SPOOL.err"'
	i=0
	while [ $((i += 1)) -le 200 ]; do
		echo '{"classname":"bad","customdata":{"do":[["wait","go"]]}}'
	done | taskdir add --batch >"$WORK/out"
	wait_for 'a worker has more tasks than the runner descriptors' \
	    '[ "$(count_in cur)" -eq 200 ]'
	is "$(grep -c 'Too many' "$SPOOL.err")" 0 'and none is missed'
	: >go
	wait_for 'all are done' '[ "$(count_in cur)" -eq 0 ]'
	is "$(runs_of | grep -c '"result":"ok"')" 200 'at their first try'
	stop_runner
	rm go
else
	skip 'python3 is not installed: no worker has many tasks'
fi

# Few for so many tasks, but enough.
new_spool
settings <<'END'
[runner]
max_running = 8
END
handler short <<'END'
#!/bin/sh
sleep 0.05 # not a poll: they overlap
END
i=0
while [ $((i += 1)) -le 60 ]; do
	echo '{"classname":"short"}'
done | taskdir add --batch >"$WORK/out"
check_exit 0 'few descriptors are enough for some' prlimit --nofile=80:80 \
    timeout 60 taskdir run --once
is "$(grep -c 'Too many' err)" 0 'none is missed'
is "$(runs_of | grep -c '"result":"ok"')" 60 'and each end is in the log'

new_spool
handler files <<'END'
#!/bin/sh
echo "$(ulimit -Sn) $(ulimit -Hn)" >"$TASKDIR_SPOOL/files"
END
cat >>"$SPOOL/taskdir.conf" <<'END'
[class limited]
handler = handlers/files
limit_nofile = 50
[class pooled]
worker = yes
END
handler pooled <<'END'
#!/usr/bin/python3
import json, socket
sock = socket.socket(fileno=3)
sock.sendall(b'{"taskdir":1,"hello":"pooled"}\n')
for line in sock.makefile('rb'):
    sock.sendall(json.dumps({'id': json.loads(line)['id'],
                             'status': 'ok'}).encode() + b'\n')
END

# Descriptors: all that are allowed for the runner, none more for handlers.
limits()
{
	sed -n 's/^Max open files *\([0-9]*\) *\([0-9]*\).*/\1 \2/p' \
	    "/proc/$1/limits"
}
: >"$SPOOL.err"
prlimit --nofile=100:300 taskdir run >"$SPOOL.out" 2>"$SPOOL.err" </dev/null &
adopt_runner $!
wait_until 'grep -q ready "$SPOOL.err"'
is "$(limits "$RUNNER")" '300 300' 'the runner may have many files open'
for class in files limited; do
	id=$(taskdir add "$class")
	taskdir wait "$id" >/dev/null
	cat "$SPOOL/files"
done >got
is "$(tr '\n' ' ' <got)" '100 300 50 50 ' 'handlers have what they had'

stop_runner

# What cannot be done: root is not held back by permissions, so the spool
# becomes somebody else's.
if [ "$(id -u)" -eq 0 ]; then
	chmod 0711 "$WORK"
	chown -R 65534:65534 "$SPOOL"
	cp "$TD_BUILDDIR/src/cli/taskdir" "$WORK/taskdir"
	as_nobody()
	{
		setpriv --reuid 65534 --regid 65534 --clear-groups \
		    "$WORK/taskdir" "$@"
	}
else
	as_nobody()
	{
		taskdir "$@"
	}
fi
for i in 1 2 3; do as_nobody add files --data "$i" >/dev/null; done
chmod 0500 "$SPOOL/cur"
check_exit 1 'run --once fails where nothing can be claimed' \
    as_nobody run --once
is "$(grep -c 'cannot claim' err)" 1 'and says so once'
is "$(count_in new)" 3 'the tasks stay'
chmod 0700 "$SPOOL/cur"
check_exit 0 'afterwards it does not' as_nobody run --once
is "$(count_in new)" 0 'and runs them'

# What cannot be put away keeps its place: the one that was started before that
# was known is the last.
handler stays <<'END'
#!/bin/sh
ls "$TASKDIR_SPOOL/cur" | grep -c . >>"$TASKDIR_SPOOL/in_cur"
exit 1
END
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 "$SPOOL/handlers"
chmod 0500 "$SPOOL/failed"
for i in 1 2 3 4 5; do as_nobody add stays --data "$i" >/dev/null; done
as_nobody run --once --parallel 1 >out 2>err </dev/null &
once=$!
wait_for 'two tasks cannot be moved to failed' \
    '[ "$(grep -c "cannot move a finished" err)" -eq 2 ]'
is "$(count_in new) $(count_in cur)" '3 2' 'no other is started meanwhile'
chmod 0700 "$SPOOL/failed"
wait "$once"
is "$(count_in new) $(count_in cur) $(count_in failed)" '0 0 5' \
    'then all have their turn'
is "$(sort -n "$SPOOL/in_cur" | tail -n 1)" 2 'with two in cur at most'
for id in $(names_in failed | cut -d , -f 4); do
	as_nobody cancel "$id" >"$WORK/out"
done

# Pauses that cannot be read stay as they are.
if [ "$(id -u)" -ne 0 ]; then
	skip 'only root can ring where the runner cannot read'
	done_testing
fi
as_nobody pause
: >"$SPOOL.err"
setpriv --reuid 65534 --regid 65534 --clear-groups "$WORK/taskdir" run \
    >"$SPOOL.out" 2>"$SPOOL.err" </dev/null &
adopt_runner $!
wait_until 'grep -q ready "$SPOOL.err"'
chmod 0 "$SPOOL/run/ctl"
echo '{"classname":"files"}' >"$SPOOL/tmp/drop"
chown 65534 "$SPOOL/tmp/drop"
mv "$SPOOL/tmp/drop" "$SPOOL/new/drop"
: >"$SPOOL/run/ctl/reload"
wait_for 'pauses that cannot be read are told of' \
    'grep -q "cannot read run/ctl" "$SPOOL.err"'
rm "$SPOOL/run/ctl/reload"
wait_until '[ -n "$(names_in new | grep files)" ]'
is "$(grep -c 'cannot read run/ctl' "$SPOOL.err") $(grep -c resumed \
    "$SPOOL.err")" '1 0' 'once, and they stay'
is "$(count_in new)" 1 'so nothing runs'
chmod 0700 "$SPOOL/run/ctl"
as_nobody resume
wait_for 'their end is seen' '[ "$(count_in new)" -eq 0 ]'

# Nothing can be claimed.
chmod 0500 "$SPOOL/cur"
id=$(as_nobody add files --data 7)
wait_for 'why knows that nothing can be claimed' \
    'as_nobody why "$id" | grep -q "cannot move tasks to cur/: Permission"'
chmod 0700 "$SPOOL/cur"
as_nobody add files --data 8 >"$WORK/out"
wait_until 'ended "$(cat out)"'
is "$(as_nobody why "$id" | grep -c 'cannot move')" 0 'and when it can be'
as_nobody cancel "$id" >"$WORK/out"

# How many processes the runner's user may have: root's leave does not do.
set_processes()
{
	setpriv --reuid 65534 --regid 65534 --clear-groups prlimit \
	    --pid "$RUNNER" --nproc="$1:"
}

# Neither a process can be made nor the task put back: nothing leaves cur/.
# stuck CLASS
stuck()
{
	chattr +a "$SPOOL/cur"
	set_processes 1
	id=$(as_nobody add "$1" --data 5)
	wait_for "$1: a task that cannot go back is told of" \
	    'grep -q "cannot put a task back.*$id" "$SPOOL.err"'
	is "$(states_of "$id")" cur 'it keeps its place'
	chattr -a "$SPOOL/cur"
	wait_for 'until it can' '[ "$(states_of "$id")" = new ]'
	set_processes "$most"
	wait_for 'and runs when there is room for it' 'ended "$id"'
	is "$(run_field "$id" result) $(run_field "$id" try)" 'ok 1' \
	    'at its first try'
}

# The runner is told to stop before it tries again.
stuck_at_the_end()
{
	: >"$SPOOL.err"
	chattr +a "$SPOOL/cur"
	set_processes 1
	id=$(as_nobody add files --data 6)
	wait_until 'grep -q "cannot put a task back.*$id" "$SPOOL.err"'
	kill -s STOP "$RUNNER"
	chattr -a "$SPOOL/cur"
	# A leak check at its end takes a process.
	set_processes "$most"
	kill -s TERM "$RUNNER"
	kill -s CONT "$RUNNER"
	check 'the runner stops' stop_runner
	is "$(states_of "$id")" new 'a task that could not go back has gone'
	is "$(runs_of "$id")" '' 'and never ran'
}
wait_until '[ "$(count_in cur)" -eq 0 ]'
most=$(sed -n 's/^Max processes *[^ ]* *\([^ ]*\).*/\1/p' \
    "/proc/$RUNNER/limits")
if ! chattr +a "$SPOOL/cur" 2>/dev/null; then
	skip 'no file attributes here'
elif ! command -v python3 >/dev/null; then
	stuck files
	stuck_at_the_end
	skip 'python3 is not installed: no worker is short of anything'
else
	stuck files
	stuck pooled
	stuck_at_the_end
fi
[ -z "$RUNNER" ] || stop_runner
done_testing
