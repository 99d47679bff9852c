#!/bin/sh
# cancel, reschedule, retry and wait of tasks that nobody executes.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
new_spool
handler x </dev/null
handler y </dev/null

id=$(taskdir add x --user eva)
check_exit 0 'a waiting task is cancelled' taskdir cancel "$id"
is "$(cat out)" "$id  cancelled" 'which is said'
is "$(states_of "$id")" '' 'it is gone'
is "$(ls -A "$SPOOL/tmp")" lost 'without a trace in tmp/'
like "$(runs_of "$id")" \
    '*"class":"x"*"userid":"eva"*"result":"cancelled"*"final":true*' \
    'but in the log'
check_exit 3 'again it is unknown' taskdir cancel "$id"
like "$(taskdir show "$id")" "id *$id
state *cancelled
ended *" 'show tells how it ended'
like "$(taskdir show --json "$id")" '*"state":"cancelled","ended":[1-9]*' \
    'in JSON too'
check_exit 1 'wait tells how it ended' taskdir wait "$id"
is "$(cat out)" "$id  cancelled" 'in words'
like "$(taskdir wait --json "$id")" '*{"id":"'"$id"'","result":"cancelled"}*' \
    'and in JSON'
check_exit 3 'an id that never was is unknown' taskdir wait nothing

: >"$SPOOL/new/1000000000,x,0123456789abcdef,abc-1,0.json"
: >"$SPOOL/failed/1000000000,x,0123456789abcdef,abc-2,1.json"
check_exit 2 'an ambiguous id is refused' taskdir cancel abc
like "$(cat err)" '*"abc" fits 2 ids: abc-1 abc-2*' 'naming the candidates'
check_exit 0 'a unique end is enough' taskdir cancel c-2
is "$(states_of abc-1) $(states_of abc-2)" 'new ' 'and hits that one'
check_exit 0 'as is a beginning, and unreadable content' taskdir cancel ab

for i in 1 2 3; do taskdir add x >/dev/null; done
taskdir add y --in 1h >/dev/null
check_exit 2 'cancel wants to know which' taskdir cancel
check_exit 2 'in one way' taskdir cancel "$id" --all
check_exit 0 'classes are cancelled' taskdir cancel --class 'x*' --waiting
is "$(grep -c cancelled out) $(count_in new)" '3 1' 'and only they'
check_exit 0 'all are cancelled' taskdir cancel --all --waiting
is "$(count_in new)" 0 'indeed'
check_exit 3 'nothing to cancel is exit 3' taskdir cancel --all

id=$(taskdir add x)
check_exit 0 'reschedule' taskdir reschedule "$id" 4000000000
like "$(names_in new)" "4000000000,x,*,$id,0.json" 'renames'
check_exit 2 'a wrong time is a wrong use' taskdir reschedule "$id" soon
check_exit 3 'an unknown id is exit 3' taskdir reschedule nothing now
check_exit 1 'wait gives up in time' taskdir wait "$id" --timeout 100ms
check_exit 0 'retry makes it due' taskdir retry "$id"
due=$(names_in new | sed 's/,.*//')
check 'now' test "$due" -le "$(date +%s)"

taskdir cancel --all >/dev/null
key=$(taskdir add x --data 1 >/dev/null; names_in new | cut -d , -f 3)
twin=$(names_in new | cut -d , -f 4)
letter="1000000000,x,$key,dead-1,12.json"
echo '{"classname":"x","customdata": 1}' >"$SPOOL/dlq/$letter"
echo '{"result":"permanent","error":"exit 100"}' >"$SPOOL/dlq/dead-1.reason"
check_exit 1 'wait on a dead letter fails' taskdir wait dead-1
is "$(cat out)" 'dead-1  permanent  exit 100' 'with its reason'
check_exit 1 'cancel of one is refused' taskdir cancel dead-1
check_exit 1 'retry beside a twin is refused' taskdir retry dead-1
like "$(cat err)" "*$twin*--force*" 'naming it'
check_exit 0 'unless forced' taskdir retry dead-1 --force
like "$(names_in new)" "*,x,$key,dead-1,0.json*" 'it waits with fresh tries'
is "$(ls -A "$SPOOL/dlq")" '' 'its reason is gone'
taskdir cancel --all >/dev/null
mkdir -p keep
for i in 1 2 3 4; do
	echo "{\"classname\":\"x\",\"customdata\":$i}" \
	    >"$SPOOL/dlq/1000000000,x,$key,dead-$i,12.json"
done
echo '{"classname":' >"$SPOOL/dlq/1000000000,invalid,$key,bad,0.json"
check_exit 1 'what cannot be read stays dead' taskdir retry --all --dlq \
    --rate 60/m
is "$(count_in dlq) $(count_in new)" '1 4' 'the others live'
first=$(names_in new | head -n 1 | cut -d , -f 1)
is "$(names_in new | cut -d , -f 1 | paste -s -d ' ' -)" \
    "$first $((first + 1)) $((first + 2)) $((first + 3))" \
    'their times are spread'
check_exit 2 'a wrong rate is a wrong use' taskdir retry --all --rate 5
check_exit 2 'two kinds exclude one another' taskdir retry --all --dlq --failed
: >"$SPOOL/cur/1000000000,x,$key,runs,0.json"
check_exit 1 'what a dead runner left cannot be cancelled' taskdir cancel runs
check_exit 3 'nor with --waiting' taskdir cancel runs --waiting

# wait sees the end of a task that another command takes away.
id=$(taskdir add x --data 77)
taskdir wait "$id" >result &
waiter=$!
wait_until "grep -q inotify /proc/$waiter/fdinfo/* 2>/dev/null"
taskdir cancel "$id" >/dev/null
wait_for 'wait sees the end' "! is_alive $waiter"
is "$(cat result)" "$id  cancelled" 'and tells it'

# root in somebody else's spool leaves nothing there that is root's.
if [ "$(id -u)" -eq 0 ]; then
	new_spool
	id=$(taskdir add x 2>/dev/null)
	chown -R 65534:65534 "$SPOOL"
	check 'root cancels in another user'"'"'s spool' taskdir cancel "$id"
	is "$(find "$SPOOL" -uid 0)" '' 'and leaves all to him'
else
	skip 'only root can do something in the name of another'
fi
done_testing
