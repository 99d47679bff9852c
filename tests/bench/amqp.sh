#!/bin/sh
# make bench-amqp: publishing with confirms by the hub's brokers beside a bare
# loop of rabbitmq-c, with a RabbitMQ of its own.  ROUNDS=n (5), MESSAGES=n.
. "${TD_SRCDIR:-$(dirname "$0")/../..}/tests/tap.sh"
. "$TD_SRCDIR/tests/rabbit.sh"
start_rabbit
URL=amqp://127.0.0.1:$RABBIT_PORT
# A queue that stays short, so that every round finds the same broker.
"$TD_BUILDDIR/tests/amqp_tool" "$URL" declare bench 10 >"$WORK/.out"
"$TD_BUILDDIR/tests/bench/amqp" "$URL" bench "${MESSAGES:-20000}" \
    "${ROUNDS:-5}"
