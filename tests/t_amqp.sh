#!/bin/sh
# One AMQP connection: a real broker in health and in need, and one that lies.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/rabbit.sh"
TOOL=$TD_BUILDDIR/tests/amqp_tool
make_tls
start_rabbit
URL=amqp://127.0.0.1:$RABBIT_PORT
TLS_URL=amqps://localhost:$RABBIT_TLS_PORT

says()
{
	like "$(cat "$WORK/err")" "$1" "$2"
}

check 'a queue is declared' "$TOOL" "$URL" declare q
check_exit 0 '2,000 messages are confirmed' "$TOOL" "$URL" publish '' q 2000 10
is "$(cat "$WORK/out")" 'acked 2000 nacked 0 returned 0' 'each of them'
is "$("$TOOL" "$URL" drain q | wc -l)" 2000 'and each is there'
check 'a body of many frames' "$TOOL" "$URL" publish '' q 1 1000000
is "$("$TOOL" "$URL" drain q | wc -c)" 1000001 'comes back whole'

check_exit 0 'a route to nowhere' "$TOOL" "$URL" publish '' nowhere 2 1
is "$(cat "$WORK/out")" 'returned m1: NO_ROUTE
returned m2: NO_ROUTE
acked 2 nacked 0 returned 2' 'is told before the confirm'
check_exit 1 'an exchange that is not there' "$TOOL" "$URL" publish none k 1 1
says 'ENOENT: *no exchange*' 'is named'

check_exit 1 'a queue with other arguments' "$TOOL" "$URL" declare q 100
says "EEXIST: *inequivalent arg 'x-max-length'*" 'is named by its argument'
check 'which does not matter when it is only asked for' \
    "$TOOL" passive=1 "$URL" declare q

printf '{"a":\n1}' | "$TOOL" id=i1 correlation=c1 type=t \
    content_type=application/json "$URL" put '' q
check_exit 0 'properties and headers' "$TOOL" "$URL" look q
is "$(cat "$WORK/out")" \
    'id=i1 correlation=c1 type=t content=application/json time=1795132800 key=q
header kind=5 x-text=h"i 0
header kind=2 x-int= -5
header kind=1 x-yes= 1
{"a":
1}' 'come as they went'

# Who we are.
check_exit 1 'a wrong password' \
    "$TOOL" user=guest password=secret "$URL" declare q
says 'EACCES: *' 'is told'
is "$(grep -c secret "$WORK/err")" 0 'without it'
check_exit 1 'a virtual host that is not there' "$TOOL" "$URL/none" declare q
says 'ENOENT: *vhost none not found*' 'is named'
rabbit_ctl add_vhost a/b
rabbit_ctl add_user 'e:v@' 'p/w%?'
rabbit_ctl set_permissions -p a/b 'e:v@' '.*' '.*' '.*'
check 'percent-encoded parts of the URL' "$TOOL" \
    "amqp://e%3Av%40:p%2Fw%25%3F@127.0.0.1:$RABBIT_PORT/a%2Fb" declare q

# One connection too many.
rabbit_ctl set_vhost_limits -p a/b '{"max-connections":1}'
rabbit_ctl set_permissions -p a/b guest '.*' '.*' '.*'
"$TOOL" heartbeat=1 "$URL/a%2Fb" idle 600 2>"$WORK/idle.err" &
IDLE=$!
wait_for 'the one connection that is allowed' \
    '[ "$(rabbit_ctl list_connections vhost | grep -c a/b)" = 1 ]'
check_exit 1 'one more' "$TOOL" "$URL/a%2Fb" declare q
says 'EUSERS: *connection limit (1)*' 'is refused by a code of its own'

# Who answers.
check 'TLS with its authority' "$TOOL" ca="$WORK/tls/ca.pem" "$TLS_URL" \
    declare q
check_exit 1 'with another' "$TOOL" ca="$WORK/tls/other.pem" "$TLS_URL" \
    declare q
says 'EKEYREJECTED: *' 'is refused'
check_exit 1 'and with the system'\''s' "$TOOL" "$TLS_URL" declare q
check_exit 1 'and under another name' "$TOOL" ca="$WORK/tls/ca.pem" \
    "amqps://127.0.0.1:$RABBIT_TLS_PORT" declare q
says 'EKEYREJECTED: *another host*' 'which is told'
check 'but for who asks for it' "$TOOL" insecure=1 \
    "amqps://127.0.0.1:$RABBIT_TLS_PORT" declare q
check 'a certificate of ours' "$TOOL" ca="$WORK/tls/ca.pem" \
    cert="$WORK/tls/client.pem" key="$WORK/tls/client.key" "$TLS_URL" declare q
check_exit 1 'TLS where there is none' "$TOOL" ca="$WORK/tls/ca.pem" \
    "amqps://localhost:$RABBIT_PORT" declare q
says 'EKEYREJECTED: *' 'fails'

# A broker in need: the first message tells of it.
rabbit_ctl set_vm_memory_high_watermark 0.0000001
check_exit 1 'a memory alarm' "$TOOL" timeout_ms=5000 "$URL" \
    publish '' q 10 10
says 'EBUSY: blocked: *' 'comes as an event'
check_exit 1 'and big messages' "$TOOL" timeout_ms=2000 "$URL" \
    publish '' q 10 20000000
says 'E*: *' 'do not wait for ever'
rabbit_ctl set_vm_memory_high_watermark absolute 2GB
check 'it is over' "$TOOL" "$URL" publish '' q 10 10

# Idle for as long as all this took, by heartbeats of a second.
check 'an idle connection lives' is_alive "$IDLE"
stop_rabbit
wait_for 'until its broker dies' '! is_alive $IDLE'
like "$(cat "$WORK/idle.err")" 'ECONNRESET: *' 'which is told'
check_exit 1 'a broker that is not there' "$TOOL" "$URL" declare q
says 'ECONNREFUSED: *' 'is told'
start_rabbit
wait_for 'and it is well again' \
    '"$TOOL" "$URL" declare q >"$WORK/.declare" 2>&1'

# lie MODE CODE NAME: publishing to a broker of that kind.
lie()
{
	python3 "$TD_SRCDIR/tests/broker.py" "$1" "$WORK/port.$1" &
	LIAR=$!
	wait_until "[ -s '$WORK/port.$1' ]"
	check_exit 1 "$3" "$TOOL" connect_ms=500 timeout_ms=500 \
	    "amqp://127.0.0.1:$(cat "$WORK/port.$1")" publish '' q 3 8000000
	says "$2: *" "is $2"
	kill "$LIAR"
	wait "$LIAR" 2>/dev/null
}
lie silent ETIMEDOUT 'a broker that never speaks'
lie garbage EPROTO 'one that speaks HTTP'
lie mute ETIMEDOUT 'one that never confirms'
lie deaf ECONNRESET 'one that reads no more'
lie hangup ECONNRESET 'one that hangs up'
done_testing
