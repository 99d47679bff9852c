#!/bin/sh
# taskdir why: the reason, whatever it is.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/why.sh"
new_spool
handler x </dev/null
handler slow <<'END'
#!/bin/sh
exec sleep 300
END
settings <<'END'
[class slow]
max_running = 1
END


id=$(taskdir add x)
is "$(reasons "$id")" 'no-runner' 'no runner'
like "$(taskdir why "$id")" "*no runner*taskdir run*" 'in words'
later=$(taskdir add x --in 1h)
is "$(reasons "$later")" 'no-runner not-due' 'not due'
for tries in 1 2; do
	echo '{"classname":"x"}' | forge failed "again$tries" x "$tries" \
	    "$(($(date +%s) + 3600))"
done
like "$(taskdir why again1)" '*it failed 1 time and is tried again in *' \
    'after a failure'
like "$(taskdir why again2)" '*it failed 2 times and is tried again in *' \
    'or more'
rm "$SPOOL"/failed/*,again*
taskdir pause --class 'x*'
is "$(reasons "$id")" 'no-runner paused' 'paused'
like "$(taskdir why "$id")" "*\"taskdir resume --class 'x*'\" ends that*" \
    'by a pattern'
taskdir resume --class 'x*'
taskdir pause
like "$(taskdir why "$id")" '*"taskdir resume" ends that*' 'or with all others'
taskdir resume
of=$(taskdir add a:b 2>/dev/null)
taskdir pause --class 'a:*'
taskdir why "$of" | sed -n 's/.*"\(taskdir resume.*\)" .*/\1/p' >resume.sh
check 'what it says' sh ./resume.sh
is "$(names_in run/ctl)" '' 'resumes'
asked=$(taskdir add x --replace --key k)
is "$(reasons "$asked")" 'no-runner undecided' 'undecided'
missing=$(taskdir add nobody 2>/dev/null)
is "$(reasons "$missing")" 'no-runner handler' 'no handler'
key=0123456789abcdef
echo '{' >"$SPOOL/new/1000000000,x,$key,torn,0.json"
is "$(reasons torn)" 'no-runner invalid' 'no task in it'
ln -s /etc/passwd "$SPOOL/failed/1000000000,x,$key,link,1.json"
is "$(reasons link)" 'no-runner not-regular' 'a link with the name of a task'
mkdir "$SPOOL/failed/1000000000,x,$key,folder,1.json"
like "$(taskdir why folder)" '*is a directory*left there: remove it*' \
    'or a directory, which never goes to dlq/'
rm -r "$SPOOL"/failed/*
echo '{}' >"$SPOOL/cur/1000000000,x,$key,left,0.json"
is "$(reasons left)" 'no-runner orphan' 'left by a dead runner'
echo '{}' >"$SPOOL/dlq/1000000000,x,$key,dead,3.json"
is "$(reasons dead)" dead 'a dead letter'
taskdir cancel "$id" >/dev/null
is "$(reasons "$id")" ended 'ended'
check_exit 3 'an unknown id is exit 3' taskdir why nothing

printf '{"classname":' >"$SPOOL/new/a drop"
is "$(reasons 'a drop')" 'no-runner incomplete' 'an incomplete drop'
is "$(reasons 'a\x20drop')" 'no-runner incomplete' 'by the name it is shown by'
exec 3>>"$SPOOL/new/a drop"
is "$(reasons 'a drop')" 'no-runner open incomplete' 'that is being written'
echo '"x"}' >&3
is "$(reasons 'a drop')" 'no-runner open' 'to its end'
exec 3>&-
is "$(reasons 'a drop')" 'no-runner settling' 'and complete'
mkfifo "$SPOOL/new/fifo"
is "$(reasons fifo)" 'no-runner not-regular' 'a FIFO'
: >"$SPOOL/new/.hidden"
is "$(reasons .hidden)" ignored 'a name that is ignored'
rm "$SPOOL"/new/* "$SPOOL"/cur/* "$SPOOL"/dlq/*

start_runner
first=$(taskdir add slow)
wait_for 'one runs' 'taskdir running | grep -q "$first"'
is "$(reasons "$first")" running 'running'
second=$(taskdir add slow)
is "$(reasons "$second")" 'class-limit turn' 'the limit of its class'
third=$(taskdir add slow)
printf '[runner]\nmax_running = 1\n' | settings
is "$(reasons "$third")" 'class-limit runner-limit turn' 'of the runner'
echo '1 0 elsewhere' >"$SPOOL/run/lock"
is "$(reasons "$third")" 'other-host class-limit runner-limit turn' \
    'a runner on another machine'
like "$(taskdir why "$third")" '*process 1 on elsewhere*each minute*' 'by name'
kill -s TERM "$RUNNER"
wait_for 'a runner that was told to stop' \
    '[ "$(reasons "$third")" = \
    "other-host stopping class-limit runner-limit turn" ]'
like "$(taskdir why "$third")" '*starts nothing more*' 'says so'
check 'the runner stops' stop_runner
taskdir cancel "$first" "$second" "$third" >/dev/null
id=$(taskdir add x)
is "$(reasons "$id")" 'no-runner' \
    'that is over when it is gone'

# Limits of classes.
new_spool
hour=$(date +%H)
hour=$(((${hour#0} + 2) % 24))
settings <<END
[class *]
handler = handlers/x
[class shut]
window = $hour:00-$hour:59
[class rare]
rate = 1/d
[class alone]
handler = handlers/slow
serial_by_key = yes
END
printf '#!/bin/sh\n' | handler x
printf '#!/bin/sh\nexec sleep 300\n' | handler slow
start_runner
shut=$(taskdir add shut)
is "$(reasons "$shut")" 'window turn' 'the windows of its class'
like "$(taskdir why "$shut")" "*only at $hour:00-$hour:59; it may in *" \
    'and when the next opens'
first=$(taskdir add rare)
wait_until 'ended "$first"'
second=$(taskdir add rare)
is "$(reasons "$second")" 'rate turn' 'the rate of its class'
like "$(taskdir why "$second")" '*no more than 1/d; the next may in *' \
    'and when the next may start'
first=$(taskdir add alone)
wait_until 'taskdir running | grep -q "$first"'
second=$(taskdir add alone)
is "$(reasons "$second")" 'key-busy turn' 'one of the same key runs'
taskdir cancel --no-wait "$first"

# What the runner alone knows: one descriptor is left, too few for a start.
# No other one is under way, which has more of them until the runner has
# something to do again.
wait_until 'taskdir running | grep -q "$second"'
wait_until 'taskdir add later --in 1h >/dev/null
    ! find "/proc/$RUNNER/fd" -lname "*memfd:*" | grep -q .'
fd=0 free=0
while [ "$free" -lt 2 ]; do
	[ -L "/proc/$RUNNER/fd/$fd" ] || free=$((free + 1))
	fd=$((fd + 1))
done
limit=$(sed -n 's/^Max open files *\([0-9]*\).*/\1/p' "/proc/$RUNNER/limits")
prlimit --pid "$RUNNER" --nofile="$((fd - 1))":
poor=$(taskdir add poor)
wait_for 'the system is short of something' \
    '[ "$(reasons "$poor")" = "shortage turn" ]'
like "$(taskdir why "$poor")" '*Too many open files; it tries again each*' \
    'as it says'
prlimit --pid "$RUNNER" --nofile="$limit":
wait_until 'ended "$poor"'
is "$(cut -c 1 "$SPOOL/run/held" | tr -d ' \n')" '' 'and nothing any more'
check 'the runner stops' stop_runner

# A run --once does its share.
taskdir add alone >/dev/null
taskdir run --once --class alone >/dev/null 2>&1 &
adopt_runner $!
wait_until '[ "$(count_in cur)" -eq 1 ]'
other=$(taskdir add poor)
is "$(reasons "$other")" 'once turn' 'a run --once has another one to do'
stop_runner INT

# The order within a class: by due, then by id.
new_spool
printf '#!/bin/sh\n' | handler x
start_runner
taskdir pause --class x
one=$(taskdir add x --at 1000)
two=$(taskdir add x --at 1000)
three=$(taskdir add x --at 1000)
turn()
{
	taskdir why "$1" --json |
	    sed -n 's/.*"code":"turn","text":"\([^"]*\).*/\1/p'
}
is "$(turn "$one")" 'it is due, and the first of its class' 'the first'
is "$(turn "$two")" '1 of its class comes before it' 'the second of that second'
is "$(turn "$three")" '2 of its class come before it' 'and the third'
taskdir add x --at 999 >/dev/null
is "$(turn "$one")" '1 of its class comes before it' 'an earlier one is first'
check 'the runner stops' stop_runner

# The schedule.
new_spool
printf '#!/bin/sh\n' | handler x
echo '0 0 1 1 * x id=yearly' >"$SPOOL/schedule"
taskdir run --once
slot=$(names_in new)
id=$(echo "$slot" | cut -d , -f 4)
is "$(reasons "$id")" 'no-runner not-due' 'a slot that waits'
earlier=$(echo "$slot" | sed 's/^[0-9]*,/4000000000,/;
    s/-[0-9]*,0.json/-1700000000,2.json/')
cp "$SPOOL/new/$slot" "$SPOOL/failed/$earlier"
is "$(reasons "$id")" 'no-runner not-due slot-failed' \
    'an earlier run that failed goes first'
like "$(taskdir why "$id")" '*-1700000000, an earlier run*failed*2096-10-02*' \
    'at its time'
mv "$SPOOL/failed/$earlier" "$SPOOL/cur/$earlier"
is "$(reasons "$id")" 'no-runner not-due slot-runs' 'or one that is not over'
echo '0 0 1 1 * x id=yearly overlap=allow' >"$SPOOL/schedule"
is "$(reasons "$id")" 'no-runner not-due' 'unless they may overlap'
rm "$SPOOL/cur/$earlier"
echo '0 0 1 1 * x id=yearly disabled' >"$SPOOL/schedule"
is "$(reasons "$id")" 'no-runner not-due slot-disabled' \
    'an entry that was disabled'
: >"$SPOOL/schedule"
is "$(reasons "$id")" 'no-runner not-due slot-gone' 'or removed'
taskdir run --once
is "$(reasons "$id")" ended 'its slot is withdrawn'
like "$(taskdir why "$id")" '*withdrawn: its entry is not in the schedule*' \
    'as it says'
done_testing
