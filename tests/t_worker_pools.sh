#!/bin/sh
# Which classes share workers, and which of the workers gets the next task.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/worker.sh"

command -v python3 >"$WORK/.out" || skip_all 'python3 is not installed'

new_spool
handler w <"$TD_SRCDIR/tests/worker.py"
cp "$SPOOL/handlers/w" "$SPOOL/handlers/even"
settings <<END
[runner]
max_running = 16
[class *]
worker = yes
handler = handlers/w
cwd = $WORK
[class even]
handler = handlers/even
max_running = 2
pipeline = 3
END
# A class that is started otherwise, by one setting each.
while read -r class setting; do
	printf '[class %s]\n%s\n' "$class" "$setting" | settings
	echo "$class" >>classes
done <<'END'
a pipeline = 2
b recycle_after = 50
c worker_start = 20s
d worker_idle = 1h
e kill_grace = 7s
f leave_children = yes
g no_new_privs = yes
h umask = 077
i nice = 3
j ionice = 6
k limit_memory = 1G
l limit_pids = 500
m limit_as = 8G
n limit_cpu = 1h
o limit_nofile = 60
p limit_fsize = 1G
q limit_core = 1M
r cwd = /
END
start_runner

# --- Who shares --------------------------------------------------------------

do_one plain ''
plain=$(said "$id" value)
do_one other ''
is "$(said "$id" value)" "$plain" \
    'two classes of one handler and the same settings share a worker'
while read -r class; do
	do_one "$class" ''
	said "$id" value
done <classes >pids
is "$(grep -cx "$plain" pids)" 0 \
    'a class whose worker is to be started otherwise does not'
is "$(sort -u pids | wc -l)" "$(grep -c . classes)" 'nor do two that differ'
do_one plain ''
is "$(said "$id" value)" "$plain" 'and the first one goes on'

# --- Who is next -------------------------------------------------------------

wait_for_flight()
{
	wait_until '[ "$(in_flight even)" -eq '"$1"' ]'
}
for n in 1 2; do
	add even '["touch","begun'$n'"],["wait","go"]' >>ids
	wait_until '[ -e begun'$n' ]'
done
for n in 3 4; do
	add even '' >>ids
	wait_for_flight $n
done
is "$(awk '$6 == "even" { print $2 }' "$SPOOL/run/running" | sort |
    uniq -c | awk '{ print $1 }' | tr '\n' ' ')" '2 2 ' \
    'the worker that has fewest tasks gets the next'
touch go
while read -r id; do
	wait_until 'ended "$id"'
done <ids
is "$(runs_of | grep -c '"class":"even".*"result":"ok"')" 4 'all are done'

# --- Other settings ----------------------------------------------------------

id=$(add even '["touch","held"],["wait","let"]')
wait_until '[ -s held ]'
printf '[class even]\nnice = 1\n' | settings
kill -s HUP "$RUNNER"
wait_until 'grep -q "settings loaded" "$SPOOL.err"'
do_one even ''
check 'with new settings a worker finishes what it has' is_alive "$(cat held)"
is "$([ "$(said "$id" value)" = "$(cat held)" ] && echo same)" '' \
    'while a new one does what comes'
: >let
wait_for 'and goes with its last answer' '! is_alive "$(cat held)"'
check 'the runner stops' stop_runner
done_testing
