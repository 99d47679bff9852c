#!/bin/sh
# The hub's circuit breaker, and how many attempts an event makes.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/hub.sh"

# dispatch_many SERVICE N [DATA]: N tasks; their ids in $WORK/ids.
dispatch_many()
{
	many_data="{\"rule\":\"$1\",\"event\":{\"eventname\":\"$1\"}}"
	many_task=$(printf '{"classname":"dispatch_event_task\\\\%s",%s' "$1" \
	    "\"customdata\":$many_data}")
	yes "$many_task" | head -n "$2" | taskdir add --batch >"$WORK/ids"
}

# state SERVICE: what its breaker's file says first.
state()
{
	cut -d ' ' -f 1 "$SPOOL/run/breaker/$1" 2>/dev/null
}

web web
hub_spool
rest stubborn 'rule.endpoint = /status/503' 'cb_failure_threshold = 0'
rest broken 'rule.endpoint = /status/503?broken' 'cb_cooldown = 100ms'
rest back 'rule.endpoint = /switch' 'cb_failure_threshold = 3' \
    'cb_cooldown = 200ms' 'max_retries = 1' 'max_in_flight = 100' \
    "cb_hook = $WORK/hook"
rest shut 'rule.endpoint = /status/503?shut' 'cb_failure_threshold = 3' \
    'cb_cooldown = 1h' 'max_retries = 1'
rest well 'rule.endpoint = /ok/well'
rest off 'enabled = no'
rest ruleoff 'rule.enabled = no'
rest oldoff 'enabled = no' 'postpone_max = 1s'
rest patient 'rule.endpoint = /status/503?patient' 'retry_backoff = 60s' \
    'cb_failure_threshold = 0'
rest keyed 'auth = apikey' 'token_env = TD_TEST_APIKEY'
TD_TEST_APIKEY=SECRET
export TD_TEST_APIKEY
rest mute 'auth = bearer' 'token_file = nowhere' 'max_retries = 1'
mkdir -p "$SPOOL/run/breaker"
echo 'open 1 1 2' >"$SPOOL/run/breaker/mute"
cat >"$WORK/hook" <<-END
	#!/bin/sh
	echo "\$@" >>"$WORK/hooked"
	cat /proc/self/fd/0 >>"$WORK/given"
	env | grep SECRET >>"$WORK/given"
	ls /proc/self/fd >>"$WORK/fds"
	sh -c 'kill -s PIPE \$\$; echo ignored' >>"$WORK/hooked"
	END
chmod 0755 "$WORK/hook"
start_runner

# --- Between two attempts ----------------------------------------------------

id=$(dispatch patient)
wait_until 'requests web "r[\"path\"]" | grep -q patient'
taskdir service disable patient >"$WORK/out"
wait_for 'a delivery that waits for its next attempt is put back' \
    'runs_of "$id" | grep -q "\"result\":\"snooze\""'
wait_for 'and hears that its service is disabled' \
    'runs_of "$id" | grep -q "\"error\":\"service patient is disabled"'
is "$(requests web 'r["path"]' | grep -c patient)" 1 'before the next attempt'
taskdir cancel "$id" >"$WORK/out"

# --- How many ----------------------------------------------------------------

id=$(dispatch stubborn)
wait_for 'a server that always answers 503 gets a dead letter made' "dead $id"
is "$(requests web 'r["path"]' | grep -c '^/status/503$')" 15 \
    'after fifteen attempts, as it saw them'
is "$(runs_of "$id" | grep -c '"result":"\(retry\|permanent\)"')" 5 \
    'in five runs'
id=$(dispatch broken)
wait_for 'so it does with a breaker' "dead $id" 60
is "$(requests web 'r["path"]' | grep -c '?broken$')" 15 \
    'after fifteen attempts: what is postponed goes on'
is "$(runs_of "$id" | grep -c '"result":"\(retry\|permanent\)"')" 5 \
    'in five runs'
check 'and was postponed meanwhile' grep -q '"result":"snooze"' \
    "$SPOOL"/log/runs-*.jsonl

# --- Open --------------------------------------------------------------------

dispatch_many shut 3
wait_for 'three failures open it' '[ "$(state shut)" = open ]'
seen=$(requests web 'r["path"]' | grep -c '?shut$')
dispatch_many shut 50
wait_for 'what comes then is postponed to the end of its cool-down' \
    '[ "$(names_in new | grep -c "5Cshut,")" -ge 50 ] &&
    ! names_in new | grep "5Cshut," | cut -d , -f 1 |
    awk -v end=$(($(date +%s) + 3000)) "\$1 < end" | grep -q .'
is "$(requests web 'r["path"]' | grep -c '?shut$')" "$seen" 'unsent'
is "$(names_in new | grep '5Cshut,' | cut -d , -f 5 | sort -u)" 0.json \
    'and no try is spent'
like "$(cat "$SPOOL"/log/requests-*.jsonl)" \
    '*"verb":"BREAKER"*was closed, is open*' 'the request log tells of it'
id=$(dispatch well)
wait_for 'another service delivers meanwhile' "delivered $id"
stop_runner
start_runner
dispatch_many shut 1
id=$(cat "$WORK/ids")
wait_for 'a restart leaves it open' \
    '[ "$(run_field "$id" result)" = snooze ]'
is "$(requests web 'r["path"]' | grep -c '?shut$')" "$seen" 'still unsent'

# --- Half open ---------------------------------------------------------------

: >"$WORK/hooked"
dispatch_many back 3
wait_for 'back is open' '[ "$(state back)" = open ]'
seen=$(requests web 'r["path"]' | grep -c /switch)
# The one probe hangs until it is let go, with fifty at the door.
sed -i 's,/switch,/hang,' "$SPOOL/taskdir.conf"
kill -s HUP "$RUNNER"
wait_until 'grep -q "settings loaded" "$SPOOL.err"'
dispatch_many back 50
wait_for 'one probe is let through' \
    '[ "$(requests web "r[\"path\"]" | grep -c /hang)" = 1 ]'
wait_for 'it is half open' '[ "$(state back)" = half-open ]'
wait_for 'the others wait' '[ "$(names_in cur | grep -c "5Cback,")" = 1 ]'
is "$(requests web 'r["path"]' | grep -c /hang)" 1 'one, not fifty'
: >"$WORK/web/release"
wait_for 'its success closes it' '[ "$(state back)" = closed ]'
wait_for 'and all are delivered' '! { names_in new; names_in cur
    names_in failed; } | grep -q "5Cback,"' 60
is "$(requests web 'r["path"]' | grep -c /hang)" 53 'each once'
wait_for 'the hook heard of it' 'grep -q "^back half-open closed" hooked'
is "$(grep -c ignored "$WORK/hooked")" 0 '... and ignores no signal that we do'
is "$(sort -u "$WORK/fds" | paste -s -d ' ' -)" '0 1 2 3' \
    '... and its own descriptors, and that of the list'
is "$(cat "$WORK/given")" '' '... and is given no secret'
check '... and of its opening' grep -q '^back closed open' "$WORK/hooked"

id=$(dispatch mute '{}' --attempts 1)
wait_for 'what cannot be sent for want of a secret is no probe' "dead $id"
is "$(state mute)" half-open 'and closes nothing'

# --- Disabled ----------------------------------------------------------------

id=$(dispatch off)
rule=$(dispatch ruleoff)
old=$(dispatch oldoff)
wait_for 'a disabled service postpones' \
    '[ "$(run_field "$id" result)" = snooze ]'
wait_for 'a disabled rule too' '[ "$(run_field "$rule" result)" = snooze ]'
like "$(run_field "$rule" error)" '*rule ruleoff is disabled*' 'and says so'
like "$(taskdir why "$id")" '*service off is disabled*' 'why says so too'
is "$(name_of "$id" new | cut -d , -f 5)" 0.json 'without a try'
wait_until '[ "$(run_field "$old" result)" = snooze ]'
# Its age is told by its id; a second later it is too old.
due=$(name_of "$old" new | cut -d , -f 1)
wait_until "[ \"\$(date +%s)\" -gt $((due - 58)) ]"
taskdir retry "$old" >"$WORK/out"
wait_for 'but not for longer than it may' "dead $old"
sed -i '/^\[service off\]/,/^\[rule/s/enabled = no/enabled = yes/' \
    "$SPOOL/taskdir.conf"
kill -s HUP "$RUNNER"
taskdir retry "$id" >"$WORK/out"
wait_for 'once it is enabled it is delivered' "delivered $id"
check 'the runner stops' stop_runner
check 'nothing is wrong with the spool' taskdir check
done_testing
