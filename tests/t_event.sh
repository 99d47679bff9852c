#!/bin/sh
# Events: each rule that wants one makes a task of it.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

# rules: two services, of which one gets what concerns users, the other all.
rules()
{
	cat >"$SPOOL/conf.d/hub.conf" <<'END'
[service crm]
type = rest
base_url = http://127.0.0.1:9/
[service mail]
type = rest
base_url = http://127.0.0.1:9/
[rule users]
event = \core\event\user_*
service = crm
[rule paid]
event = *
service = mail
when = total exists
[rule off]
event = *
service = crm
enabled = no
END
	chmod 0600 "$SPOOL/conf.d/hub.conf"
}

new_spool
rules
# Instead of the hub: what it would be given.
settings <<'END'
[class dispatch_event_task\*]
handler = handlers/deliver
worker = no
attempts = 3
END
handler deliver <<'END'
#!/bin/sh
task=$(cat)
# member [OPTION] POINTER
member()
{
	printf '%s\n' "$task" | taskdir data "$@"
}
printf '%s %s %s %s %s\n' "$TASKDIR_ID" "$TASKDIR_CLASS" \
    "$(member --raw /rule)" "$(member --raw /eventid)" "$(member /event)" \
    >>"$TASKDIR_SPOOL/delivered"
END
: >"$SPOOL/delivered"

# delivered N [TEXT]: so many deliveries (with this text) there were.
delivered()
{
	[ "$(grep -c -F -- "${2-}" "$SPOOL/delivered")" -eq "$1" ]
}
# events_are N [RESULT]: so many events are in the run log.
events_are()
{
	[ "$(taskdir log --class event ${2:+--result "$2"} | wc -l)" -eq "$1" ]
}
# quiet: nothing is on its way.
quiet()
{
	[ -z "$(find "$SPOOL/new" "$SPOOL/cur" "$SPOOL/failed" \
	    "$SPOOL/tmp" -type f)" ]
}

# --- Without a runner --------------------------------------------------------

id=$(taskdir event '\core\event\user_created' --id u-5 \
    --data '{"objectid":5, "n":12345678901234567890,"total":7}')
check 'an event lies under its own name' [ -f "$SPOOL/new/event,$id.json" ]
event='{"eventname":"\\core\\event\\user_created","id":"u-5","data":'
event=$event'{"objectid":5, "n":12345678901234567890,"total":7}}'
is "$(cat "$SPOOL/new/event,$id.json")" "$event" \
    'its data is as it was given'
like "$(taskdir why "$id")" \
    '*rule users makes a task for service crm*rule paid*service mail*' \
    'why names the rules that want it'
like "$(taskdir list)" "*event,$id.json*" 'list shows it'
check 'check has nothing against it' taskdir check
like "$(taskdir event --json a.b 2>"$WORK/err" | tr -d ' \n')" \
    '{"id":"*"}' 'its id can be had as JSON'
like "$(cat "$WORK/err")" '*no rule wants this event*' \
    'an event that nobody wants is told of'
echo 'rate = fast' >>"$SPOOL/conf.d/hub.conf"
lost=$(taskdir event a.b 2>"$WORK/err")
why=$(taskdir why "$lost" 2>"$WORK/out")
rm "$SPOOL/new/event,$lost.json"
sed '$d' "$SPOOL/conf.d/hub.conf" >"$WORK/rules"
cat "$WORK/rules" >"$SPOOL/conf.d/hub.conf"
like "$(cat "$WORK/err")" \
    '*hub.conf:*rate*cannot tell whether a rule wants this event*' \
    'nothing is said of rules that cannot be read'
is "$(grep -c 'no rule' "$WORK/err")" 0 '... but that'
like "$why" '*which rules want it cannot be told*' 'nor by why'
check_exit 2 'a name is needed' taskdir event
check_exit 2 'data that is no JSON is refused' taskdir event a --data '{'
check_exit 2 'a name without control characters' taskdir event 'a
b'
check_exit 1 'a file that is not there' taskdir event a --data "@$WORK/none"
check_exit 2 '--batch takes nothing else' taskdir event --batch a

# --- With one ----------------------------------------------------------------

start_runner
wait_for 'each rule makes a task of it' 'delivered 2 && quiet'
# told SERVICE RULE: what the handler of its class was given.
told()
{
	is "$(grep -F "task\\$1" "$SPOOL/delivered" | sed 's/-[0-9a-f]* / /')" \
	    "$id dispatch_event_task\\$1 $2 u-5 $event" \
	    "service $1 is told of rule, id and the event's bytes"
}
told crm users
told mail paid
is "$(taskdir log "$id" | grep -o -e ' event ' -e 'task.crm' -e 'task.mail' |
    sort | paste -s -d , -)" ' event ,task\crm,task\mail' \
    'the log shows an event and its tasks'
is "$(taskdir log --json "$id" | grep -c .)" 3 'and nothing else'
is "$(taskdir log --json "$id" | grep -c "\"ref\":\"u-5\".*$(
	printf '%s' '"event":"\\\\core\\\\event\\\\user_created",'
)\"tasks\":\[\"$id-[0-9a-f]*\",\"$id-[0-9a-f]*\"\]}")" 1 \
    'its line names it, the producer'"'"'s id and the tasks'
wait_for 'what no rule wants is in the log too' 'events_are 2 ok'
like "$(taskdir log --class event)" '*no rule wants it*' 'and says so'
like "$(taskdir why "$id")" '*it ended at*ok*' 'why knows how it ended'

# --- Letters -----------------------------------------------------------------

printf '%s' '{"data":{"total":1},"eventname":"order.paid"}' |
    drop 'order 1.json'
wait_for 'an event may be dropped' "delivered 1 order.paid && quiet"
echo '{"eventname":"ev","total":1}' \
    >"$SPOOL/new/1795132800,x,0123456789abcdef,abc,0.json"
wait_for 'under a name of a task as well' 'delivered 1 "\"ev\"" && quiet'
printf '%s\n' '{"eventname":"b1","data":{"total":1}}' 'nonsense' \
    '{"eventname":"b2","id":"b-2","data":{"total":1}}' \
    '{"classname":"b3"}' >"$WORK/lines"
check_exit 1 'of a batch the good lines are taken' \
    sh -c 'taskdir event --batch <"$1"' sh "$WORK/lines"
is "$(sed 's/^[0-9a-f].*/id/' "$WORK/out" | paste -s -d ' ' -)" \
    'id - id -' 'an id a line'
wait_for 'all of them become tasks' \
    'delivered 1 "\"b1\"" && delivered 1 "\"b2\"" && quiet'

# --- Ids ---------------------------------------------------------------------

n=$(grep -c . "$SPOOL/delivered")
again=$(taskdir event '\core\event\user_created' --id u-5 --data '{"total":1}')
wait_for 'an id told twice is a duplicate' 'events_are 1 duplicate'
like "$(taskdir log --json "$again")" "*\"duplicate\"*\"of\":\"$id\"*" \
    'of the first'
stop_runner
start_runner
taskdir event order --id u-5 --data '{"total":1}' >"$WORK/out"
wait_for 'also of one before the start' 'events_are 2 duplicate'
wait_for 'none of them becomes a task' 'quiet'
is "$(grep -c . "$SPOOL/delivered")" "$n" 'or did'
taskdir event twice --data '{"total":1}' >"$WORK/out"
taskdir event twice --data '{"total":1}' >"$WORK/out"
wait_for 'without an id none is a duplicate' 'delivered 2 twice && quiet'
stop_runner
settings <<'END'
[runner]
event_window = 0
END
start_runner
taskdir event window --id u-5 --data '{"total":1}' >"$WORK/out"
wait_for 'with a window of 0 neither' 'delivered 1 window && quiet'

# --- Wrong ones --------------------------------------------------------------

# buried TEXT: a dead letter says so.
buried()
{
	cat "$SPOOL"/dlq/*.reason 2>/dev/null | grep -q -F -- "$1"
}
echo '{"eventname":5}' | drop bad1
echo '{"eventname":"a","eventname":"b"}' | drop bad2
wait_for 'a name that is no text goes to dlq/' 'buried bad1'
wait_for 'as does one that is there twice' 'buried bad2'
stop_runner
settings <<'END'
max_size = 300
END
printf '{"eventname":"big","total":1,"x":"%0240d"}' 0 |
    drop bad3
start_runner
wait_for 'and one whose tasks would be too big' \
    'buried "max_size allows 300"'
is "$(find "$SPOOL/tmp" -name 'event,*')" '' 'nothing of it stays staged'
stop_runner

# --- A name that was used ---------------------------------------------------

new_spool
rules
taskdir pause >"$WORK/out"
start_runner
for n in 1 2; do
	echo "{\"eventname\":\"used\",\"total\":$n}" |
	    drop "event,used-1.json"
	wait_until '[ ! -e "$SPOOL/new/event,used-1.json" ]'
done
wait_for 'another event of the same name is not taken for the first' \
    'buried "already in the spool"'
is "$(names_in new | grep -c used-1)" 1 'which keeps its task'
stop_runner

# --- A stage -----------------------------------------------------------------

# What a killed runner leaves: see also t_event_crash.sh.
new_spool
rules
settings <<'END'
[class dispatch_event_task\*]
handler = /bin/true
worker = no
END
task='{"classname":"dispatch_event_task\\mail","customdata":{}}'
echo '{"eventname":"x","total":1}' >"$SPOOL/new/event,aa-1.json"
printf '%s\n' "$task" \
    >"$SPOOL/tmp/event,1795132800,a,0123456789abcdef,aa-1-00000001,0.json"
printf '%s\n' "$task" \
    >"$SPOOL/tmp/event,1795132800,a,0123456789abcdef,bb-2-00000001,0.json"
check 'a stage without a runner is no error' taskdir check --repair
like "$(taskdir check)" '*tmp-staged*' 'but check mentions it'
check 'a runner runs once' taskdir run --once
is "$(taskdir log --json --class 'dispatch*' |
    sed 's/.*"id":"\([^"]*\)".*/\1/' | sort | paste -s -d ' ' -)" \
    "aa-1-$(printf paid | sha256sum | cut -c 1-8) bb-2-00000001" \
    'what is staged is made anew if its event is there, else it is a task'
is "$(find "$SPOOL/tmp" -type f)" '' 'nothing stays staged'

done_testing
