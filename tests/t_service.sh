#!/bin/sh
# The commands of services: what they show, change and refuse, and that a
# runner keeps what it had when somebody else makes a mistake.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
new_spool

# --- Made and shown ----------------------------------------------------------

check_exit 0 'list of none' taskdir service list
is "$(cat out)" '' 'is empty'
check_exit 0 'add' taskdir service add crm type=rest \
    base_url=https://crm.example.org/api
like "$(cat out)" 'conf.d/crm.conf: \[service crm\] is made' 'says where'
is "$(cat "$SPOOL/conf.d/crm.conf")" '[service crm]
type = rest
base_url = https://crm.example.org/api' 'and it stands there'
is "$(stat -c %a "$SPOOL/conf.d/crm.conf")" 600 'for its owner alone'
check_exit 0 'add with --file' taskdir service add mq type=amqp \
    base_url=amqp://u:hidden1@broker/v -f brokers.conf --json
is "$(tr -d '\n' <out)" '{"name":"mq","changed":true,"reloading":false,'\
'"files":[{"file":"conf.d/brokers.conf"}]}' 'tells it as JSON'
check_exit 1 'add of one that is there' taskdir service add crm type=rest \
    base_url=http://other
like "$(cat err)" '*already, in conf.d/crm.conf*service set*' 'says so'
check_exit 0 'list' taskdir service list
is "$(wc -l <out | tr -d ' ')" 2 'a line a service'
check_exit 0 'list --json' taskdir service list --json
check 'which is JSON' sh -c 'python3 -m json.tool <out >parsed'
check_exit 0 'show' taskdir service show crm
like "$(grep '^base_url' out)" '*https://crm.example.org/api*crm.conf:3' \
    'has the value and where it stands'
like "$(grep '^max_retries' out)" '*3*default' 'defaults too'
check_exit 3 'show of an unknown one' taskdir service show nobody
like "$(cat err)" '*there is no service nobody' 'says so'

# --- Changed -----------------------------------------------------------------

cat >"$SPOOL/conf.d/crm.conf" <<'END2'
# Ours.
[service crm]
type = rest
# The new host.
base_url = https://crm.example.org/api

[class x]
timeout = 1m
END2
check_exit 0 'set' taskdir service set crm timeout=10s header.X-Tenant=7 \
    'allow=10.0.0.0/8, ::1'
is "$(cat "$SPOOL/conf.d/crm.conf")" '# Ours.
[service crm]
type = rest
# The new host.
base_url = https://crm.example.org/api
timeout = 10s
header.X-Tenant = 7
allow = 10.0.0.0/8, ::1

[class x]
timeout = 1m' 'keeps comments and order'
check_exit 0 'set to nothing' taskdir service set crm allow= header.X-Tenant=
is "$(grep -cE 'allow|header' "$SPOOL/conf.d/crm.conf")" 0 'takes it out'
check_exit 0 'disable' taskdir service disable crm
like "$(taskdir service list)" '*crm *no *' 'shows'
check_exit 0 'once more' taskdir service disable crm
like "$(cat out)" '*is like that already' 'changes nothing'
check_exit 0 'enable' taskdir service enable crm
like "$(grep enabled "$SPOOL/conf.d/crm.conf")" 'enabled = yes' 'undoes that'
printf '[service crm]\ntimeout = 7s\n' >"$SPOOL/conf.d/last.conf"
check_exit 0 'set of one in two files' taskdir service set crm timeout=8s
is "$(cat "$SPOOL/conf.d/last.conf")" '[service crm]
timeout = 8s' 'goes to the one that wins'
check_exit 0 'and taken out' taskdir service set crm timeout=
is "$(grep -c timeout "$SPOOL/conf.d/crm.conf" "$SPOOL/conf.d/last.conf" |
    tr '\n' ' ')" "$SPOOL/conf.d/crm.conf:1 $SPOOL/conf.d/last.conf:0 " \
    'it is nowhere but in the class'

# --- Refused -----------------------------------------------------------------

cp "$SPOOL/conf.d/crm.conf" before
while read -r status word; do
	check_exit "$status" "set $word" taskdir service set crm "$word"
done <<'END2'
2 typo=1
2 timeout=never
2 timeout
2 =5
2 header.Authorization=x
2 base_url=ftp://x
2 declare_arguments=[]
1 base_url=amqp://x
1 auth=basic
1 type=
END2
like "$(cat err)" '*\[service crm\]: type: missing*' 'with the reason'
check_exit 2 'a name that is none' taskdir service add ../x type=rest
check_exit 2 'and none at all' taskdir service add crm2
check_exit 3 'set of an unknown one' taskdir service set nobody timeout=1s
check_exit 3 'disable of one' taskdir service disable nobody
check 'the file stays as it was' cmp before "$SPOOL/conf.d/crm.conf"
taskdir rule add r event=e service=crm >out
check_exit 1 'remove of one that a rule needs' taskdir service remove crm
like "$(cat err)" '*r.conf:3:11: service: there is no*' 'names the rule'

# --- Secrets -----------------------------------------------------------------

check_exit 0 'a literal token in a private file' taskdir service set mq \
    auth=basic user=u token=hidden2
chmod 644 "$SPOOL/conf.d/brokers.conf"
check_exit 1 'not in one that others may read' taskdir config check
like "$(cat err)" '*brokers.conf:*base_url: others may read*' \
    'nor a password in a URL, with its place'
sed 's/u:hidden1@//' "$SPOOL/conf.d/brokers.conf" >"$WORK/nopassword"
cat "$WORK/nopassword" >"$SPOOL/conf.d/brokers.conf"
check_exit 1 'without that the token is left' taskdir config check
like "$(cat err)" '*brokers.conf:*token: others may read*' 'with its place'
chmod 600 "$SPOOL/conf.d/brokers.conf"
taskdir service set crm header.X-Api-Key=hidden3 >out
{
	taskdir service show mq
	taskdir service show mq --json
	taskdir service show crm
	taskdir service list
	taskdir service list --json
} >shown 2>&1
is "$(grep -c hidden shown)" 0 'none is ever shown'
like "$(grep '^token ' shown)" 'token *set *brokers.conf:*' \
    'but that it is set'

# --- The runner --------------------------------------------------------------

start_runner
check_exit 0 'a change while it runs' taskdir service set crm rate=5/s
like "$(cat out)" '*the runner reads it now' 'is told it'
wait_for 'it reads it' 'grep -q "settings loaded" "$SPOOL.err"'
cp "$SPOOL/conf.d/crm.conf" before
echo 'rate = fast' >>"$SPOOL/conf.d/last.conf"
kill -HUP "$RUNNER"
wait_for 'a mistake is told with its place' \
    'grep -q "last.conf:4:8: rate: not a rate" "$SPOOL.err"'
check 'and it goes on' kill -0 "$RUNNER"
check_exit 1 'no change on top of it' taskdir service set mq timeout=1s
like "$(cat err)" '*last.conf:4:8: rate*' 'for the same reason'
check_exit 0 'list of what can be read' taskdir service list
like "$(cat err)" '*last.conf:4:8: rate*' 'and the mistake is told'
like "$(cat out)" 'mq *crm *' '... of all of them'
check_exit 1 'one that the mistake may hide' taskdir service show nobody
like "$(cat err)" '*rate*there is no service nobody in what can be read' \
    'says so'
check_exit 0 'set of what is wrong' taskdir service set crm rate=5/s
rm "$SPOOL/conf.d/last.conf"
stop_runner

# --- The breaker, by hand ----------------------------------------------------

like "$(taskdir service list)" '*crm *closed*' 'it is closed at first'
check_exit 0 'open-breaker' taskdir service open-breaker crm --for 1h --json
like "$(cat out)" '{"service":"crm","breaker":"open","breaker_until":*}' \
    'says until when'
like "$(cat "$SPOOL/run/breaker/crm")" 'open 1 *' 'where the hub reads it'
is "$(stat -c %a "$SPOOL/run/breaker/crm")" 600 'alone'
like "$(taskdir service list)" '*crm *open*' 'the list shows it'
check_exit 0 'reset-breaker' taskdir service reset-breaker crm
like "$(cat "$SPOOL/run/breaker/crm")" 'closed 2 *' 'is another change'
check_exit 3 'of an unknown one' taskdir service open-breaker nobody
echo '[rule tf' >"$SPOOL/conf.d/wrong.conf"
check_exit 0 'a mistake elsewhere' taskdir service open-breaker crm
check_exit 0 '... hinders neither' taskdir service reset-breaker crm
like "$(cat err)" '*wrong.conf:1:*' '... and is told'
rm "$SPOOL/conf.d/wrong.conf"
taskdir service set crm cb_failure_threshold=0 >out
check_exit 1 'of one without' taskdir service open-breaker crm
like "$(cat err)" '*cb_failure_threshold is 0*' 'says why'

# --- Many terminals, one file ------------------------------------------------

at_once 8 taskdir service set crm header.X-Many-%=%
is "$(cat "$SPOOL"/conf.d/*.conf | grep -c '^header.X-Many-')" 8 \
    'no change undoes another'

# --- Tried and removed -------------------------------------------------------

check_exit 3 'test of an unknown one' taskdir service test nobody
taskdir rule remove r >out
check_exit 0 'remove' taskdir service remove crm
is "$(taskdir service list --json | grep -c crm)" 0 'it is gone'
is "$(cat "$SPOOL/conf.d/crm.conf")" '# Ours.

[class x]
timeout = 1m' 'and nothing else'
done_testing
