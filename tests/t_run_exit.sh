#!/bin/sh
# What becomes of a task: exit codes, attempts, what is said on descriptor 3.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

new_spool
handler exits <<'END'
#!/bin/sh
exit "$(taskdir data)"
END
handler dies <<'END'
#!/bin/sh
kill -s "$(taskdir data --raw)" $$
END
handler says <<'END'
#!/bin/sh
taskdir data /say --raw >&3
exit "$(taskdir data /exit)"
END
handler prints <<'END'
#!/bin/sh
taskdir data --raw
exit 1
END
for class in three never always; do
	cp "$SPOOL/handlers/exits" "$SPOOL/handlers/$class"
done
settings <<'END'
[class three]
permanent_exit = 3, 4
[class never]
retry = no
[class always]
attempts = unlimited
[class silent]
handler = handlers/prints
keep_output = none
END
start_runner

echo '{"classname":"x","customdata":{"a":1,"b":2}}' >task
check_exit 0 'data can be asked for again and again' sh -c '
    taskdir data /b && taskdir data /a' <task
is "$(paste -s -d ' ' out)" '2 1' 'in any order'

# Runs of a table, all at once: an id a line.
#	id|class|tries|other members|data|state|result|exit|error
cat >table <<'END'
x0|exits|0||0||ok|0|
x100|exits|0||100|dlq|permanent|100|exit 100
x75|exits|0||75|failed|retry|75|exit 75
x111|exits|0||111|failed|retry|111|exit 111
x1|exits|0||1|failed|retry|1|exit 1
x255|exits|0||255|failed|retry|255|exit 255
x127|exits|0||127|failed|retry|127|exit 127 (a command was not found)
s9|dies|0||"KILL"|failed|retry|-9|killed by signal 9 (Killed)
s15|dies|0||"TERM"|failed|retry|-15|killed by signal 15 (Terminated)
p3|three|0||3|dlq|permanent|3|exit 3
p4|three|0||4|dlq|permanent|4|exit 4
p100|three|0||100|failed|retry|100|exit 100
n1|exits|0|"retry":false,|1|dlq|permanent|1|exit 1
n2|never|0||1|dlq|permanent|1|exit 1
n3|never|0|"retry":true,|1|failed|retry|1|exit 1
a1|exits|0|"attemptsavailable":1,|1|dlq|permanent|1|exit 1
a2|exits|1|"attemptsavailable":2,|1|dlq|permanent|1|exit 1
a3|exits|1|"attemptsavailable":3,|1|failed|retry|1|exit 1
a12|exits|11||1|dlq|permanent|1|exit 1
a11|exits|10||1|failed|retry|1|exit 1
anull|exits|500|"attemptsavailable":null,|1|failed|retry|1|exit 1
aunl|always|500||1|failed|retry|1|exit 1
END
due=$(($(date +%s) - 5))
while IFS='|' read -r id class tries more data rest; do
	printf '{%s"classname":"%s","customdata":%s}' "$more" "$class" \
	    "$data" | forge new "$id" "$class" "$tries" "$due"
done <table
while IFS='|' read -r id class tries more data state result code error; do
	wait_until "runs_of '$id\"' >found && [ ! -e $SPOOL/cur/*,$id,* ]"
	case $state in
	failed | dlq) tried=$((tries + 1)) ;;
	*) tried= ;;
	esac
	is "$(states_of "$id") $(name_of "$id" "${state:-new}" |
	    sed 's/.*,\(.*\)\.json/\1/')" "$state $tried" \
	    "$class $data $more: now in ${state:-no state}"
	is "$(run_field "$id" result) $(run_field "$id" exit) $(run_field \
	    "$id" error)" "$result $code $error" "$class $data: $result"
	is "$(run_field "$id" try)" $((tries + 1)) 'and its number is right'
	[ "$state" = dlq ] || continue
	like "$(cat "$SPOOL/dlq/$id.reason")" \
	    "{*\"result\":\"$result\",\"error\":\"$error\",\"tries\":$tried,*" \
	    'the reason says so'
	is "$(run_field "$id" final)" true 'the run log knows it for the last'
done <table

# said ID STATE TRIES EXIT: forges a task that says what standard input has,
# and waits until it ran.
said()
{
	taskdir_say=$(sed 's/\\/\\\\/g; s/"/\\"/g' | paste -s -d '~' - |
	    sed 's/~/\\n/g')
	printf '{"classname":"says","customdata":{"exit":%s,"say":"%s\\n"}}' \
	    "$4" "$taskdir_say" | forge "$2" "$1" says "$3" "$due"
	wait_until "runs_of '$1\"' >found && [ ! -e $SPOOL/cur/*,$1,* ]"
}

# in_about SECONDS ID STATE: due so long after its run.
in_about()
{
	name=$(name_of "$2" "$3")
	due_now=${name%%,*}
	start=$(run_field "$2" start)
	end=$(run_field "$2" end)
	echo "# due $due_now, ran from $start to $end"
	[ "$due_now" -ge $((${start%.*} + $1)) ] &&
	    [ "$due_now" -le $((${end%.*} + $1)) ] &&
	    [ "$(run_field "$2" next)" = "$due_now" ]
}

said z1 new 0 0 <<'END'
{"next_in":600}
END
is "$(states_of z1) $(run_field z1 result)" 'new snooze' \
    'next_in and exit 0: back where it came from'
check 'due when it said' in_about 600 z1 new
like "$(names_in new)" '*,z1,0.json' 'and no try is spent'
said z2 failed 4 0 <<'END'
{"next_in":1e2}
END
is "$(states_of z2) $(run_field z2 result)" 'failed snooze' \
    'the same from failed/'
check 'due when it said' in_about 100 z2 failed
like "$(name_of z2 failed)" '*,z2,4.json' 'with as many tries'
is "$(run_field z2 final)" false 'which was not its end'
said z3 failed 4 75 <<'END'
{"next_in":7000}
END
is "$(states_of z3) $(run_field z3 result)" 'failed retry' \
    'next_in and another exit: a failure'
check 'with that delay' in_about 7000 z3 failed
like "$(name_of z3 failed)" '*,z3,5.json' 'that counts'
said z4 new 0 100 <<'END'
{"next_in":7000}
END
is "$(states_of z4)" dlq 'next_in does not help a permanent failure'
said z5 new 11 1 <<'END'
{"next_in":7000}
END
is "$(states_of z5)" dlq 'nor the last try'
# Longer than once a second would be a task that cannot be stopped.
handler again <<'END'
#!/bin/sh
echo x >>"$TASKDIR_SPOOL.again"
echo '{"next_in":0}' >&3
END
echo '{"classname":"again"}' | forge new z6 again 0 "$due"
wait_for 'next_in 0 means again' \
    '[ "$(runs_of "z6\"" | grep -c snooze)" -ge 2 ]'
is "$(runs_of 'z6"' | sed 's/.*"start":\([0-9]*\).*"next":\([0-9]*\).*/\1 \2/' |
    awk '$2 <= $1')" '' 'but not within the same second'
check_exit 0 'which ends by a cancel' taskdir cancel z6

said e1 new 0 1 <<'END'
{"error":"no such \"account\" \u00fc"}
END
is "$(run_field e1 error)" 'no such \"account\" ü' \
    'the error that it says is the one that is kept'
said e2 new 0 100 <<'END'
{"error":"first"}
{"error":"gone for good"}
END
like "$(cat "$SPOOL/dlq/e2.reason")" '*"error":"gone for good"*' \
    'in the reason too, the last one'
said e3 new 0 0 <<'END'
{"error":"changed its mind"}
END
is "$(run_field e3 result)$(run_field e3 error)" ok 'not if all went well'
# printed ID CLASS TEXT: forges a task that prints TEXT (JSON) and fails.
printed()
{
	printf '{"classname":"%s","customdata":%s}' "$2" "$3" |
	    forge new "$1" "$2" 0 "$due"
	wait_until "runs_of '$1\"' >found"
}
printed w1 prints '"first\ncannot open \t it: \u00fc\n \n"'
is "$(run_field w1 error)" 'exit 1: cannot open   it: ü' \
    'without one, the last line that was printed'
printed w2 prints "\"$(printf '%01000d' 7)\""
is "$(run_field w2 error | wc -c)" 208 'not more of it than can be read'
printed w3 silent '"secret"'
is "$(run_field w3 error)" 'exit 1' 'nor what is not to be kept'
said r1 new 0 0 <<'END'
{"result":[1, {"a" : 9007199254740993}]}
END
like "$(runs_of 'r1"')" '*,"value":\[1, {"a" : 9007199254740993}\]}' \
    'a result goes into the run log as it was'
said j1 new 0 0 <<'END'
no JSON at all

[1]
{"error":
{"progress":"many","next_in":"soon","result":}
{"result":"good","next_in":-5,"progress":1e999}
END
is "$(run_field j1 result) $(run_field j1 value)" 'ok good' \
    'nonsense on descriptor 3 is passed over'
check 'and logged' grep -q 'no JSON object id=j1' "$SPOOL.err"
handler long <<'END'
#!/bin/sh
head -c 200000 /dev/zero | tr '\0' x >&3
printf '\n{"result":"after it"}\n{"error":"no end of line"}' >&3
exit 1
END
echo '{"classname":"long"}' | forge new l1 long 0 "$due"
wait_for 'a line without end does no harm' '[ "$(states_of l1)" = failed ]'
is "$(run_field l1 value), $(run_field l1 error)" \
    'after it, no end of line' 'what follows it counts'

handler slow <<'END'
#!/bin/sh
echo '{"progress":0.4,"message":"half way"}' >&3
until [ -e "$TASKDIR_SPOOL.go" ]; do sleep 0.05; done # poll
END
id=$(taskdir add slow)
wait_for 'progress shows while it runs' \
    'taskdir running --json | grep -q "\"progress\":0.4"'
: >"$SPOOL.go"
wait_for 'and then it ends' 'ended '"$id"
is "$(taskdir running --json | tr -d '\n')" '[]' 'and is no longer shown'

check 'the runner stops' stop_runner
done_testing
