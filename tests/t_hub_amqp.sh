#!/bin/sh
# From an event to a broker, and the answer back.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/rabbit.sh"
. "$TD_SRCDIR/tests/hub.sh"
TOOL=$TD_BUILDDIR/tests/amqp_tool
start_rabbit
URL=amqp://127.0.0.1:$RABBIT_PORT
rabbit_ctl add_user eva SECRET-eva
rabbit_ctl set_permissions eva '.*' '.*' '.*'
hub_spool
printf 'SECRET-eva\n' >"$SPOOL/eva"
chmod 0600 "$SPOOL/eva"
settings <<END
[class consume_responses_task]
handler = $TD_BUILDDIR/src/cli/taskdir-hub
worker = yes
pipeline = 10
[service mq]
type = amqp
base_url = $URL
auth = basic
user = eva
token_file = eva
declare = bind
exchange = shop
declare_type = topic
declare_queue = orders
routing_key = order.new
header.X-Tenant = 7
response_queue = answers
retry_backoff = 20ms
connect_timeout = 2s
confirm_timeout = 2s
cb_failure_threshold = 0
[rule order]
event = order
service = mq
template = {"order":{{other.id}}}
[rule lost]
event = lost
service = mq
endpoint = nobody.hears
END
"$TOOL" "$URL" declare answers >"$WORK/.out"
start_runner

# attempts ID: those of the request log.
attempts()
{
	request_log "$1" | grep -c '"direction":"out"'
}

# to_mq RULE DATA: a delivery to the service, beside its rule.
to_mq()
{
	taskdir add 'dispatch_event_task\mq' --data "{\"rule\":\"$1\",\
\"eventid\":\"ev-1\",\"event\":{\"eventname\":\"$1\",\"data\":$2}}"
}

id=$(to_mq order '{"other":{"id":5}}')
wait_for 'an event is delivered' 'delivered "$id"'
"$TOOL" "$URL" look orders >"$WORK/look"
is "$(tail -n 1 "$WORK/look")" '{"order":5}' 'as its template says'
like "$(cat "$WORK/look")" "id=$id correlation=$id type=order *key=order.new*" \
    'under its own id'
like "$(cat "$WORK/look")" '*X-Tenant=7*' 'with the headers of the service'
"$TOOL" "$URL" drain orders >"$WORK/.out"

# Its answer.
printf '{"done":true}' | "$TOOL" correlation="$id" id=a1 "$URL" put '' answers
consume=$(taskdir add consume_responses_task)
wait_for 'answers are fetched' "ended $consume"
like "$(taskdir service responses --correlation "$id" --json)" \
    '*"body":*{"done":true}*' 'and found by the request'
is "$(request_log "$id" | grep -o '"direction":"[a-z]*"' | paste -s -d ' ' -)" \
    '"direction":"out" "direction":"in"' 'both are in the request log'

# A key that no queue takes.
id=$(to_mq lost '{}')
wait_for 'a message that no queue takes is dead in the end' 'dead "$id"' 40
like "$(request_log "$id" | tail -n 1)" '*"class":"returned"*' 'as returned'
is "$(attempts "$id")" 15 'after three attempts of five runs each'

# A broker that goes and comes.
stop_rabbit
id=$(to_mq order '{"other":{"id":6}}')
wait_for 'without its broker an event fails' '[ "$(attempts "$id")" -ge 3 ]'
like "$(request_log "$id" | head -n 1)" '*"class":"network"*' 'as network'
wait_for 'and is dead in the end' 'dead "$id"' 40
start_rabbit
taskdir retry "$id" >"$WORK/.out"
wait_for 'which can be tried again when it is back' 'delivered "$id"' 60
is "$("$TOOL" "$URL" drain orders)" '{"order":6}' 'once'

# A broker in need.
rabbit_ctl set_vm_memory_high_watermark 0.0000001
id=$(to_mq order '{"other":{"id":7}}')
wait_for 'a memory alarm is named' \
    'request_log "$id" | grep -q "\"class\":\"blocked\""'
rabbit_ctl set_vm_memory_high_watermark absolute 2GB
wait_for 'and gone through' 'delivered "$id" || dead "$id"' 60

# Many at once.
i=0
while [ $i -lt 500 ]; do
	i=$((i + 1))
	printf '{"classname":"dispatch_event_task\\\\mq","customdata":'
	printf '{"rule":"order","eventid":"e","event":{"eventname":"order",'
	printf '"data":{"other":{"id":%s}}}}}\n' "1$i"
done | taskdir add --batch >"$WORK/ids"
wait_for 'five hundred are delivered' \
    '[ "$("$TOOL" passive=1 "$URL" declare orders |
	cut -d " " -f 1)" -ge 500 ]' 60
is "$("$TOOL" "$URL" drain orders | sort -u | grep -c '"order":1')" 500 \
    'each of them'
is "$(rabbit_ctl list_connections name client_properties | grep -c 'mq out')" \
    1 'by one connection'
stop_runner

is "$(grep -rl SECRET- "$SPOOL" "$SPOOL.err" | sed "s,^$SPOOL/,,")" eva \
    'nobody wrote the password down'
done_testing
