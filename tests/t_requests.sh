#!/bin/sh
# The request log: what it tells, what is chosen from it, how long it stays.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/hub.sh"

web web
hub_spool
settings <<'END'
[runner]
log_retention = 10d
END
(umask 077 && printf 'SECRET-bearer\n' >"$SPOOL/bearer")
rest crm 'auth = bearer' 'token_file = bearer' \
    'rule.endpoint = /ok/{{n}}?key=SECRET-query'
rest gone 'rule.endpoint = /status/404'
rest blank 'rule.template = {"x": {{nosuch}}}'
# Left over by others, young and old, of nobody and of a dead letter.
mkdir -p "$SPOOL/log/attempts"
for name in young-1 old-1 old-2; do
	echo '{"run":1}' >"$SPOOL/log/attempts/$name"
done
touch -d '2 hours ago' "$SPOOL/log/attempts/old-1" "$SPOOL/log/attempts/old-2"
echo '{"classname":"x"}' | forge dlq old-2 x 1 1700000000
echo '{}' >"$SPOOL/log/requests-20200101.jsonl"
touch -d '11 days ago' "$SPOOL/log/requests-20200101.jsonl"
echo '{}' >"$SPOOL/log/requests-20200102.jsonl"
start_runner

is "$(cd "$SPOOL/log/attempts" && echo *)" 'old-2 young-1' \
    'records of tasks that are no more go, those of letters stay'
is "$(cd "$SPOOL/log" && echo requests-*)" 'requests-20200102.jsonl' \
    'old days go'
rm "$SPOOL/log/requests-20200102.jsonl"

before=$(date +%s)
a=$(dispatch crm)
wait_for 'one is delivered' "delivered $a"
b=$(dispatch gone)
c=$(dispatch blank)
wait_for 'two die' "dead $b && dead $c"

ids()
{
	taskdir log --requests --json "$@" |
	    sed -n 's/.*[{,]"id":"\([^"]*\)".*/\1/p' | paste -s -d ' ' -
}
both()
{
	printf '%s\n' "$@" | sort | paste -s -d ' ' -
}
is "$(ids --service crm)" "$a" 'by service'
is "$(ids --service 'g*')" "$b" '... with a pattern'
is "$(ids --rule blank)" "$c" 'by rule'
is "$(ids --id "${b%??}")" "$b" 'by the beginning of an id'
is "$(ids --error status)" "$b" 'by class of error'
is "$(ids --failed | tr ' ' '\n' | sort | paste -s -d ' ' -)" \
    "$(both "$b" "$c")" 'all failures'
is "$(ids --grep /status/404)" "$b" 'by text'
is "$(ids --direction in)" '' 'by direction'
is "$(ids --event ev-1 -n 1 --service crm)" "$a" 'by event'
e=$(taskdir event crm --id own-7 --data '{"n":3}')
wait_for 'an event is delivered' \
    '[ "$(taskdir log --requests --json --event own-7 | wc -l)" -eq 1 ]'
like "$(ids --event "$e")" "$e-*" 'by our id of the event'
is "$(ids --event "${e%?}")" '' '... the whole one'
is "$(ids --event own-7)" "$(ids --event "$e")" "... or its producer's"
is "$(ids --until "$before")" '' 'by time: before'
is "$(ids --since "$before" --service crm)" "$a $(ids --event own-7)" \
    '... and after'
is "$(ids | wc -w)" 4 'all of them'
is "$(taskdir log --requests --json -n 1)" \
    "$(tail -n 1 "$SPOOL"/log/requests-*.jsonl)" 'the last one, as it is'
like "$(taskdir log --requests --service crm)" \
    "*out*crm*POST*http://127.0.0.1:$PORT/ok/1*200*0.*s*$a*" \
    'a line tells what was sent'
check_exit 2 'a direction is checked' taskdir log --requests --direction up
check_exit 0 'the run log is another' taskdir log --json
is "$(grep -c '"verb"' out)" 0 '... and has no requests'

taskdir log --requests --follow --service crm >followed 2>&1 &
follower=$!
adopt=$RUNNER
adopt_runner "$follower"
RUNNER=$adopt
wait_for 'follow prints what was' "grep -q '$a' followed"
d=$(dispatch crm '{"n":2}')
wait_for 'and what comes' "grep -q '$d' followed"
kill "$follower"

stop_runner
taskdir log --requests >out
taskdir log --requests --json >>out
is "$(cat out followed | grep -c SECRET)" 0 'no secret is shown'
done_testing
