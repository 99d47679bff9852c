#!/bin/sh
# The commands of rules, and what they would send.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
new_spool
taskdir service add crm type=rest base_url=https://crm.example.org/api/ >out
taskdir service add mq type=amqp base_url=amqp://broker/v routing_key=all >out

# --- Made, shown, changed ----------------------------------------------------

check_exit 0 'add' taskdir rule add new-users event='user_*' service=crm \
    endpoint='/users/{{objectid}}' method=PUT \
    template='{"id": {{objectid}}, "name": "{{other.name}}"}' \
    when='crud = c and not relateduserid exists'
check_exit 0 'list' taskdir rule list
like "$(cat out)" 'new-users *user_\** crm *yes *PUT */users/*crud = c*' \
    'tells it'
check_exit 0 'list --json' taskdir rule list --json
check 'which is JSON' sh -c 'python3 -m json.tool <out >parsed'
check_exit 0 'show' taskdir rule show new-users
like "$(grep '^when' out)" '*crud = c and not*new-users.conf:7' \
    'has the place'
check_exit 0 'set' taskdir rule set new-users missing=null
check_exit 0 'disable' taskdir rule disable new-users
like "$(taskdir rule list)" '*new-users *no *' 'shows'
check_exit 0 'enable' taskdir rule enable new-users
while read -r status word; do
	check_exit "$status" "set $word" taskdir rule set new-users "$word"
done <<'END2'
2 when=crud
2 template={{
2 endpoint=/{{a..b}}
2 method=HEAD
2 content_type=json
2 template_file=/etc/passwd
1 service=nobody
1 event=
1 template_file=none.json
END2
check_exit 2 'a condition' taskdir rule set new-users when='a = b or'
like "$(cat err)" '*when: a field is expected*' 'is told what is allowed'

# --- Previews ----------------------------------------------------------------

check_exit 0 'preview' taskdir rule preview new-users
like "$(cat out)" '*user_example*verb *PUT*https://crm.example.org/api/users/42
*application/json*{"id": 42, "name": "Example"}*' 'makes an event up'
echo '{"objectid": "5/6", "crud": "c", "other": {"name": "E\"v\u00e4"}}' >data
check_exit 1 'of data whose text would be no value' \
    taskdir rule preview new-users --data data
like "$(cat err)" '*template of rule new-users: objectid: text outside of *' \
    'says why'
taskdir rule set new-users \
    template='{"id": "{{objectid}}", "n": {{json other.name}}}' \
    >out
check_exit 0 'of data in a file' taskdir rule preview new-users \
    --data data --json
is "$(cat out)" '{"rule":"new-users","service":"crm","event":"user_example",'\
'"wanted":true,"verb":"PUT",'\
'"url":"https://crm.example.org/api/users/5%2F6",'\
'"content_type":"application/json",'\
'"payload":"{\"id\": \"5/6\", \"n\": \"E\\\"v\\u00e4\"}"}' 'as JSON'
check_exit 0 'of an event on standard input' sh -c 'echo "{\"eventname\":
    \"user_x\", \"objectid\": 1, \"other\": {\"name\": \"{{objectid}}\"}}" |
    taskdir rule preview new-users --data -'
like "$(cat out)" '*user_x*wanted *no*"n": "{{objectid}}"*' \
    'which it does not want'
check_exit 0 'of an event on the line' taskdir rule preview new-users -d \
    '{"eventname":"y","objectid":1,"crud":"c"}'
like "$(cat out)" '*wanted *no*"n": null*' 'of another name'
taskdir rule set new-users missing= >out
check_exit 1 'a field that is missing' taskdir rule preview new-users -d \
    '{"objectid":1}'
like "$(cat err)" '*other.name: the event has no such field*' 'is named'
taskdir rule set new-users template='[{{objectid}}' >out
check_exit 1 'a result that is no JSON' taskdir rule preview new-users
like "$(cat err)" '*template of rule new-users: *' 'is refused'
check_exit 2 'data that is none' taskdir rule preview new-users -d '{'
check_exit 3 'an unknown rule' taskdir rule preview nobody

taskdir rule set new-users template='{"id": {{id}}}' >out
check_exit 0 'an id outside of quotes' taskdir rule preview new-users
like "$(cat out)" '*{"id": 1001}*' 'is a number in the example'

# The event itself, and a routing key.
taskdir rule add all event='*' service=mq >out
check_exit 0 'without a template' taskdir rule preview all -d \
    '{ "eventname" : "x" , "big":12345678901234567890}' --json
is "$(cat out)" '{"rule":"all","service":"mq","event":"x","wanted":true,'\
'"verb":"PUBLISH","routing_key":"all","content_type":"application/json",'\
'"payload":"{ \"eventname\" : \"x\" , \"big\":12345678901234567890}"}' \
    'it is the event, byte for byte'
taskdir rule set all 'endpoint=u.{{objectid|"none"}}' >out
like "$(taskdir rule preview all -d '{"eventname":"x"}')" \
    '*routing key *u.none*' 'the endpoint wins'

# A template of several lines, in a file.
mkdir "$SPOOL/templates"
printf '{\n  "id": {{objectid}}\n}\n' >"$SPOOL/templates/user.json"
check_exit 0 'template_file' taskdir rule set all \
    template_file=templates/user.json
taskdir rule preview all --json >out
check 'is sent as it is' sh -c 'python3 -c "import json, sys
sys.stdout.write(json.load(open(\"out\"))[\"payload\"])" |
    sed s/42/{{objectid}}/ | cmp - "$TASKDIR/templates/user.json"'
chmod 666 "$SPOOL/templates/user.json"
check_exit 1 'one that anybody may write' taskdir config check
check_exit 1 'nor does an edit take it, as no runner will' taskdir rule set \
    all template_file=templates/user.json
like "$(cat err)" '*user.json can be written by others*' 'says why'
chmod 600 "$SPOOL/templates/user.json"

# --- A mistake can be mended -------------------------------------------------

rm "$SPOOL/templates/user.json"
check_exit 0 'list where a template is gone' taskdir rule list
like "$(cat err)" '*all.conf:*template_file: *user.json*' 'tells it'
like "$(cat out)" '*all *new-users *' 'and shows all'
check_exit 0 'show' taskdir rule show all
check_exit 1 'disable does not mend it' taskdir rule disable all
check_exit 0 'set does' taskdir rule set all template_file=
check_exit 0 'so that it is well again' taskdir config check
is "$(cat err)" '' '... and nothing is told'
chmod 666 "$SPOOL/conf.d/new-users.conf"
check_exit 1 'a file that others may write' taskdir rule set new-users \
    method=POST
like "$(cat err)" '*new-users.conf can be written by others*' 'is not made one'
chmod 600 "$SPOOL/conf.d/new-users.conf"

check_exit 0 'remove' taskdir rule remove all
check_exit 3 'once more' taskdir rule remove all
is "$(taskdir rule list --json | grep -c '"all"')" 0 'it is gone'
done_testing
