#!/bin/sh
# taskdir why: the reason, whatever it is.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
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

# reasons ID: the codes, blank-separated.
reasons()
{
	taskdir why "$1" --json |
	    sed -n 's/.*"code":"\([a-z-]*\)".*/\1/p' | paste -s -d ' ' -
}

id=$(taskdir add x)
is "$(reasons "$id")" 'no-runner' 'no runner'
like "$(taskdir why "$id")" "*no runner*taskdir run*" 'in words'
later=$(taskdir add x --in 1h)
is "$(reasons "$later")" 'no-runner not-due' 'not due'
taskdir pause --class 'x*'
is "$(reasons "$id")" 'no-runner paused' 'paused'
taskdir resume
asked=$(taskdir add x --replace --key k)
is "$(reasons "$asked")" 'no-runner undecided' 'undecided'
missing=$(taskdir add nobody 2>/dev/null)
is "$(reasons "$missing")" 'no-runner handler' 'no handler'
key=0123456789abcdef
echo '{' >"$SPOOL/new/1000000000,x,$key,torn,0.json"
is "$(reasons torn)" 'no-runner invalid' 'no task in it'
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
taskdir cancel "$second" "$third" >/dev/null
taskdir cancel --no-wait "$first"
check 'the runner stops' stop_runner

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
check 'the runner stops' stop_runner
done_testing
