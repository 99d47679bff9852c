#!/bin/sh
# Publishing by the hub's threads: every message comes back, and says why.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/rabbit.sh"
TOOL=$TD_BUILDDIR/tests/amqp_tool
HUB=$TD_BUILDDIR/tests/broker_tool
make_tls
start_rabbit
URL=amqp://127.0.0.1:$RABBIT_PORT
"$TOOL" "$URL" declare q >"$WORK/.out"

# ends STATUS NAME WANT ARG...: what the tool says, but for how long it took.
ends()
{
	want=$3
	check_exit "$1" "$2" "$HUB" $4 "$5" "$6" "$7"
	like "$(sed '$d' "$WORK/out")" "$want" "  ... $want"
}

# in_time MS: nothing took longer, with patience.
in_time()
{
	slowest=$(sed -n 's/^slowest //p' "$WORK/out")
	check "  ... within $1 ms (it took $slowest)" \
	    [ "$slowest" -le $(($1 + 3000 * ${TD_PATIENCE:-1})) ]
}

ends 0 'all are confirmed' 'ok 3000' '' "$URL" q 3000
is "$("$TOOL" "$URL" drain q | wc -l)" 3000 'and there, once each'
ends 0 'a service has its own routing key' 'ok 1' 'routing_key=q' "$URL" '' 1
"$TOOL" "$URL" drain q >"$WORK/.out"
ends 0 'with all that belongs to it' 'ok 1' 'reply_to=answers type=t' \
    "$URL" q 1
like "$("$TOOL" "$URL" look q)" 'id=m1 correlation=m1 type=t content=*/json *
header kind=5 x-from=tool 0*' 'properties and headers'
"$TOOL" "$URL" drain q >"$WORK/.out"

ends 1 'a route to nowhere' 'returned 3 no queue takes *"nowhere"*' '' \
    "$URL" nowhere 3
ends 0 'that nobody minds' 'ok 3' 'mandatory=0' "$URL" nowhere 3
ends 1 'an exchange that is not there' "status 3 *no exchange 'none'*" \
    'exchange=none' "$URL" k 3
ends 1 'a key that AMQP cannot carry' 'message 2 the routing key is longer*' \
    '' "$URL" "$(printf '%0300d' 0)" 2

# Declarations.
ends 1 'a queue that has other arguments' \
    "status 2 *inequivalent arg 'x-max-length' for queue 'q'*" \
    'declare=queue declare_queue=q declare_arguments={"x-max-length":9}' \
    "$URL" q 2
ends 0 'does not matter if it is not declared' 'ok 2' '' "$URL" q 2
ends 0 'a queue is declared' 'ok 2' \
    'declare=queue declare_arguments={"x-max-length":9} routing_key=q2' \
    "$URL" '' 2
ends 0 'an exchange, a queue and what binds them' 'ok 2' \
    'declare=bind exchange=x declare_queue=q3 routing_key=k' "$URL" '' 2
is "$("$TOOL" "$URL" drain q3 | wc -l)" 2 'and they are'
ends 1 'a queue without a name' 'config 1 *declare_queue*' 'declare=queue' \
    "$URL" q4 1
ends 1 'nested arguments' 'config 1 declare_arguments *' \
    'declare=queue declare_queue=q4 declare_arguments={"a":[]}' "$URL" q4 1

# Who we are.
rabbit_ctl add_user eva 'pass word'
rabbit_ctl set_permissions eva '.*' '.*' '.*'
printf 'pass word\n' >"$WORK/secret"
chmod 0600 "$WORK/secret"
ends 0 'a password from a file' 'ok 1' 'user=eva token_file=secret' "$URL" q 1
ends 1 'a wrong one' 'status 1 *ACCESS_REFUSED*' 'user=eva token=wrongword' \
    "$URL" q 1
is "$(cat "$WORK/out" "$WORK/err" | grep -c wrongword)" 0 'that nobody sees'
chmod 0644 "$WORK/secret"
ends 1 'a file for everybody to read' 'config 1 *secret*' \
    'user=eva token_file=secret' "$URL" q 1
ends 0 'TLS' 'ok 1' "ca_file=tls/ca.pem" \
    "amqps://localhost:$RABBIT_TLS_PORT" q 1
ends 1 'with another authority' 'tls 1 *' "ca_file=tls/other.pem" \
    "amqps://localhost:$RABBIT_TLS_PORT" q 1
ends 1 'what is no URL' "config 1 *no host*" '' amqp:// q 1

# Connections: as many as are allowed here, and as many as are allowed there.
ends 0 'eight services by two connections' 'ok 1600' \
    'services=8 max_connections=2' "$URL" q 200
rabbit_ctl add_vhost one
rabbit_ctl set_vhost_limits -p one '{"max-connections":1}'
rabbit_ctl set_permissions -p one guest '.*' '.*' '.*'
"$TOOL" "$URL/one" declare q >"$WORK/.out"
ends 0 'one connection for three services' 'ok 300' \
    'services=3 max_connections=1' "$URL/one" q 100
"$TOOL" "$URL/one" idle 600 &
IDLE=$!
wait_for 'the only connection is taken' \
    '[ "$(rabbit_ctl list_connections vhost | grep -c one)" = 1 ]'
ends 1 'and the broker'\''s limit is named' \
    'limit 2 *connection limit (1)*' '' "$URL/one" q 2
kill "$IDLE"

# A broker in need.
rabbit_ctl set_vm_memory_high_watermark 0.0000001
ends 1 'a memory alarm' 'blocked 200 *' \
    'confirm_timeout=1000 connect_timeout=1000' "$URL" q 200
in_time 2000
rabbit_ctl set_vm_memory_high_watermark absolute 2GB
ends 0 'which is over' 'ok 200' '' "$URL" q 200

# One that stops and starts again, seen by one and the same hub.
mkfifo "$WORK/go"
"$HUB" rounds=3 connect_timeout=3000 confirm_timeout=3000 "$URL" q 50 \
    <"$WORK/go" >"$WORK/rounds" &
LONG=$!
exec 7>"$WORK/go"
wait_for 'a hub that stays' 'grep -q round "$WORK/rounds"'
stop_rabbit
echo >&7
wait_for 'without its broker' '[ "$(grep -c round "$WORK/rounds")" = 2 ]'
start_rabbit
echo >&7
exec 7>&-
wait "$LONG"
is "$(sed 's/^\(network 50\).*/\1/; /^slowest/d' "$WORK/rounds")" \
    'round
round
ok 100
network 50' 'connects again by itself'
stop_rabbit
ends 1 'no broker' 'network 20 cannot connect*' '' "$URL" q 20

# lie MODE WANT NAME: a broker that lies.
lie()
{
	python3 "$TD_SRCDIR/tests/broker.py" "$1" "$WORK/port.$1" &
	LIAR=$!
	wait_until "[ -s '$WORK/port.$1' ]"
	ends 1 "$3" "$2" \
	    "connect_timeout=700 confirm_timeout=700 bytes=${4:-10}" \
	    "amqp://127.0.0.1:$(cat "$WORK/port.$1")" q 150
	in_time 2800
	kill "$LIAR"
	wait "$LIAR" 2>/dev/null
}
lie silent 'timeout 150 *' 'a broker that never speaks'
lie garbage 'protocol 150 *' 'one that speaks HTTP'
lie mute 'timeout 150 *' 'one that never confirms'
lie slow 'ok 149
timeout 1 *' 'one that forgets the last'
lie nack 'nacked 150 *' 'one that refuses'
lie hangup 'network 150 *' 'one that hangs up'
lie deaf 'network *' 'one that reads no more' 1000000
done_testing
