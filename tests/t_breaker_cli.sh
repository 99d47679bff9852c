#!/bin/sh
# A service's circuit breaker by hand, and what is said of it.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/hub.sh"

web web
hub_spool
rest crm 'rule.endpoint = /switch' 'cb_failure_threshold = 2' \
    'cb_cooldown = 1h' 'max_retries = 1' \
    'rule.template = {"old": {{n}}}'
rest none 'cb_failure_threshold = 0'
rest off 'enabled = no'
rest ruleoff 'rule.enabled = no'
start_runner

state()
{
	taskdir service list --json | tr '{' '\n' |
	    sed -n "s/^\"name\":\"$1\".*\"breaker\":\"\([^\"]*\)\".*/\1/p"
}
bodies()
{
	requests web 'r["body"]'
}
is "$(state crm)" closed 'it begins closed'

echo 200 >"$WORK/web/status"
check 'it is opened' taskdir service open-breaker crm
is "$(state crm)" open 'and says so'
like "$(taskdir log --requests)" \
    '*crm *BREAKER *was closed, is open, by hand*' 'so does the request log'
like "$(taskdir service list)" '*crm*open until 20*' '... until when'
like "$(taskdir service show crm)" '*breaker*open until 20*run/breaker/crm*' \
    'show says so too'
id=$(dispatch crm)
wait_for 'a delivery is postponed' "runs_of '$id' | grep -q snooze"
is "$(bodies | wc -l)" 0 'and nothing was sent'
like "$(taskdir why "$id")" '*the breaker of service crm is open*' \
    'why knows'
check 'it is closed' taskdir service reset-breaker crm
is "$(state crm)" closed 'and says so'
wait_for 'the delivery arrives' "delivered $id"

# Open while a replay is on its way: still the same bytes afterwards.
echo 503 >"$WORK/web/status"
id=$(dispatch crm '{"n":7}' --attempts 1)
wait_for 'one dies' "dead $id"
taskdir rule set crm 'template={"new": {{n}}}' >out
taskdir service reset-breaker crm >out
id2=$(dispatch crm '{"n":8}' --attempts 1)
id3=$(dispatch crm '{"n":9}' --attempts 1)
wait_for 'two more open it' "dead $id2 && dead $id3"
is "$(state crm)" open 'by themselves'
taskdir dlq replay "$id" >out
wait_for 'the replay is postponed' \
    "runs_of '$id' | tail -n 1 | grep -q snooze"
echo 200 >"$WORK/web/status"
taskdir service reset-breaker crm >out
wait_for 'and delivered when it is closed' "delivered $id"
is "$(bodies | tail -n 1)" '{"old": 7}' 'with the same bytes'

check 'for how long can be said' taskdir service open-breaker crm --for 1d
read -r s g since until <"$SPOOL/run/breaker/crm"
is "$s $((until - since))" 'open 86400000' 'and is written'
: "$g"
check_exit 1 'one without a breaker cannot be opened' \
    taskdir service open-breaker none
check_exit 3 'nor one that is not there' taskdir service open-breaker nosuch
check_exit 2 'a name is wanted' taskdir service reset-breaker
id=$(dispatch off)
wait_for 'why knows of disabled services' \
    'taskdir why "$id" | grep -q "service off is disabled"'
id=$(dispatch ruleoff)
wait_for 'and of disabled rules' 'taskdir why "$id" |
    grep -q "rule ruleoff is disabled.*rule enable ruleoff"'
id=$(dispatch nosuch)
wait_for 'without its rule it is a dead letter' "dead $id"
taskdir rule set ruleoff service=off >out
id=$(dispatch ruleoff)
wait_for 'and to which service a rule leads now' \
    'taskdir why "$id" | grep -q "service off is disabled"'
stop_runner
done_testing
