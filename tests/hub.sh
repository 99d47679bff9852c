# What stories of the hub share, after tap.sh; needs python3.
# shellcheck shell=sh
command -v python3 >"$WORK/.out" || skip_all 'no python3'

# web NAME [OPTION...]: an HTTP server (tests/http.py) in $WORK/NAME; its port
# is then in $PORT, its pid in $WEB.
web()
{
	web_dir=$WORK/$1
	shift
	mkdir -p "$web_dir"
	python3 "$TD_SRCDIR/tests/http.py" "$web_dir" "$@" \
	    >"$web_dir/out" 2>&1 </dev/null &
	WEB=$!
	tap_runners="$tap_runners $WEB"
	wait_until "[ -s '$web_dir/port' ]" ||
	    bail "no web server: $(cat "$web_dir/out")"
	PORT=$(cat "$web_dir/port")
}

# requests NAME EXPRESSION: one line for each request that a server saw, an
# expression of Python on r (verb, path, headers, body, busy).
requests()
{
	python3 -c 'import json, sys
for line in open(sys.argv[1]):
    r = json.loads(line)
    print(eval(sys.argv[2]))' "$WORK/$1/requests" "$2" 2>/dev/null
}

# hub_spool: a spool whose hub waits for nothing longer than it must.
hub_spool()
{
	new_spool
	chmod 0600 "$SPOOL/taskdir.conf"
	settings <<-'END'
	[class dispatch_event_task*]
	backoff = 1
	END
}

# rest NAME [LINE...]: a service of the web server at $PORT, and a rule of that
# name for events of that name.  Lines are settings of the service; those that
# begin with "rule." are the rule's.
rest()
{
	rest_name=$1
	shift
	{
		printf '[service %s]\ntype = rest\n' "$rest_name"
		printf 'base_url = http://127.0.0.1:%s\n' "$PORT"
		printf 'allow_private = yes\nretry_backoff = 10ms\n'
		for rest_line; do
			case $rest_line in
			rule.*) ;;
			*) printf '%s\n' "$rest_line" ;;
			esac
		done
		printf '[rule %s]\nevent = %s\nservice = %s\n' "$rest_name" \
		    "$rest_name" "$rest_name"
		for rest_line; do
			case $rest_line in
			rule.*) printf '%s\n' "${rest_line#rule.}" ;;
			esac
		done
	} | settings
}

# dispatch RULE [DATA [OPTION...]]: a dispatch task; prints its id.
dispatch()
{
	dispatch_rule=$1 dispatch_data=${2:-'{"n":1}'}
	[ $# -lt 2 ] || shift
	shift
	taskdir add "dispatch_event_task\\$dispatch_rule" --data "$(printf \
	    '{"rule":"%s","eventid":"ev-1","event":%s}' "$dispatch_rule" \
	    "{\"eventname\":\"$dispatch_rule\",\"data\":$dispatch_data}")" "$@"
}

# delivered ID: it has ended and is no dead letter.
delivered()
{
	[ "$(run_field "$1" result)" = ok ] && [ -z "$(states_of "$1")" ]
}

# dead ID
dead()
{
	[ "$(states_of "$1")" = dlq ]
}

# request_log ID: its lines of the request log.
request_log()
{
	cat "$SPOOL"/log/requests-*.jsonl 2>/dev/null | grep -F "\"id\":\"$1\""
}
