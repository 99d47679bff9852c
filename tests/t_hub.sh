#!/bin/sh
# The hub delivers by HTTP: verbs, bytes, headers, secrets, what answers mean.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/hub.sh"

web web
hub_spool
for verb in GET POST PUT PATCH DELETE; do
	rest "v$verb" "rule.method = $verb" "rule.endpoint = /ok/$verb"
done
rest plain 'rule.endpoint = /ok/{{id}}?q={{name}}'
rest template 'rule.endpoint = ok' \
    'rule.template = {"name": {{json name}}, "t": "<{{name}}>", "n": {{n}}}'
(umask 077 && printf 'SECRET-bearer\n' >"$SPOOL/bearer" &&
    printf 'SECRET-basic' >"$SPOOL/basic" &&
    printf 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\nSECRET-old\n' \
	>"$SPOOL/signing")
# Some servers send back what they were sent.
rest bearer 'auth = bearer' 'token_file = bearer' 'header.X-Own = mine' \
    'rule.endpoint = /echo' 'log_bodies = yes'
rest apikey 'auth = apikey' 'token_env = TD_TEST_APIKEY' \
    'header.X-Cookie = a=b; c=SECRET-header' 'rule.endpoint = /echo' \
    'log_bodies = yes'
rest basic 'auth = basic' 'user = eva' 'token_file = basic' \
    'rule.endpoint = /echo' 'log_bodies = yes'
rest literal 'auth = bearer' 'token = SECRET-literal'
# However long the story takes to throw the switch: the run waits.
rest signed 'secret_file = signing' 'rule.endpoint = /switch' \
    'max_retries = 100' 'cb_failure_threshold = 0'
rest quiet 'trace_payload = no' 'log_bodies = no'
rest loud 'log_bodies = yes'
for kind in reset half garbage length headers; do
	rest "$kind" "rule.endpoint = /$kind" 'cb_failure_threshold = 0'
done
rest early 'rule.endpoint = /early'
rest dots 'rule.endpoint = /ok/./a/../b'
rest big 'rule.endpoint = /big'
rest gone 'rule.endpoint = /status/404'
rest teapot 'rule.endpoint = /status/418' 'success = 200-299, 418'
rest busy 'rule.endpoint = /status/503' 'cb_failure_threshold = 0'
rest redirect "rule.endpoint = /redirect?to=http%3A%2F%2F127.0.0.1%3A\
$PORT%2Fok%2Felsewhere"
rest later 'rule.endpoint = /status/429?after=100' \
    'cb_failure_threshold = 0'
rest soon 'rule.endpoint = /status/429?after=1' 'max_retries = 1' \
    'cb_failure_threshold = 0'
settings <<'END'
[class dispatch_event_task\soon]
backoff = 100
END
rest private 'allow_private = no'
rest listed 'allow_private = no' 'allow = 10.0.0.0/8, 127.0.0.0/8'
# Nobody listens there, and the name has ::1 as well, which is not listed.
rest deaf 'allow_private = no' 'allow = 127.0.0.0/8' \
    'cb_failure_threshold = 0'
sed -i "/^\[service deaf\]/,/^base_url/s,//127.0.0.1:.*,//localhost:1," \
    "$SPOOL/taskdir.conf"
rest slow 'rule.endpoint = /hang' 'timeout = 50ms' \
    'cb_failure_threshold = 0'
TD_TEST_APIKEY=SECRET-apikey
export TD_TEST_APIKEY
# A line of the request log that a full disk cut.
for day in $(date -u +%Y%m%d) $(date -u -d '+1 day' +%Y%m%d); do
	printf '{"time":1,"cut' >"$SPOOL/log/requests-$day.jsonl"
done
start_runner

for verb in GET POST PUT PATCH DELETE; do
	id=$(dispatch "v$verb")
	wait_for "$verb is delivered" "delivered $id"
	[ "$verb" != GET ] || check 'a cut line of the request log is closed' \
	    grep -q '^{"time":1,"cut$' "$SPOOL"/log/requests-*.jsonl
	is "$(requests web 'r["verb"] + " " + r["path"]' | grep "/$verb\$")" \
	    "$verb /ok/$verb" '... as that verb, once'
done

data='{"id":"a/b c","name":"\u00fc&x=1", "big":12345678901234567890}'
id=$(dispatch plain "$data")
wait_for 'an event without a template is delivered' "delivered $id"
is "$(requests web 'r["path"] + "|" + r["body"]' | tail -n 1)" \
    "/ok/a%2Fb%20c?q=%C3%BC%26x%3D1|{\"eventname\":\"plain\",\"data\":$data}" \
    'byte for byte, its values escaped in the URL'
is "$(requests web 'r["headers"].get("content-type")' | tail -n 1)" \
    application/json 'as JSON'
is "$(requests web 'r["headers"]["webhook-id"]' | tail -n 1)" "$id" \
    'with its id'

id=$(dispatch template '{"name":"\"{{n}}\\\n", "n":1.50}')
wait_for 'a template is filled' "delivered $id"
is "$(requests web 'r["body"]' | tail -n 1)" \
    '{"name": "\"{{n}}\\\n", "t": "<\"{{n}}\\\n>", "n": 1.50}' \
    'in one pass, strings escaped, numbers as they were'
id=$(dispatch template '{"name":"x"}')
wait_for 'a missing value is a dead letter' "dead $id"
like "$(run_field "$id" error)" '*template*n*' 'that names it'

for auth in bearer apikey basic literal; do
	id=$(dispatch "$auth")
	wait_for "$auth is delivered" "delivered $id"
done
basic=$(printf 'eva:SECRET-basic' | base64)
is "$(requests web '"".join(r["headers"].get(name, "")
    for name in ("authorization", "x-api-key", "x-own"))' |
    tail -n 4 | paste -s -d ' ' -)" "Bearer SECRET-bearermine\
 SECRET-apikey Basic $basic Bearer SECRET-literal" \
    'with what the service wants'

echo 503 >"$WORK/web/status"
id=$(dispatch signed)
wait_until "requests web 'r[\"path\"]' | grep -q switch"
echo 200 >"$WORK/web/status"
wait_for 'a signed one is delivered' "delivered $id"
is "$(requests web 'r["headers"]["webhook-id"] + r["path"]' | grep switch |
    sort -u)" "$id/switch" 'each attempt has the same message id'
check 'and two signatures, each of its secret' python3 - \
    "$WORK/web/requests" <<'END'
import base64, hashlib, hmac, json, sys
for line in open(sys.argv[1]):
    r = json.loads(line)
    if "switch" not in r["path"]:
        continue
    h = r["headers"]
    text = "%s.%s.%s" % (h["webhook-id"], h["webhook-timestamp"], r["body"])
    want = [base64.b64encode(hmac.new(key, text.encode(),
            hashlib.sha256).digest()).decode() for key in
            (base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
             b"SECRET-old")]
    assert h["webhook-signature"] == "v1,%s v1,%s" % tuple(want)
END

for kind in reset half garbage length headers busy slow deaf; do
	id=$(dispatch "$kind" '{}' --attempts 1)
	wait_for "$kind ends as a dead letter" "dead $id"
	is "$(request_log "$id" | grep -c '"result":"retry"')" 3 \
	    '... after three attempts'
done
for kind in early big teapot listed; do
	id=$(dispatch "$kind")
	wait_for "$kind is a success" "delivered $id"
done
id=$(dispatch dots)
wait_for 'dots in a path are delivered' "delivered $id"
is "$(requests web 'r["path"]' | tail -n 1)" /ok/./a/../b 'as they are'
for kind in gone redirect private; do
	id=$(dispatch "$kind")
	wait_for "$kind is a dead letter at once" "dead $id"
	is "$(request_log "$id" | wc -l)" 1 '... after one attempt'
done
is "$(requests web 'r["path"]' | grep -c '^/ok/elsewhere')" 0 \
    'no redirect was followed'
check_exit 2 'a hub that no runner started says so' \
    taskdir-hub --spool "$SPOOL" 3>"$WORK/three"
like "$(cat err)" '*no runner started it*' 'in words'
check_exit 1 'a test of such a service fails as well' \
    timeout 60 taskdir service test private
like "$(cat out)" 'private: failed*address is private*' 'with the reason'
like "$(request_log "$id")" '*"class":"address"*' \
    '... of the address filter, which names it'
is "$(request_log "$id" | grep -c '"status"')" 0 '... nobody answered'

id=$(dispatch later)
wait_for 'Retry-After decides about the next try' \
    "[ \"\$(states_of $id)\" = failed ]"
due=$(name_of "$id" failed | cut -d , -f 1)
check '... and is no earlier' test "$due" -ge "$(($(date +%s) + 60))"
is "$(request_log "$id" | wc -l)" 1 '... and not asked again in the same run'

id=$(dispatch soon)
wait_for 'a shorter one' "[ \"\$(states_of $id)\" = failed ]"
due=$(name_of "$id" failed | cut -d , -f 1)
check '... does not take the backoff away' \
    test "$due" -ge "$(($(date +%s) + 60))"

id=$(dispatch quiet '{"what":"PAYLOAD"}')
wait_for 'quiet is delivered' "delivered $id"
is "$(taskdir log output "$id" | grep -c PAYLOAD)" 0 'without its payload'
like "$(taskdir log output "$id")" \
    "*POST http://127.0.0.1:$PORT/*quiet*status 200*" \
    'but with verb, URL, event and status'
id=$(dispatch loud '{"what":"PAYLOAD"}')
wait_for 'loud is delivered' "delivered $id"
like "$(taskdir log output "$id")" '*PAYLOAD*status 200*fine*' \
    'with payload and answer'
like "$(request_log "$id")" '*PAYLOAD*fine*' 'in the request log too'

id=$(taskdir add 'dispatch_event_task\plain' \
    --data '{"rule":"nosuch","event":{}}')
wait_for 'an unknown rule is a dead letter' "dead $id"
like "$(run_field "$id" error)" '*no rule nosuch*' 'that names it'
id=$(taskdir add dispatch_event_task --data \
    '{"ruleid":"plain","attempts":3,
      "eventdata":{"eventname":"old","id":7,"name":"x"}}')
wait_for 'a task of the older kind is delivered' "delivered $id"
is "$(requests web 'r["path"]' | tail -n 1)" '/ok/7?q=x' 'by its rule'

for pid in "$RUNNER" $(pgrep -P "$RUNNER"); do
	tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null
done >arguments
like "$(cat arguments)" '*taskdir run *taskdir-hub*' 'runner and hub run'
is "$(grep -c SECRET- arguments)" 0 'no secret is in their arguments'
stop_runner
is "$(awk -f "$TD_SRCDIR/tests/prometheus.awk" "$SPOOL/run/hub.prom")" '' \
    'what it counted is well formed'
like "$(cat "$SPOOL/run/hub.prom")" \
    '*requests_total{*service="busy",direction="out",result="retry"} 3*' \
    'and counted'
like "$(taskdir stats --prometheus)" \
    '*taskdir_breaker_state{*service="plain"} 0*' 'stats prints it too'
is "$(grep -rl SECRET- "$SPOOL" "$SPOOL.err" "$SPOOL.out" | sort |
    sed "s,$SPOOL/,,")" "basic
bearer
signing
taskdir.conf" 'no secret is anywhere else'
is "$(grep -rlF "$basic" "$SPOOL")" '' 'nor is one in base64'

# The settings in force are also those of a hub that starts only now.
start_runner
mkdir -p "$SPOOL/conf.d"
echo '[rule plain' >"$SPOOL/conf.d/broken.conf"
kill -HUP "$RUNNER"
wait_for 'a mistake leaves the old settings in force' \
    'grep -q "old settings stay in force" "$SPOOL.err"'
rm "$SPOOL/conf.d/broken.conf"
mv "$SPOOL/taskdir.conf" "$SPOOL/away"
id=$(dispatch plain "$data")
wait_for 'a hub that starts then has them as well' "delivered $id"
is "$(run_field "$id" try)" 1 'and no try was lost'
mv "$SPOOL/away" "$SPOOL/taskdir.conf"
done_testing
