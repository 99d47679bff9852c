#!/bin/sh
# Dead deliveries: what is known of them, and sending them again.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/hub.sh"

web web
hub_spool
(umask 077 && printf 'SECRET-bearer\n' >"$SPOOL/bearer")
rest crm 'auth = bearer' 'token_file = bearer' 'cb_failure_threshold = 0' \
    'rule.endpoint = /switch/{{n}}?key=SECRET-query' \
    'rule.template = {"old": {{json name}}}' 'max_retries = 2'
rest gone 'rule.endpoint = /status/404'
rest blank 'rule.endpoint = /ok/blank' 'rule.template = {"x": {{nosuch}}}'
handler fails <<'END'
#!/bin/sh
exit 100
END
start_runner

# bodies PATH: what came there, a line each.
bodies()
{
	requests web '" ".join((r["path"].split("?")[0],
	    r["headers"]["webhook-id"], r["body"]))' | sed -n "s,^$1 ,,p"
}

# tried ID N: it has had so many runs and is dead.
tried()
{
	[ "$(runs_of "$1\"" | wc -l)" -eq "$2" ] && dead "$1"
}

before=$(date +%s)
a=$(dispatch crm '{"n":1,"name":"M\u00fcller \"x\""}' --attempts 2)
b=$(dispatch crm '{"n":2,"name":"b"}' --attempts 1)
c=$(dispatch gone)
d=$(dispatch blank)
e=$(taskdir add fails)
wait_for 'five letters die' "dead $a && dead $b && dead $c && dead $d &&
    dead $e"

ids()
{
	taskdir dlq list --json "$@" | tr '{' '\n' |
	    sed -n 's/^"id":"\([^"]*\).*/\1/p' | sort | paste -s -d ' ' -
}
sorted()
{
	printf '%s\n' "$@" | sort | paste -s -d ' ' -
}
is "$(ids)" "$(sorted "$a" "$b" "$c" "$d" "$e")" 'all are listed'
is "$(ids --service crm)" "$(sorted "$a" "$b")" 'by service'
is "$(ids --service 'g*')" "$c" '... with a pattern'
is "$(ids --rule blank)" "$d" 'by rule'
is "$(ids --event gone)" "$c" 'by event'
is "$(ids --error status)" "$(sorted "$a" "$b" "$c")" 'by class of error'
is "$(ids --error template)" "$d" '... also of what never was sent'
is "$(ids --error network)" '' '... and by one that nobody has'
is "$(ids --until "$before")" '' 'by the time of death: before'
is "$(ids --since "$before" --service crm)" "$(sorted "$a" "$b")" \
    '... and after'
check_exit 3 'export says if none matches' taskdir dlq export --rule nosuch
like "$(taskdir dlq list)" "* 404  $c *" 'the list tells the status'

taskdir dlq show "$a" >show
like "$(cat show)" "*service*crm*verb*POST*URL*127.0.0.1:$PORT/switch/1
*{\"old\": \"M*ller \\\\\"x\\\\\"\"}*" \
    'show tells where and what'
is "$(grep -c '  503  .*the server answered 503\|503.*status' show)" 4 \
    'and all four attempts'
taskdir dlq export --service crm >exported
check 'export has the record too' python3 - exported "$a" <<'END'
import json, sys
rows = {r["id"]: r for r in map(json.loads, open(sys.argv[1]))}
assert len(rows) == 2
r = rows[sys.argv[2]]
assert r["rule"] == "crm" and r["event"] == "crm", r
assert r["status"] == 503 and r["error_class"] == "status", r
assert r["task"]["customdata"]["event"]["data"]["n"] == 1
kinds = [next(iter(line)) for line in r["attempts"]]
assert kinds == ["run", "attempt", "attempt", "end"] * 2, kinds
assert r["attempts"][0]["body"] == r'{"old": "M\u00fcller \"x\""}'
END

check_exit 2 'other tasks are not replayed' taskdir dlq replay "$e"
like "$(cat err)" '*retry*' '... but retried'
check_exit 2 'a rate is checked' taskdir dlq replay "$a" --rate fast

# The rule is another one by now.
check 'the template is changed' taskdir rule set crm \
    'template={"new": {{json name}}}'
check 'one is replayed' taskdir dlq replay "$a"
wait_for 'a failed replay is a dead letter again, after one run' \
    "tried $a 3"
is "$(bodies /switch/1 | sort -u)" \
    "$a {\"old\": \"M\\u00fcller \\\"x\\\"\"}" 'the same bytes were sent'
is "$(bodies /switch/1 | wc -l)" 6 'and as often as in any run'
is "$(grep -c '"run":.*"replay":true' "$SPOOL/log/attempts/$a")" 1 \
    'its record says that it was a replay'
echo 200 >"$WORK/web/status"
check 'and once more' taskdir dlq replay --rule crm --event crm "$a"
wait_for 'now it is delivered' "delivered $a"
is "$(bodies /switch/1 | sort -u | wc -l)" 1 'still the same bytes and id'
check 'its record is gone' test ! -e "$SPOOL/log/attempts/$a"

check 'another is rendered anew' taskdir dlq replay --service crm --render
wait_for 'and delivered' "delivered $b"
is "$(bodies /switch/2 | tail -n 1)" "$b {\"new\": \"b\"}" \
    'as the template is now'

check 'the other template is mended' taskdir rule set blank \
    'template={"x": {{n}}}'
check 'what never was sent is replayed as well' \
    taskdir dlq replay --error template
wait_for 'and rendered' "delivered $d"
is "$(bodies /ok/blank)" "$d {\"x\": 1}" '... by what it is now'

# A rate: one a minute, so the second has to wait.
f=$(dispatch gone '{"n":2}')
wait_for 'another dies' "dead $f"
taskdir dlq replay --service gone --rate 1/m --json >replayed
check 'replays are spread' python3 - replayed <<'END'
import json, sys
due = sorted(r["due"] for r in json.load(open(sys.argv[1])))
assert len(due) == 2 and due[1] == due[0] + 60, due
END
wait_until "dead $c || dead $f"
taskdir cancel "$c" "$f" >out 2>&1
dead "$c" || c=$f
check 'a letter is purged' taskdir dlq purge "$c"
check 'with its record' test ! -e "$SPOOL/log/attempts/$c"

stop_runner
is "$(cat show exported out replayed | grep -c SECRET-bearer)" 0 \
    'no secret was printed'
is "$(grep -c SECRET-query show)" 0 'nor the query of the URL'
done_testing
