#!/bin/sh
# The service manager is told: ready, status, reload, signs of life, stop.
# shellcheck source=tests/tap.sh
. "${TD_SRCDIR:-.}/tests/tap.sh"
command -v python3 >/dev/null || skip_all "needs python3"

cat >"$WORK/manager.py" <<'END'
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("listening", flush=True)
while True:
    text = s.recv(4096).decode()
    print(text.replace("\n", " "), flush=True)
    if "STOPPING=1" in text:
        s.settimeout(0.5)
END
# listen: the manager, for the life of a runner; what it is told is in told.
listen()
{
	rm -f "$WORK/notify"
	python3 "$WORK/manager.py" "$WORK/notify" >"$WORK/told" 2>/dev/null &
	manager=$!
	wait_until 'grep -q listening "$WORK/told"'
	NOTIFY_SOCKET=$WORK/notify WATCHDOG_USEC=200000
	export NOTIFY_SOCKET WATCHDOG_USEC
	start_runner
	unset NOTIFY_SOCKET WATCHDOG_USEC
}

new_spool
handler env <<'END'
#!/bin/sh
env
END
listen
wait_for "ready" 'grep -qx READY=1 "$WORK/told"'
wait_for "a status" 'grep -qx "STATUS=0 waiting, 0 running" "$WORK/told"'
wait_for "signs of life" '[ "$(grep -c WATCHDOG=1 "$WORK/told")" -ge 3 ]'
kill -s HUP "$RUNNER"
wait_for "a reload" 'grep -q "^RELOADING=1 MONOTONIC_USEC=" "$WORK/told"'
wait_for "and its end" '[ "$(grep -cx READY=1 "$WORK/told")" -eq 2 ]'
id=$(taskdir add env)
wait_until 'ended "$id"'
is "$(cat "$SPOOL"/log/output/*"$id"* | grep -c 'NOTIFY\|WATCHDOG')" 0 \
    "handlers do not speak for the runner"
stop_runner
wait_for "stopping" 'grep -qx STOPPING=1 "$WORK/told"'
wait_for "the status says so" \
    'grep -qx "STATUS=0 waiting, 0 running, stopping" "$WORK/told"'
wait "$manager"

taskdir pause
taskdir add env >"$WORK/out"
listen
wait_for "a pause is a status" \
    'grep -qx "STATUS=1 waiting, 0 running, paused" "$WORK/told"'
stop_runner
wait "$manager"
done_testing
