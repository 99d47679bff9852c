# What stories with a broker share: a RabbitMQ node of their own on free ports
# of the loopback, without plugins, all of it below $WORK, and gone at the end.
#
#	. .../tests/tap.sh
#	. "$TD_SRCDIR/tests/rabbit.sh"	# skips all without rabbitmq-server
#	start_rabbit			# $RABBIT_PORT, and $RABBIT_TLS_PORT
#					# if there is a $WORK/tls/server.pem
#	rabbit_ctl add_vhost one
#	stop_rabbit; start_rabbit	# the same node again
#
# The programs behind Debian's wrappers, which would become another user.
# shellcheck shell=sh

RABBIT_BIN=/usr/lib/rabbitmq/bin
[ -x "$RABBIT_BIN/rabbitmq-server" ] && command -v epmd >/dev/null ||
    skip_all 'rabbitmq-server is not installed'
command -v python3 >/dev/null || skip_all 'python3 is not installed'

RABBIT=$WORK/rabbit
RABBIT_EPMD='' RABBIT_PID=''
RABBIT_LOOPBACK='-kernel inet_dist_use_interface {127,0,0,1}'
mkdir -p "$RABBIT"

# free_ports N: so many that nobody listens at, and that the kernel gives to no
# connection while the node is down.
free_ports()
{
	python3 -c '
import random, socket, sys
found = []
while len(found) < int(sys.argv[1]):
    s = socket.socket()
    try:
        s.bind(("127.0.0.1", random.randrange(20000, 32000)))
        found.append(s)
    except OSError:
        s.close()
print(*(s.getsockname()[1] for s in found))' "$1"
}

# All ports at once, so that they differ.
rabbit_ports()
{
	# shellcheck disable=SC2046 # a list of numbers
	set -- $(free_ports 4)
	RABBIT_PORT=$1 RABBIT_TLS_PORT=$2 RABBIT_EPMD_PORT=$3
	RABBIT_DIST_PORT=$4
}

rabbit_config()
{
	echo '[].' >"$RABBIT/plugins"
	cat >"$RABBIT/rabbitmq.conf" <<-END
	listeners.tcp.1 = 127.0.0.1:$RABBIT_PORT
	num_acceptors.tcp = 2
	log.file.level = info
	vm_memory_high_watermark.absolute = 2GB
	disk_free_limit.absolute = 1MB
	END
	[ ! -e "$WORK/tls/server.pem" ] || cat >>"$RABBIT/rabbitmq.conf" <<-END
	listeners.ssl.1 = 127.0.0.1:$RABBIT_TLS_PORT
	ssl_options.cacertfile = $WORK/tls/ca.pem
	ssl_options.certfile = $WORK/tls/server.pem
	ssl_options.keyfile = $WORK/tls/server.key
	ssl_options.verify = verify_peer
	ssl_options.fail_if_no_peer_cert = false
	END
}

# with_rabbit COMMAND...: in the node's environment.
with_rabbit()
{
	env HOME="$RABBIT" LC_ALL=C.UTF-8 \
	    ERL_EPMD_PORT="$RABBIT_EPMD_PORT" ERL_EPMD_ADDRESS=127.0.0.1 \
	    RABBITMQ_NODENAME="td$$@localhost" \
	    RABBITMQ_DIST_PORT="$RABBIT_DIST_PORT" \
	    RABBITMQ_BASE="$RABBIT" RABBITMQ_MNESIA_BASE="$RABBIT/mnesia" \
	    RABBITMQ_LOG_BASE="$RABBIT/log" \
	    RABBITMQ_CONFIG_FILE="$RABBIT/rabbitmq.conf" \
	    RABBITMQ_CONF_ENV_FILE="$RABBIT/none.conf" \
	    RABBITMQ_ENABLED_PLUGINS_FILE="$RABBIT/plugins" \
	    RABBITMQ_PID_FILE="$RABBIT/pid" \
	    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+S 2:2 $RABBIT_LOOPBACK" \
	    "$@"
}

rabbit_ctl()
{
	with_rabbit "$RABBIT_BIN/rabbitmqctl" -q "$@" 2>>"$RABBIT/ctl.err"
}

# Whether somebody answers at a port.
is_open()
{
	python3 -c '
import socket, sys
socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5).close()' \
	    "$1" 2>/dev/null
}

rabbit_is_up()
{
	grep -q 'Server startup complete' "$RABBIT"/log/*.log 2>/dev/null &&
	    is_open "$RABBIT_PORT"
}

start_name_server()
{
	rabbit_ports
	rabbit_config
	with_rabbit epmd -address 127.0.0.1 -port "$RABBIT_EPMD_PORT" \
	    >"$RABBIT/epmd.out" 2>&1 &
	RABBIT_EPMD=$!
}

start_node()
{
	rm -f "$RABBIT"/log/*.log
	with_rabbit "$RABBIT_BIN/rabbitmq-server" >"$RABBIT/out" 2>&1 \
	    </dev/null &
	RABBIT_PID=$!
	wait_until "rabbit_is_up || ! is_alive $RABBIT_PID" 60
	rabbit_is_up && : >"$RABBIT/was_up"
}

# A port may have been taken since it was found to be free.
start_rabbit()
{
	for rabbit_try in 1 2 3; do
		[ -n "$RABBIT_EPMD" ] || start_name_server
		start_node && return
		diag "try $rabbit_try: $(tail -n 5 "$RABBIT/out")"
		[ ! -e "$RABBIT/was_up" ] || break
		stop_rabbit
		kill "$RABBIT_EPMD"
		RABBIT_EPMD=''
	done
	bail 'no broker'
}

# Whole: what its scripts started has the node's mark.
rabbit_processes()
{
	grep -lsz "^RABBITMQ_BASE=$RABBIT\$" /proc/[0-9]*/environ |
	    sed 's,^/proc/,,; s,/environ$,,'
}

# stop_rabbit [SIGNAL]: the node, not its name server.
stop_rabbit()
{
	for tap_pid in $(rabbit_processes); do
		[ "$tap_pid" = "$RABBIT_EPMD" ] ||
		    kill -s "${1:-KILL}" "$tap_pid" 2>/dev/null
	done
	wait_until "! is_open $RABBIT_PORT && ! is_alive $RABBIT_PID" 30
	wait "$RABBIT_PID" 2>/dev/null
	RABBIT_PID=''
}

# A throw-away authority in $WORK/tls: ca.pem, server.{pem,key} for localhost,
# client.{pem,key}; and other.pem, which signed none of them.
make_tls()
{
	command -v openssl >/dev/null || skip_all 'openssl is not installed'
	mkdir -p "$WORK/tls"
	(
		cd "$WORK/tls" || exit 1
		for name in ca other; do
			openssl req -x509 -newkey rsa:2048 -nodes -days 2 \
			    -subj "/CN=$name" -keyout $name.key -out $name.pem
		done
		for name in server client; do
			openssl req -newkey rsa:2048 -nodes -subj "/CN=$name" \
			    -keyout $name.key -out $name.csr
			echo 'subjectAltName=DNS:localhost' >ext
			openssl x509 -req -in $name.csr -CA ca.pem \
			    -CAkey ca.key -CAcreateserial -days 2 \
			    -extfile ext -out $name.pem
		done
	) >"$WORK/tls.out" 2>&1 || bail "openssl: $(tail -n 3 "$WORK/tls.out")"
}

end_rabbit()
{
	rabbit_status=$?
	for tap_pid in $(rabbit_processes); do
		kill -s KILL "$tap_pid" 2>/dev/null
	done
	wait_until '[ -z "$(rabbit_processes)" ]' 10
	(exit "$rabbit_status")
	clean_up
}
trap end_rabbit EXIT
