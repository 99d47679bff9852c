#!/bin/sh
# Retries: how long the waits are, and what comes after the last.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

new_spool
handler fails <<'END'
#!/bin/sh
echo "try $TASKDIR_TRY"
exit 1
END
for class in list jitter quick; do
	cp "$SPOOL/handlers/fails" "$SPOOL/handlers/$class"
done
handler quick <<'END'
#!/bin/sh
[ "$TASKDIR_TRY" -ge 3 ]
END
settings <<'END'
[class list]
backoff = 5, 300, 1800
[class jitter]
jitter = 50%
[class quick]
backoff = 1
END
start_runner

# waits ID TRIES: the wait in the name after so many tries, checked against the
# time of the run; the task is then made due again by a rename, as anybody may.
waits()
{
	wait_until "[ -e $SPOOL/failed/*,$1,$2.json ]" || return 1
	name=$(name_of "$1" failed)
	start=$(run_field "$1" start) end=$(run_field "$1" end)
	wait=$((${name%%,*} - ${end%.*}))
	least=$((${name%%,*} - ${start%.*}))
	mv "$SPOOL/failed/$name" "$SPOOL/failed/$(($(date +%s) - 1)),${name#*,}"
}

# backoff ID WANT...
backoff()
{
	id=$1 tries=0
	shift
	for want; do
		tries=$((tries + 1))
		waits "$id" "$tries"
		# The second may turn between the settlement and the log.
		if [ "$wait" -le "$want" ] && [ "$least" -ge "$want" ]; then
			ok "wait $tries is $want s"
		else
			not_ok "wait $tries is $want s"
			diag "$wait to $least"
		fi
	done
}

due=$(($(date +%s) - 9))
echo '{"classname":"fails","attemptsavailable":14}' |
    forge new r1 fails 0 "$due"
backoff r1 60 120 240 480 960 1920 3840 7680 15360 30720 61440 86400 86400
wait_for 'after the fourteenth it is dead' '[ "$(states_of r1)" = dlq ]'
like "$(names_in dlq)" '*,r1,14.json' 'with its number of tries'
like "$(cat "$SPOOL/dlq/r1.reason")" \
    '{"time":*,"result":"permanent","error":"exit 1: try 14","tries":14,*' \
    'and the reason beside it'
is "$(runs_of 'r1"' |
    sed 's/.*"try":\([0-9]*\).*"result":"\([a-z]*\)".*/\1 \2/' |
    paste -s -d ' ' -)" '1 retry 2 retry 3 retry 4 retry 5 retry 6 retry '\
'7 retry 8 retry 9 retry 10 retry 11 retry 12 retry 13 retry 14 permanent' \
    'each try is in the run log'
is "$(cat "$SPOOL/log/output/fails,r1,9")" 'try 9' 'with its output'

echo '{"classname":"list"}' | forge new r2 list 0 "$due"
backoff r2 5 300 1800 1800
for n in 1 2 3 4 5 6 7 8; do
	echo '{"classname":"jitter"}' | forge new "j$n" jitter 0 "$due"
done
for n in 1 2 3 4 5 6 7 8; do
	waits "j$n" 1
	echo "$wait $least"
done >jitter
is "$(awk '$2 < 60 || $1 > 90' jitter)" '' 'jitter adds up to its part'
is "$(awk '$1 > 61 { n++ } END { print (n > 0) }' jitter)" 1 'and something'

echo '{"classname":"quick"}' | forge new q1 quick 0 "$due"
wait_for 'a failed task is tried again in its time' 'ended q1'
is "$(runs_of 'q1"' | sed 's/.*"result":"\([a-z]*\)".*/\1/' |
    paste -s -d ' ' -)" 'retry retry ok' 'until it works'
is "$(runs_of 'q1"' | sed 's/.*"due":\([0-9]*\),.*/\1/' | sort -u |
    wc -l | tr -d ' ')" 3 'each time with a due time of its own'

echo '{"classname":"later"}' | forge new d1 later 0 "$due"
waits d1 1
like "$(run_field d1 error)" "handler $SPOOL/handlers/later is missing" \
    'a missing handler is a failed try'
is "$wait" 60 'with the usual wait'
is "$(run_field d1 pid)" '' 'that had no process'
waits d1 2
handler later <<'END'
#!/bin/sh
exit 0
END
check_exit 0 'once it is deployed' taskdir retry d1
wait_for 'the task works' 'ended d1'
is "$(run_field d1 result) $(run_field d1 try)" 'ok 4' 'at the next try'
check 'the runner stops' stop_runner
done_testing
