#!/bin/sh
# A long run of everything at once: handlers that succeed, fail, hang and leave
# children, persistent workers, keys one at a time, rates, windows, two users'
# letter boxes, duplicates, broken letters; and meanwhile the runner is killed,
# stopped, reloaded and paused, workers are killed, tasks cancelled and revived.
# In the end "taskdir check" must find nothing, and nothing may be lost, or
# doubled but where a kill explains it.  Run after make, from the build
# directory, as
#
#	sh ../tests/soak.sh [DURATION]		30m, or 90s, 2h ...
#
# TD_KILL_SEED (printed) may be given.  As root it is a shared spool, else a
# private one.  For every fault at every call: TD_SOAK=1 tests/faults_runner.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
command -v flock >"$WORK/.out" || skip_all 'flock(1) is not installed'
command -v python3 >"$WORK/.out" || skip_all 'python3 is not installed'

case ${1:-30m} in
*h) seconds=$((${1%h} * 3600)) ;;
*m) seconds=${1:-30m} seconds=$((${seconds%m} * 60)) ;;
*) seconds=${1%s} ;;
esac
seed=${TD_KILL_SEED:-$(date +%s)}
diag "$seconds seconds, TD_KILL_SEED=$seed"

if [ "$(id -u)" -eq 0 ]; then
	. "$TD_SRCDIR/tests/users.sh"
	new_shared
	whoever="root $EVA $ADA"
else
	diag 'not root: a private spool, and nobody but its user'
	new_spool
	whoever=root
fi

# The prefix of a producer's ids in the spool.
prefix_of()
{
	[ "$1" = root ] || echo "u$(id -u "$1")-"
}

# by PRODUCER COMMAND...
by()
{
	if [ "$1" = root ]; then
		shift
		"$@"
	else
		as "$@"
	fi
}

# --- The spool ---------------------------------------------------------------

BOARD=$WORK/board
mkdir "$BOARD" "$BOARD/locks"
chmod 1777 "$BOARD" "$BOARD/locks"
for file in began overlaps tokens; do
	: >"$BOARD/$file"
	chmod 0666 "$BOARD/$file"
done

# write_settings N: one of three, which a reload changes.
write_settings()
{
	cat >"$SPOOL/conf.d/soak.new" <<END
[runner]
max_running = $((6 + 3 * $1))
shutdown_grace = 500ms
settle = 300ms
max_crashes = 6
[class *]
backoff = 1s
kill_grace = 1s
attempts = 9
[class hangs]
timeout = 1s
attempts = 2
[class rated]
rate = $((10 + 10 * $1))/s
[class shut]
window = $shut
[class keyed]
serial_by_key = yes
[class works]
worker = yes
pipeline = $((1 + 3 * $1))
max_running = 2
recycle_after = 40
timeout = 20s
END
	mv "$SPOOL/conf.d/soak.new" "$SPOOL/conf.d/soak.conf"
}

# body CLASS TEXT: what follows the locks.
body()
{
	handler "$1" <<END
#!/bin/sh
lock() {
	eval "exec \$2>>\$1"
	flock -n "\$2" || { echo "\$TASKDIR_ID \$1" >>$BOARD/overlaps; exit 1; }
}
umask 0
lock $BOARD/locks/\$TASKDIR_ID 9
echo "\$TASKDIR_ID \$TASKDIR_TRY" >>$BOARD/began
$2
END
}
body fine ''
body flaky '[ "$TASKDIR_TRY" -ge 3 ]'
body dead 'exit 100'
body slow 'i=0; while [ $i -lt 10000 ]; do i=$((i + 1)); done'
body hangs 'exec sleep 60'
body leaves 'setsid sleep 60 &'
body deaf "setsid sh -c 'trap \"\" TERM; echo; sleep 0.2' >&9 & # poll"
body talks 'seq 20000; echo "{\"progress\":0.5}" >&3'
body snoozes '[ "$(($(taskdir data /n) % 3))" -ne 0 ] ||
	[ -e '"$BOARD"'/locks/$TASKDIR_ID.slept ] || {
	: >'"$BOARD"'/locks/$TASKDIR_ID.slept
	echo "{\"next_in\":1}" >&3; }'
body rated ''
body shut ''
body keyed "lock $BOARD/locks/key-\$(id -u)-\$(taskdir data /key --raw) 8
i=0; while [ \$i -lt 3000 ]; do i=\$((i + 1)); done"
body unique ''
body nameless "echo \"\$(taskdir data --raw) \$TASKDIR_ID\" >>$BOARD/tokens"
handler works <<END
#!/usr/bin/python3
import fcntl, json, os, socket
os.umask(0)
sock = socket.socket(fileno=3)
lines = sock.makefile('rb')

def say(value):
    sock.sendall(json.dumps(value).encode() + b'\n')

def do(task):
    lock = open('$BOARD/locks/' + task['id'], 'a')
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.write(overlaps, (task['id'] + ' worker\n').encode())
    os.write(began, ('%s %d\n' % (task['id'], task['try'])).encode())
    n = task['task']['customdata']['n']
    first = task['try'] == 1
    print('doing', n, flush=True)
    if n % 19 == 0 and first:
        os._exit(3)
    if n % 23 == 0 and first:
        return {'status': 'retry', 'error': 'not yet', 'trace': 'here'}
    if n % 29 == 0:
        return {'status': 'permanent', 'error': 'never'}
    return {'status': 'ok', 'recycle': n % 31 == 0}

began = os.open('$BOARD/began', os.O_WRONLY | os.O_APPEND)
overlaps = os.open('$BOARD/overlaps', os.O_WRONLY | os.O_APPEND)
say({'taskdir': 1, 'hello': 'soak'})
for line in lines:
    task = json.loads(line)
    say(dict(do(task), id=task['id']))
END
shut="$(date -d '+3 hours' +%H:%M)-$(date -d '+4 hours' +%H:%M)"
write_settings 1

# --- Those who add -----------------------------------------------------------

# tasks N SEED FIRST: N of all classes, JSON lines.
tasks()
{
	awk -v n="$1" -v seed="$2" -v first="$3" 'BEGIN {
		srand(seed)
		many = split("fine flaky slow talks works works works keyed " \
		    "keyed unique snoozes rated leaves deaf dead hangs shut",
		    class)
		for (i = 0; i < n; i++) {
			c = class[1 + int(rand() * many)]
			# What costs a second or more comes seldom.
			if (c ~ /hangs|leaves|shut/ && rand() < 0.7)
				c = "fine"
			key = int(rand() * 5)
			printf "{\"classname\":\"%s\",\"customdata\":" \
			    "{\"n\":%d,\"key\":\"%d\"}", c, first + i, key
			if (c == "keyed")
				printf ",\"key\":\"k%d\"", key
			if (c == "unique") {
				split("ignore soonest replace reschedule " \
				    "ignore-running", policy)
				printf ",\"key\":\"u%d\",\"on_duplicate\":" \
				    "\"%s\"", key, policy[1 + int(rand() * 5)]
			}
			print "}"
		}
	    }'
}

# produce PRODUCER: until the end is announced, or all is gone.
produce()
{
	rounds=0
	while [ -d "$BOARD" ] && [ ! -e "$BOARD/over" ]; do
		rounds=$((rounds + 1))
		tasks 12 $(((seed + 7919 * (3 * rounds + producer)) %
		    1000000007)) $((rounds * 1000)) >"$WORK/tasks.$1"
		by "$1" taskdir add --batch <"$WORK/tasks.$1" \
		    >"$WORK/ids.$1" 2>>"$WORK/add.err.$1"
		sed "s/^/$(prefix_of "$1")/" "$WORK/ids.$1" |
		    grep -v -- '-$' >>"$WORK/accepted.$1"
		# A letter without a name of ours, and at times a broken one.
		token=$1-$rounds
		new=$SPOOL/new
		[ "$1" = root ] || new=$(box_of "$1")/new
		printf '{"classname":"nameless","customdata":"%s"}' "$token" |
		    by "$1" sh -c "cat >'$new/letter.$rounds'" &&
		    echo "$token" >>"$WORK/letters.$1"
		[ $((rounds % 10)) -ne 0 ] || {
			echo '{"classname":' |
			    by "$1" sh -c "cat >'$new/broken.$rounds'" &&
			    echo "$token" >>"$WORK/broken.$1"
		}
		sleep 0.4 # not a poll: the pace
	done
}

# --- What happens meanwhile --------------------------------------------------

kills=0 stops=0 reloads=0 cancels=0 revivals=0 pauses=0
worker_kills=0 selections=0 most_rss=0 most_fds=0

begin_runner()
{
	taskdir run >>"$SPOOL.out" 2>>"$SPOOL.err" </dev/null &
	adopt_runner $!
}

measure()
{
	rss=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' \
	    "/proc/$RUNNER/status" 2>/dev/null)
	fds=$(find "/proc/$RUNNER/fd" -type l 2>/dev/null | wc -l)
	[ "${rss:-0}" -le "$most_rss" ] || most_rss=$rss
	[ "$fds" -le "$most_fds" ] || most_fds=$fds
}

# Whether the runner is so far that SIGHUP, its first signal, does not end it.
hears_hup()
{
	grep -q '^taskdir$' "/proc/$RUNNER/comm" &&
	    grep -q '^SigBlk:.*[13579bdf]$' "/proc/$RUNNER/status"
}

act()
{
	measure
	is_alive "$RUNNER" || {
		tap_status=0
		wait "$RUNNER" || tap_status=$?
		echo "$tap_status after $last: $(grep '^taskdir run: ' \
		    "$SPOOL.err" | tail -n 1)" >>"$WORK/deaths"
		begin_runner
	}
	last=$1
	case $1 in
	[0-7])
		kill -s KILL "$RUNNER"
		wait "$RUNNER" 2>/dev/null
		begin_runner
		kills=$((kills + 1))
		;;
	8 | 9)
		kill -s TERM "$RUNNER"
		[ "$1" = 8 ] || kill -s TERM "$RUNNER"
		wait "$RUNNER" 2>/dev/null
		begin_runner
		stops=$((stops + 1))
		;;
	1[0-2])
		write_settings $(($1 - 10))
		! hears_hup || kill -s HUP "$RUNNER"
		reloads=$((reloads + 1))
		;;
	13 | 14)
		victim=$(pgrep -P "$RUNNER" -f handlers/works | head -n 1)
		[ -z "$victim" ] || kill -s KILL "$victim" 2>/dev/null
		worker_kills=$((worker_kills + 1))
		;;
	15)
		# Letters are to run, and shut is to wait until the end.
		victim=$(names_in new | grep -v -e ,shut, -e ,nameless, |
		    tail -n 3 | cut -d , -f 4)
		# shellcheck disable=SC2086 # words
		[ -z "$victim" ] || timeout 20 taskdir cancel --no-wait \
		    $victim >>"$WORK/cancel.out" 2>&1
		cancels=$((cancels + 1))
		;;
	16)
		timeout 20 taskdir cancel --no-wait --class slow \
		    >>"$WORK/cancel.out" 2>&1
		cancels=$((cancels + 1))
		;;
	17)
		timeout 20 taskdir retry --class works --dlq \
		    >>"$WORK/retry.out" 2>&1
		revivals=$((revivals + 1))
		;;
	18)
		taskdir pause --class fine
		sleep 0.3 # not a poll: so long nothing of it starts
		taskdir resume --class fine
		pauses=$((pauses + 1))
		;;
	19)
		timeout 5 taskdir run --once --force --failed --count 5 \
		    >>"$WORK/once.out" 2>&1
		selections=$((selections + 1))
		;;
	esac
}

begun=$(uptime_cs)
begin_runner
producers=
producer=0
for who in $whoever; do
	producer=$((producer + 1))
	produce "$who" &
	producers="$producers $!"
done
# A moment and an action a line: more than can be needed.
awk -v seed="$seed" -v n=$((seconds * 20 + 20)) 'BEGIN {
	srand(seed)
	for (i = 0; i < n; i++)
		printf "%.3f %d\n", 0.05 + rand() * rand() * 4, rand() * 20
    }' >"$WORK/moments"
while read -r moment action; do
	[ $(($(uptime_cs) - begun)) -lt $((seconds * 100)) ] || break
	sleep "$moment" # not a poll: the moment is random on purpose
	act "$action"
done <"$WORK/moments"
: >"$BOARD/over"
for pid in $producers; do
	wait "$pid"
done
produced=$(($(uptime_cs) - begun))

# --- The end -----------------------------------------------------------------

is "$(runs_of | grep -c '"class":"shut"')" 0 'nothing ran in a closed window'
shut=0:00-24:00
write_settings 2
wait_until hears_hup
kill -s HUP "$RUNNER"
wait_for 'every task comes to its end' \
    '[ "$(count_in new)$(count_in cur)$(count_in failed)" = 000 ] ||
    ! is_alive "$RUNNER"' 300
drained=$(($(uptime_cs) - begun - produced))
measure
is "$(cat "$WORK/deaths" 2>/dev/null)" '' 'the runner never ended by itself'
kill -s TERM "$RUNNER"
wait_until '! is_alive "$RUNNER"' 60
check_exit 0 'taskdir check finds nothing' taskdir check
cp out "$WORK/check.out"

cat "$WORK"/accepted.* | sort >"$WORK/ids"
runs_of >"$WORK/runs"
# ID RESULT of all ends.
grep '"final":true' "$WORK/runs" |
    sed -n 's/^{"id":"\([^"]*\)".*"result":"\([a-z]*\)".*/\1 \2/p' |
    sort >"$WORK/ends"
cut -d ' ' -f 1 "$WORK/ends" | sort -u >"$WORK/ended"
is "$(uniq -d "$WORK/ids" | head)" '' 'every id was given once'
is "$(comm -23 "$WORK/ids" "$WORK/ended" | head)" '' 'none is lost'
# Who has no id from us: letters, and the broken ones.
comm -13 "$WORK/ids" "$WORK/ended" >"$WORK/others"
grep -E '"class":"(nameless|invalid)"' "$WORK/runs" |
    sed 's/^{"id":"\([^"]*\)".*/\1/' | sort -u >"$WORK/anonymous"
is "$(comm -23 "$WORK/others" "$WORK/anonymous" | head)" '' \
    'none came from nowhere'
sort -u "$WORK"/letters.* >"$WORK/letters"
cut -d ' ' -f 1 "$BOARD/tokens" | sort -u >"$WORK/tokens"
is "$(comm -23 "$WORK/letters" "$WORK/tokens" | head)" '' \
    'every letter without a name ran'
is "$(comm -13 "$WORK/letters" "$WORK/tokens" | head)" '' 'and no other'
is "$(sort -u "$BOARD/tokens" | cut -d ' ' -f 1 | uniq -d | head)" '' \
    'under one id'
is "$(grep -c '"result":"invalid"' "$WORK/runs")" \
    "$(cat "$WORK"/broken.* | grep -c .)" 'every broken letter is buried'

# Done twice, or done after a dead end: only where a runner died between.
crashed=$(grep '"result":"crashed"' "$WORK/runs" |
    sed 's/^{"id":"\([^"]*\)".*/\1/' | sort -u | tee "$WORK/crashed" | wc -l)
grep ' ok$' "$WORK/ends" | cut -d ' ' -f 1 | uniq -d >"$WORK/doubled"
is "$(comm -23 "$WORK/doubled" "$WORK/crashed" | head)" '' \
    'none was done twice without a crash'
is "$(head "$BOARD/overlaps")" '' 'no two copies, nor two of a key, overlap'
sort "$BOARD/began" | uniq -c | awk '$1 > 1 { print $2, $3 }' \
    >"$WORK/again"
# A try that was interrupted or snoozed is the same one again, and one that was
# revived counts anew.
grep -E '"result":"(interrupted|snooze)"' "$WORK/runs" |
    sed 's/^{"id":"\([^"]*\)".*/\1/' | sort -u >"$WORK/repeated"
names_in dlq | cut -d , -f 4 | sort >"$WORK/dead"
grep -E ' (permanent|cancelled|crashed|timeout|retry)$' "$WORK/ends" |
    cut -d ' ' -f 1 | sort -u >>"$WORK/repeated"
sort -u -o "$WORK/repeated" "$WORK/repeated"
cut -d ' ' -f 1 "$WORK/again" | sort -u |
    comm -23 - "$WORK/repeated" >"$WORK/unexplained"
is "$(head "$WORK/unexplained")" '' 'no try begins twice without a reason'
sed -n 's/^{"id":"\([^"]*\)".*,"try":\([0-9]*\).*/\1 \2/p' "$WORK/runs" |
    sort -u >"$WORK/logged"
is "$(sort -u "$BOARD/began" | comm -23 - "$WORK/logged" | head)" '' \
    'every try that began is in the run log'

# What users see of it.
for who in $whoever; do
	[ "$who" != root ] || continue
	for dir in new queue failed cur; do
		in_box "$who" "$dir"
	done >"$WORK/in.box"
	is "$(head "$WORK/in.box")" '' "$who's box is empty"
	by "$who" taskdir log --json 2>/dev/null | tr -d ' \n' |
	    sed 's/"id":/\n/g' | sed -n 's/^"\([^"]*\)".*/\1/p' |
	    sort -u >"$WORK/seen"
	sed "s/^$(prefix_of "$who")//" "$WORK/accepted.$who" | sort |
	    comm -23 - "$WORK/seen" >"$WORK/unseen"
	is "$(head "$WORK/unseen")" '' 'his log tells of all his tasks'
done
left()
{
	grep -lsz "^TASKDIR_SPOOL=$SPOOL\$" /proc/[0-9]*/environ
}
is "$(left)" '' 'no process is left'

runs=$(grep -c . "$WORK/runs") ids=$(grep -c . "$WORK/ids")
diag "$((produced / 100)) s: $ids tasks and $(grep -c . "$WORK/letters")" \
    "letters of $(echo "$whoever" | wc -w) users, $runs lines in the run log;" \
    "$((drained / 100)) s to drain"
diag "$kills runners killed, $stops stopped, $reloads reloads," \
    "$worker_kills workers killed, $cancels cancels, $revivals revivals," \
    "$pauses pauses, $selections selections by run --once"
diag "results: $(sed -n 's/.*"result":"\([a-z]*\)".*/\1/p' "$WORK/runs" |
    sort | uniq -c | awk '{ printf "%s %d  ", $2, $1 }')"
diag "$crashed tasks met a crash, $(grep -c . "$WORK/doubled") of them were" \
    "done twice; $(grep -c . "$WORK/dead") dead letters"
diag "runner: at most $most_rss KiB, $most_fds descriptors"
done_testing
