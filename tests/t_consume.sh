#!/bin/sh
# Answers come back by AMQP: stored, then acknowledged.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/rabbit.sh"
TOOL=$TD_BUILDDIR/tests/amqp_tool
start_rabbit
URL=amqp://127.0.0.1:$RABBIT_PORT
new_spool
settings <<END
[class consume_responses_task]
handler = $TD_BUILDDIR/src/cli/taskdir-hub
worker = yes
pipeline = 10
keep_runs = 10000
END
IN=$SPOOL/responses

# service NAME [LINE...]: one whose answers come to the queue NAME.
service()
{
	service_name=$1
	shift
	"$TOOL" "$URL" declare "$service_name" >"$WORK/.out"
	settings <<-END
	[service $service_name]
	type = amqp
	base_url = $URL
	response_queue = $service_name
	retry_backoff = 50ms
	END
	for service_line; do
		echo "$service_line" | settings
	done
}

# say QUEUE BODY [NAME=VALUE...]: an answer.
say()
{
	say_queue=$1 say_body=$2
	shift 2
	printf '%s' "$say_body" | "$TOOL" "$@" "$URL" put '' "$say_queue" ||
	    bail 'cannot put a message'
}

# consume: a task, until it has ended; its result is then in $RESULT.
consume()
{
	CONSUME=$(taskdir add consume_responses_task)
	wait_until 'ended "$CONSUME"' 60 || not_ok 'the task ends'
	RESULT=$(taskdir log output "$CONSUME")
}

files()
{
	find "$IN/$1" -maxdepth 1 -type f -name "*$2" | sort
}

count()
{
	files "$1" "$2" | grep -c .
}

waiting()
{
	"$TOOL" passive=1 "$URL" declare "$1"
}

requests()
{
	cat "$SPOOL"/log/requests-*.jsonl | grep -F "$1"
}

service crm
service shop
service broken 'cb_window = 1h' 'cb_cooldown = 1h'
sed -i "/service broken/,\$s,base_url.*,base_url = amqp://127.0.0.1:1," \
    "$SPOOL/taskdir.conf"
service off 'enabled = no'
service work 'response_class = answer.task'
service talk 'response_event = answered'
handler answer.task <<'END'
#!/bin/sh
cat >"$TASKDIR_SPOOL/task-$TASKDIR_ID"
END
start_runner

ANSWER='{"n": 1.50,
 "big":12345678901234567890, "u":"é"}'
say crm "$ANSWER" id=m1 correlation=0643f1c2a9b04-7c1e93ab type=created \
    content_type=application/json
say shop '[1]'
say off '{}'
say work '{"w":[1]}' id=w1 correlation=c9
say talk '{"t":1}' id=t1
consume
like "$RESULT" '*"crm":{"stored":1,"quarantined":0}*' 'an answer is stored'
like "$RESULT" '*"shop":{"stored":1,"quarantined":0}*' 'of each service'
like "$RESULT" '*"broken":{"stored":0,*"error":"cannot connect*' \
    'a broken one stops nobody'
is "$(echo "$RESULT" | grep -c '"off"')" 0 'a disabled one is left alone'
is "$(waiting off)" '1 ready' 'and so are its answers'
is "$(waiting crm)" '0 ready' 'what was stored was acknowledged'
DOC=$(files crm .json)
is "$(tr '\n' ' ' <"$DOC" | sed 's/.*"body"://')" \
    '{"n": 1.50,  "big":12345678901234567890, "u":"é"}} ' \
    'its body is there byte for byte'
is "$(sed 's/"id":"[0-9a-f]*","received":[0-9.]*,//; s/,"body".*//' "$DOC" |
    head -n 1 | sed 's/,/\n/g')" '{"service":"crm"
"message_id":"m1"
"correlation_id":"0643f1c2a9b04-7c1e93ab"
"type":"created"
"timestamp":1795132800
"content_type":"application/json"
"routing_key":"crm"
"headers":{"x-text":"h\"i"
"x-int":-5
"x-yes":true}' 'with all that came with it'
check 'it is JSON' python3 -m json.tool "$DOC"
is "$(stat -c %a "$DOC" "$IN/crm" | paste -s -d ' ' -)" '600 700' \
    'for nobody else'

# Logged, and matched to its request.
requests '"message_id":"m1"' >"$WORK/line"
like "$(cat "$WORK/line")" '*"direction":"in","service":"crm",*"result":"ok"*' \
    'an inbound line of the request log'
like "$(cat "$WORK/line")" '*"id":"0643f1c2a9b04-7c1e93ab"*' \
    'under the id of its request'
like "$(cat "$WORK/line")" '*"url":"amqp://127.0.0.1:*/crm"*' 'and its queue'
is "$(requests '"service":"broken"' | grep -c '"class":"network"')" 3 \
    'and one for each attempt that failed'

# As a task, as an event.
wait_for 'a task of its class runs' 'ls "$SPOOL"/task-r-* >"$WORK/.ls" 2>&1'
cat "$SPOOL"/task-r-* >"$WORK/line"
like "$(cat "$WORK/line")" '*"customdata":{"w":\[1\]},"x-response":{"id":"r-*' \
    'with the answer as its data'
like "$(cat "$WORK/line")" '*,"message_id":"w1","correlation_id":"c9"}}*' \
    'and whence it came'
is "$(count work .json)" 1 'and is stored besides'
wait_for 'an event is taken' 'ls "$SPOOL"/new/event,r-* >"$WORK/.ls" 2>&1 ||
    grep -qs "\"r-" "$SPOOL"/log/*.jsonl'

# What is no answer.
for body in '' 'no json' '"text"' '17' '{"a":1} x'; do
	say crm "$body"
done
awk 'BEGIN { for (i = 0; i < 600000; i++) printf i ? ",1" : "[1"
    print "]" }' >"$WORK/big"
"$TOOL" "$URL" put '' crm <"$WORK/big"
say crm '{"after":1}'
consume
like "$RESULT" '*"crm":{"stored":1,"quarantined":6}*' \
    'six are set aside, and the next is stored'
is "$(waiting crm)" '0 ready' 'all acknowledged'
like "$RESULT" '*"broken":*"error":"the breaker is open"*' \
    'an open breaker leaves its service out'
is "$(count crm/quarantine .json)" 6 'each with its reason'
is "$(cat "$IN"/crm/quarantine/*.json | grep -o '"reason":"[^"0-9:,]*' |
    sed 's/.*"it //' | sort | paste -s -d ';' -)" \
    'has ;is a single value;is a single value;is empty;is no JSON;is no JSON' \
    'in words'
check 'and its bytes' cmp "$WORK/big" \
    "$(find "$IN/crm/quarantine" -name '*.body' -size +500k)"
is "$(requests '"class":"message"' | grep -c quarantined)" 6 \
    'and a line of the log'

# What the command line tells of it.
check 'a test of a service connects' taskdir service test crm
check_exit 1 'or says why not' taskdir service test broken --json
like "$(cat "$WORK/out")" '*"class":"network"*' 'by its class'
is "$(taskdir service responses crm | grep -c .)" 2 'answers are listed'
taskdir service responses --correlation 0643f1c2a9b04-7c1e93ab --json \
    >"$WORK/list"
is "$(python3 -c 'import json, sys
for r in json.load(sys.stdin):
    print(r["service"], r["message_id"], r["type"], r["body"]["n"],
          r["headers"]["x-int"])' <"$WORK/list")" 'crm m1 created 1.5 -5' \
    'one is found by its request'
is "$(taskdir service responses --quarantined crm | grep -c ' it is ')" 5 \
    'what was set aside has its reason'
is "$(taskdir service responses --since now+1h --json | tr -d '\n')" '[]' \
    'nothing comes from the future'
check_exit 0 'a service without answers has none' \
    taskdir service responses nobody

# Many, and a hub that dies in the middle: nothing is lost, nothing is there
# twice.
"$TOOL" "$URL" publish '' shop 3 5 >"$WORK/.out"
i=0
while [ $i -lt 3000 ]; do
	i=$((i + 1))
	echo "$i"
done >"$WORK/numbers"
"$TOOL" "$URL" feed '' work <"$WORK/numbers" || bail 'cannot feed'
CONSUME=$(taskdir add consume_responses_task)
wait_for 'in the middle of many' '[ "$(count work .json)" -gt 300 ]'
for pid in $(grep -lsz "^TASKDIR_SPOOL=$SPOOL\$" /proc/[0-9]*/environ |
    sed 's,^/proc/,,; s,/environ$,,'); do
	! grep -qs taskdir-hub "/proc/$pid/comm" || kill -s KILL "$pid"
done
wait_for 'the task is tried again' \
    '[ "$(taskdir log "$CONSUME" --json | grep -c .)" -ge 1 ]'
wait_until '[ "$(waiting work)" != "3000 ready" ]'
consume
consume
is "$(waiting work)" '0 ready' 'the queue is empty'
is "$(count work .json)" 3001 'each answer is there once'
is "$(cat "$IN"/work/*.json | grep -o '"body":{"n":[0-9]*}' | sort -u |
    grep -c .)" 3000 'all of them'
wait_for 'and each became a task once' \
    '[ "$(ls "$SPOOL" | grep -c "^task-r-")" = 3001 ]' 60
is "$(names_in dlq | paste -s -d ' ' -)" '' 'and none is dead'

# A consumer that stays.
stop_runner
service live 'consume = always'
start_runner
consume
like "$RESULT" '*"live":{*"consuming":true}*' 'a consumer is started'
say live '{"one":1}' id=l1
wait_for 'and needs no further task' '[ "$(count live .json)" = 1 ]'
stop_rabbit
wait_for 'without its broker' 'requests "\"service\":\"live\"" |
    grep -q "\"class\":\"network\""'
start_rabbit
wait_until '"$TOOL" "$URL" declare live >"$WORK/.out" 2>&1'
say live '{"two":2}' id=l2
wait_until '! taskdir list cur | grep -q .'
consume
wait_for 'the next task starts it anew' '[ "$(count live .json)" = 2 ]' 90
# Whichever does, the schedule's own ones among them; what had not been
# acknowledged when the broker went came again.
told=0
for _ in $(seq 100); do
	consume
	told=$(grep -ohs '"live":{[^}]*}' \
	    "$SPOOL"/log/output/consume_responses_task,* |
	    awk -F '[:,]' '{ n += $3; if ($6 == "\"again\"") n += $7 }
		END { print n + 0 }')
	[ "$told" -lt 2 ] || break
done
check 'and tasks tell of both answers' test "$told" -ge 2
check 'and it ends with its hub' stop_runner
check 'the spool is as it should be' taskdir check
done_testing
