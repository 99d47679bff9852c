#!/bin/sh
# Persistent workers that behave.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/worker.sh"

command -v python3 >"$WORK/.out" || skip_all 'python3 is not installed'

new_spool
handler w <"$TD_SRCDIR/tests/worker.py"
mkdir "$SPOOL/handlers/more"
cp "$SPOOL/handlers/w" "$SPOOL/handlers/more/w"
settings <<END
[runner]
max_running = 16
[class w]
worker = yes
max_running = 1
cwd = $WORK
backoff = 1h
kill_grace = 2s
[class two]
worker = yes
handler = handlers/more/w
max_running = 2
cwd = $WORK
[class deep]
worker = yes
handler = handlers/more/w
max_running = 1
pipeline = 4
cwd = $WORK
[class short]
worker = yes
handler = handlers/w
max_running = 1
pipeline = 3
recycle_after = 2
cwd = $WORK
END
start_runner

# --- One process for many tasks

do_one w ''
pid=$(said "$id" value)
is "$(said "$id" result)" ok 'a task is done by a worker'
is "$(said "$id" pid)" "$pid" 'whose process is in the log'
is "$(said "$id" exit)" null 'and goes on: there is no exit status'
do_one w '["keep","line"]'
is "$(said "$id" value)" "$pid" 'the next one is done by the same process'
is "$(readlink "/proc/$pid/fd/0")" /dev/null 'its standard input is empty'
env=$(tr '\0' '\n' <"/proc/$pid/environ" | sort)
like "$env" '*TASKDIR_WORKER=1*' 'the environment says the version'
like "$env" '*TASKDIR_PIPELINE=1*' 'and the pipeline'
like "$env" "*TASKDIR_SPOOL=$SPOOL*" 'and the spool'
like "$env" '*TASKDIR_ID=worker-*' 'and who it is'
like "$(cat line)" \
    "{\"id\":\"$id\",\"class\":\"w\",\"component\":\"\",\"owner\":$(id -u),*" \
    'a task begins with its id'
like "$(cat line)" '*,"try":1,"tries_left":11,"task":{*}}' 'and ends with it'

# --- Bytes

cat >exact.json <<'END'
{"classname": "w", "x-a": 1.0,
 "customdata" : {"z": 9007199254740993, "a": "\u00e9\/",
	"do": [["keep", "line"]], "z": 1e2, "n": -0}}
END
cp exact.json "$SPOOL/new/exact"
wait_for 'a dropped file with line ends is done' \
    '[ "$(runs_of | grep -c \"ok\")" -eq 3 ]'
is "$(sed 's/.*,"task"://; s/}$//' line)" "$(tr '\n' ' ' <exact.json |
    sed 's/ $//')" 'the worker has its bytes, line ends as blanks'
echo '{"classname":"w","attemptsavailable":null,"userid":"'"$(id -un)"'",
    "customdata":{"do":[["keep","line"]]}}' >"$SPOOL/new/all"
wait_for 'a task without a limit of tries is done' \
    '[ "$(runs_of | grep -c \"ok\")" -eq 4 ]'
like "$(cat line)" \
    "*\"userid\":\"$(id -un)\",*\"tries_left\":null,\"task\":{*" \
    'and the worker hears of its user'

# --- Statuses

do_one w '["answer",{"status":"retry","error":"no answer","next_in":70}]'
is "$(said "$id" result)" retry 'retry is a failure'
is "$(said "$id" error)" 'no answer' 'with its error'
due=$(said "$id" next) end=$(said "$id" end)
is "$(($due - ${end%.*} - 70))" 0 'and its wait'
is "$(states_of "$id")" failed 'that waits in failed/'
do_one w '["answer",{"status":"permanent","error":"never"}]'
is "$(said "$id" result)" permanent 'permanent is one for good'
is "$(states_of "$id")" dlq 'that lies in dlq/'
do_one w '["answer",{"status":"snooze","next_in":3600}]'
is "$(said "$id" result)" snooze 'snooze is none'
is "$(states_of "$id")" new 'it waits where it was'
do_one w '["answer",{"status":"snooze"}]'
due=$(said "$id" next) end=$(said "$id" end)
is "$(($due - ${end%.*} - 60))" 0 'a minute, if it does not say how long'
do_one w '["answer",{"status":"ok","next_in":60,"result":{"rows":[1,2]}}]'
is "$(said "$id" result)" ok 'ok is ok, whatever else is said'
is "$(said "$id" value)" '{"rows": [1, 2]}' 'and the result is in the log'
do_one w '["answer",{"status":"retry"}]'
due=$(said "$id" next) end=$(said "$id" end)
is "$(($due - ${end%.*} - 3600))" 0 'without next_in the backoff decides'

# --- Output

do_one w '["print","printed"],["news",{"trace":"told 1\n"}],["answer",{
    "trace":"told 2\n"}]'
is "$(sort "$SPOOL/log/output/$(said "$id" output)" | paste -s -d ' ' -)" \
    'printed told 1 told 2' 'what a lone task prints and tells is its output'
do_one w ''
is "$(said "$id" output)" null 'and not that of the next'
do_one w '["print","a"],["wait","never"]' --timeout 1
is "$(cat "$SPOOL/log/output/$(said "$id" output)")" a \
    'what a late one printed is kept too'

# --- Progress

id=$(add w '["news",{"progress":0.25}],["wait","go"]')
wait_for 'progress is on the scoreboard' \
    'grep -q "$id w 25%" "$SPOOL/run/running"'
pid=$(awk -v id="$id" '$5 == id { print $2 }' "$SPOOL/run/running")
like "$(cat "/proc/$pid/cmdline" | tr '\0' ' ')" '*handlers/w*' \
    'beside the number of the worker'
touch go
wait_until "ended $id"
wait_for 'and gone when the task is' '! grep -q "$id" "$SPOOL/run/running"'
rm go

# --- Copies and pipelines

one=$(add two '["touch","one"],["wait","go"]')
two=$(add two '["touch","two"],["wait","go"]')
three=$(add two '["touch","three"],["wait","go"]')
wait_for 'two copies may run, and do' '[ -s one ] && [ -s two ]'
isnt_same=$([ "$(cat one)" = "$(cat two)" ] || echo different)
is "$isnt_same" different 'each a process of its own'
is "$(states_of "$three")" new 'the third task waits'
touch go
wait_for 'until one is free' \
    'ended "$one" && ended "$two" && ended "$three"'
rm go
one=$(add deep '["touch","first"],["wait","go"]')
wait_until '[ -s first ]'
two=$(add deep '["touch","second"]')
three=$(add deep '["print","among others"]')
wait_for 'with a pipeline the worker gets more than it does' \
    '[ "$(in_flight deep)" -eq 3 ]'
is "$([ -e second ] || echo not)" not 'which it does in turn'
touch go
wait_for 'and answers in turn' \
    'ended "$one" && ended "$two" && ended "$three"'
is "$(said "$two" value) $(said "$three" value)" \
    "$(cat first) $(cat first)" 'all by one process'
is "$(said "$three" output)" null 'what it prints then is nobody in particular'
rm go

# --- Fresh processes

do_one w ''
pid=$(said "$id" value)
id=$(add w '["wait","go"],["leave"]')
next=$(add w '')
touch go
wait_for 'after recycle the next task is done' 'ended "$next"'
is "$(said "$id" result) $(said "$id" value)" "ok $pid" \
    'the task that asked for it is done'
like "$(said "$next" result) $(said "$next" value)" 'ok [0-9]*' \
    'so is the next'
is "$([ "$(said "$next" value)" != "$pid" ] && echo fresh)" fresh \
    'by a fresh process'
rm go
one=$(add deep '["wait","go"],["leave"]')
two=$(add deep '')
three=$(add deep '')
wait_until '[ "$(in_flight deep)" -eq 3 ]'
touch go
wait_for 'tasks that a recycled worker had not begun are done' \
    'ended "$one" && ended "$two" && ended "$three"'
is "$(runs_of "$two" | wc -l) $(said "$two" result) $(said "$two" try)" \
    '1 ok 1' 'at their first try, and without a word'
is "$([ "$(said "$two" value)" != "$(said "$one" value)" ] && echo fresh)" \
    fresh 'by a fresh process'
rm go
for i in 1 2 3 4 5; do
	echo '{"classname":"short","customdata":{"n":'$i'}}'
done | taskdir add --batch >ids
wait_for 'recycle_after does not stall the queue' \
    '[ "$(runs_of | grep -c \"short\")" -eq 5 ]'
is "$(runs_of | grep -c '"short".*"result":"ok"')" 5 'nothing fails'
is "$(runs_of | grep '"short"' | sed 's/.*"value":\([0-9]*\).*/\1/' |
    sort | uniq -c | awk '{ print $1 }' | sort | paste -s -d ' ' -)" \
    '1 2 2' 'each process does two'
do_one w ''
pid=$(said "$id" value)
kill -s HUP "$RUNNER"
wait_for 'when the settings are loaded anew, workers go' '! is_alive "$pid"'
wait_for 'in order' '[ -e "eof-$pid" ]'
do_one w ''
is "$(said "$id" result)" ok 'and others come'

# --- Large tasks, and a worker that is slow to read them

head -c 16700000 /dev/zero | tr '\0' x >pad
{
	printf '{"classname":"deep","customdata":{"pad":"'
	cat pad
	printf '"}}'
} >big.json
one=$(add deep '["touch","first"],["wait","go"]')
cp big.json "$SPOOL/new/b1"
cp big.json "$SPOOL/new/b2"
wait_until '[ "$(in_flight deep)" -eq 3 ]'
do_one w ''
is "$(said "$id" result)" ok 'others go on while a worker is too busy to read'
touch go
wait_for 'tasks of 16 MiB are done' \
    '[ "$(runs_of | grep -c \"deep\")" -eq 9 ]' 60
is "$(runs_of | grep '"deep"' | grep -c '"result":"ok"')" 9 'all of them'
rm go

# --- The end of a runner

do_one w ''
pid=$(said "$id" value)
id=$(add deep '["touch","last"],["wait","go"]')
next=$(add deep '')
wait_until '[ "$(in_flight deep)" -eq 2 ]'
kill -s TERM "$RUNNER"
wait_for 'an idle worker sees the end of its input when the runner stops' \
    '[ -e "eof-$pid" ]'
touch go
wait_for 'the runner waits for a busy one' '! is_alive "$RUNNER"'
is "$(said "$id" result) $(said "$next" result)" 'ok ok' \
    'which answers all it has'
is "$(cat "$SPOOL/run/running")" '' 'and the scoreboard is empty'
rm go
do_one_once=$(add w '')
check 'run --once uses workers too' taskdir run --once
is "$(said "$do_one_once" result)" ok 'the task is done'
is "$(names_in log/output | grep -E '^(worker|slot)-[0-9]*$')" '' \
    'no live output is left behind'
done_testing
