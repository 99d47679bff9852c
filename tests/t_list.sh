#!/bin/sh
# taskdir list, pause, resume and data: what needs names and no runner.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
new_spool

# place STATE NAME: a file as a runner would have left it.
place()
{
	echo '{"classname":"x","attemptsavailable":5}' >"$SPOOL/$1/$2"
}

check_exit 0 'an empty list is no error' taskdir list
is "$(cat out)" '' 'and prints nothing'
is "$(taskdir list --json)" '[
]' 'but an empty array'
key=0123456789abcdef
place new "1000000000,a,$key,id1,0.json"
place new "4000000000,mod_x%5Ctask,$key,id2,0.ask"
place failed "2000000000,mail.digest,$key,id3,3.json"
place cur "1500000000,mail.digest,$key,id4,0.json"
place dlq "1200000000,b,$key,id5,12.json"
printf '%s' '{"time":1200000001.5,"result":"permanent",'\
'"error":"exit 100: no\n","tries":12}' >"$SPOOL/dlq/id5.reason"
echo '{' >"$SPOOL/new/a drop
of mine"
: >"$SPOOL/new/.hidden"
ids()
{
	taskdir list "$@" | awk '{ print $NF }' | paste -s -d ' ' -
}
is "$(ids)" 'a\x20drop\x0aof\x20mine id1 id5 id4 id3 id2' 'sorted by due'
is "$(taskdir list | awk '{ print $1 }' | paste -s -d ' ' -)" \
    'drop new dlq cur failed new' 'with their states'
is "$(ids failed dlq)" 'id5 id3' 'states are chosen'
is "$(ids drop)" 'a\x20drop\x0aof\x20mine' 'drops too'
is "$(ids --class 'mail.*')" 'id4 id3' 'classes by pattern'
is "$(ids --class 'mod_x/*')" 'id2' 'written with any joint'
is "$(ids --due)" 'id1' 'what is due'
is "$(ids -n 2)" 'a\x20drop\x0aof\x20mine id1' 'the first ones'
check_exit 2 'an unknown state is a wrong use' taskdir list gone
check_exit 2 'and a wrong number' taskdir list -n 0
like "$(taskdir list new --utc --class a)" \
    'new  2001-09-09T01:46:40Z  0  a  id1' 'times in UTC'
like "$(taskdir list --json cur)" '*{"state":"cur","due":1500000000,'\
'"tries":0,"class":"mail.digest","id":"id4","key":"0123456789abcdef",'\
'"decided":true,"name":"1500000000,mail.digest,*"}*' 'JSON has it all'
like "$(taskdir list --errors failed)" '*3  2  mail.digest  id3' \
    '--errors adds the tries left'
like "$(taskdir list --errors dlq)" '*id5  exit 100: no?x0a' \
    'and the reason, escaped'
is "$(taskdir list --summary --json --class 'mail.*')" '[
{"class":"mail.digest","total":2,"running":1,"due":0,"failed":1,"dlq":0,'\
'"next":2000000000}
]' '--summary counts by class'
check_exit 1 'a full disk is noticed' sh -c 'taskdir list >/dev/full'

check_exit 0 'pause' taskdir pause
check_exit 0 'pause of a pattern' taskdir pause --class 'mod_x\*'
is "$(names_in run/ctl | paste -s -d ' ' -)" 'pause pause.mod_x%5C*' \
    'leave requests'
check_exit 0 'resume of a pattern' taskdir resume --class 'mod_x\*'
is "$(names_in run/ctl)" pause 'takes that back'
check_exit 0 'resume' taskdir resume
is "$(names_in run/ctl)" '' 'takes all back'
check_exit 3 'nothing to resume is exit 3' taskdir resume
check_exit 2 'what is no pattern is a wrong use' taskdir pause --class 'a b'

task='{"classname":"x","customdata":{"n":[1,{"a/b":9007199254740993}],'\
'"s":"\u00e9\n"}}'
data()
{
	printf '%s' "$task" | taskdir data "$@"
}
is "$(data)" '{"n":[1,{"a/b":9007199254740993}],"s":"\u00e9\n"}' 'data'
is "$(data /n/1/a~1b)" 9007199254740993 'a member of it'
is "$(data /s)" '"\u00e9\n"' 'as it is written'
is "$(data --raw /s; echo .)" 'é

.' 'or raw'
check_exit 3 'a missing member is exit 3' data /m
check_exit 2 'no pointer is a wrong use' data m
check_exit 1 'no task is a failure' taskdir data </dev/null
is "$(echo '{"classname":"x"}' | taskdir data)" null 'no data is null'
done_testing
