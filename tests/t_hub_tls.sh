#!/bin/sh
# The hub and TLS: who is believed, who is not; a real nginx, HTTP/2 too.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/hub.sh"
command -v openssl >"$WORK/.out" || skip_all 'no openssl'
PATH=$PATH:/usr/sbin
command -v nginx >"$WORK/.out" || skip_all 'no nginx'

# issue NAME SUBJECT SAN: a certificate of the CA's.
issue()
{
	openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" \
	    -subj "/CN=$2" >openssl.out 2>&1
	printf 'subjectAltName = %s\n' "$3" >"$1.ext"
	openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key \
	    -CAcreateserial -days 2 -extfile "$1.ext" -out "$1.pem" \
	    >openssl.out 2>&1 || bail "openssl: $(cat openssl.out)"
}

# self_signed NAME
self_signed()
{
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$1.key" \
	    -out "$1.pem" -days 2 -subj "/CN=$1" \
	    -addext 'subjectAltName = IP:127.0.0.1' >openssl.out 2>&1 ||
	    bail "openssl: $(cat openssl.out)"
}

self_signed ca
self_signed stranger
issue good localhost 'IP:127.0.0.1, DNS:localhost'
issue other example.org 'DNS:example.org'
issue client eva 'DNS:eva'

# Ports nobody else has: asked for, and given back at once.
port()
{
	python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# site PORT CERTIFICATE [LINE]
site()
{
	cat <<-END
	server {
		listen 127.0.0.1:$1 ssl http2;
		ssl_certificate $WORK/$2.pem;
		ssl_certificate_key $WORK/$2.key;
		${3:-}
		location / { return 200 "\$server_protocol"; }
	}
	END
}

good=$(port) other=$(port) stranger=$(port) mutual=$(port)
{
	cat <<-END
	daemon off;
	pid $WORK/nginx.pid;
	error_log $WORK/nginx.err;
	worker_processes 1;
	events { }
	http {
		log_format hub '\$server_port \$request \$server_protocol';
		access_log $WORK/nginx.log hub;
		client_body_temp_path $WORK/n1;
		proxy_temp_path $WORK/n2;
		fastcgi_temp_path $WORK/n3;
		uwsgi_temp_path $WORK/n4;
		scgi_temp_path $WORK/n5;
	END
	site "$good" good
	site "$other" other
	site "$stranger" stranger
	site "$mutual" good "ssl_verify_client on;
		ssl_client_certificate $WORK/ca.pem;"
	echo '}'
} >nginx.conf
nginx -e "$WORK/nginx.err" -c "$WORK/nginx.conf" >nginx.out 2>&1 &
adopt_runner $!
wait_until "[ -s nginx.pid ]" || bail "no nginx: $(cat nginx.err)"

# tls NAME PORT [LINE...]
tls()
{
	tls_name=$1 PORT=$2
	shift 2
	rest "$tls_name" "base_url = https://127.0.0.1:$PORT" \
	    'rule.endpoint = /'"$tls_name" 'cb_failure_threshold = 0' "$@"
}

hub_spool
cp ca.pem "$SPOOL/ca.pem"
tls good "$good" 'ca_file = ca.pem'
tls older "$good" 'ca_file = ca.pem' 'http2 = no'
tls other "$other" 'ca_file = ca.pem'
tls stranger "$stranger" 'ca_file = ca.pem'
tls system "$good"
tls blind "$stranger" 'insecure = yes'
tls nobody "$mutual" 'ca_file = ca.pem'
tls mutual "$mutual" 'ca_file = ca.pem' "client_cert = $WORK/client.pem" \
    "client_key = $WORK/client.key"
start_runner

for name in good older blind mutual; do
	id=$(dispatch "$name")
	wait_for "$name: delivered" "delivered $id"
done
check '... by HTTP/2' grep -q "^$good POST /good HTTP/2.0" nginx.log
check '... or not, where that is asked for' \
    grep -q "^$good POST /older HTTP/1.1" nginx.log
for name in other stranger system; do
	id=$(dispatch "$name" '{"what":"SECRET-payload"}' --attempts 1)
	wait_for "$name: refused" "dead $id"
	is "$(request_log "$id" | grep -c '"class":"tls"')" 3 \
	    '... as not to be trusted, each time'
	is "$(grep -c "/$name " nginx.log)" 0 '... before a byte was sent'
done
id=$(dispatch nobody '{}' --attempts 1)
wait_for 'without the certificate that it wants nothing is accepted' \
    "dead $id"

check_exit 0 'a test of the service goes the same way' \
    taskdir-hub --spool "$SPOOL" --test good
like "$(cat out)" 'good: ok, status 200, *' 'and says so'
check_exit 1 'and fails the same way' \
    taskdir-hub --spool "$SPOOL" --test stranger
like "$(cat out)" 'stranger: failed*self*signed*' 'with the reason'
check_exit 3 'a service that is not there' taskdir-hub --spool "$SPOOL" \
    --test nowhere
check 'the runner stops' stop_runner
done_testing
