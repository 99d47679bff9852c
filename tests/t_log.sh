#!/bin/sh
# What the commands tell of a runner's work: wait, log, show, dlq, stats,
# running, cancel of a running task.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
new_spool
handler good <<'END'
#!/bin/sh
echo "hello $TASKDIR_ID"
printf 'red \033[31m\n'
END
handler bad <<'END'
#!/bin/sh
echo 'no such thing' >&2
exit 100
END
handler weak <<'END'
#!/bin/sh
exit 7
END
handler slow <<'END'
#!/bin/sh
echo '{"progress":0.4}' >&3
echo started
exec sleep 300
END
handler once <<'END'
#!/bin/sh
read -r go <"$TASKDIR_SPOOL/go"
END
mkfifo "$SPOOL/go"
start_runner

good=$(taskdir add good --data '[1]' --user "$(id -un)")
check_exit 0 'wait on a good one is exit 0' taskdir wait "$good"
is "$(cat out)" "$good  ok" 'which it says'
bad=$(taskdir add bad --data '{"n":1}')
check_exit 1 'wait on a bad one is exit 1' taskdir wait "$bad"
is "$(cat out)" "$bad  permanent  exit 100: no such thing" 'with the error'
check_exit 1 'both together are as bad as the worse' \
    taskdir wait "$bad" "$good" "$bad"
is "$(grep -c . out)" 2 'and each is told once'
weak=$(taskdir add weak)
wait_for 'a weak one fails' '[ "$(states_of "$weak")" = failed ]'
check_exit 1 'and is waited for in vain' taskdir wait "$weak" --timeout 100ms

slow=$(taskdir add slow --timeout 250)
wait_for 'a slow one runs' "taskdir running | grep -q '40%.*$slow'"
like "$(taskdir running --json)" '*"pid":*,"since":*,"progress":0.400,'\
'"class":"slow","id":"'"$slow"'"*' 'as JSON too'
is "$(taskdir running --class 'g*')" '' 'of a class'
wait_for 'its output is seen meanwhile' \
    "taskdir log output $slow | grep -q started"
like "$(taskdir show "$slow")" '*state*cur*time limit  4m10s*' \
    'show tells its state'

# cancel of a running task
check_exit 0 'it is cancelled' taskdir cancel "$slow"
like "$(cat out)" "$slow  cancelled*" 'which is said'
is "$(states_of "$slow")" dlq 'it is a dead letter'

# duplicates
one=$(taskdir add once)
wait_for 'one runs' '[ "$(states_of "$one")" = cur ]'
two=$(taskdir add once --unique=running)
check_exit 3 'a duplicate is exit 3' taskdir wait "$two"
like "$(cat out)" "$two  duplicate  $one*" 'naming the survivor'
taskdir wait "$one" >result &
waiter=$!
echo now >"$SPOOL/go"
wait_for 'wait sees the end as it comes' "! is_alive $waiter"
is "$(cat result)" "$one  ok" 'and how'

# log
is "$(taskdir log "$good" | awk '{ print $3, $4, $6, $7 }')" \
    "ok 1 good $good" 'log of one'
is "$(taskdir log --class 'b*' | wc -l | tr -d ' ')" 1 'of a class'
is "$(taskdir log --failed | awk '{ print $6 }' | sort | paste -s -d ' ' -)" \
    'bad weak' 'of failures'
is "$(taskdir log --result duplicate | awk '{ print $NF }')" "$one" \
    'of a result'
is "$(taskdir log --grep 'exit 7' | wc -l | tr -d ' ')" 1 'with a text'
is "$(taskdir log --user "$(id -un)" | wc -l | tr -d ' ')" 1 'of a user'
is "$(taskdir log --type scheduled)" '' 'of a type'
is "$(taskdir log --until -1d)" '' 'before a time'
all=$(taskdir log | wc -l | tr -d ' ')
is "$(taskdir log --since -1h | wc -l | tr -d ' ')" "$all" 'since a time'
is "$(taskdir log -n 2)" "$(taskdir log | tail -n 2)" 'the last ones'
is "$(taskdir log --json)" "$(cat "$SPOOL"/log/runs-*.jsonl)" \
    'JSON is the log itself'
check_exit 3 'an unknown id is exit 3' taskdir log nothing
check_exit 2 'an unknown result a wrong use' taskdir log --result fine
is "$(taskdir log output "$good")" "hello $good
$(printf 'red \033[31m')" 'output comes as it is'
check_exit 3 'or is not there' taskdir log output "$good" --try 9
taskdir log --follow >followed &
follower=$!
wait_for 'follow shows the past' '[ -s followed ]'
last=$(taskdir add good)
wait_for 'and what comes' "grep -q $last followed"
kill "$follower"

# show
like "$(taskdir show "$good")" "id*$good*state*done*runs:*ok*last output:*
  hello $good*red ?x1b*" 'show tells of the past, without control bytes'
like "$(taskdir show "$bad")" '*state*dlq*data*{"n":1}*result*permanent'\
'*error*exit 100*' 'and why one is dead'
like "$(taskdir show --json "$bad")" '{"id":"'"$bad"'","state":"dlq",*'\
'"data":{"n":1},*"runs":[[]{"id":*}],"output":"no such thing*"}' 'as JSON'
check_exit 3 'not of what never was' taskdir show nothing

# dlq
is "$(taskdir dlq | awk '{ print $3, $5 }' | sort | paste -s -d ' ' -)" \
    'cancelled slow permanent bad' 'dlq lists'
like "$(taskdir dlq show "$bad")" '*error*exit 100*  {"classname":"bad"*' \
    'dlq show prints it whole'
like "$(taskdir dlq export --class bad)" '{"id":"'"$bad"'",*"error":'\
'"exit 100: no such thing",*"task":{"classname":"bad","customdata":{"n":1}}}' \
    'dlq export'
check_exit 0 'purge spares the young' taskdir dlq purge --all --older 1d
is "$(count_in dlq)" 2 'which are still there'
check_exit 0 'purge' taskdir dlq purge "$bad"
is "$(find "$SPOOL/dlq" -name "*$bad*")" '' 'leaves nothing'
check_exit 3 'again it is exit 3' taskdir dlq purge "$bad"
check_exit 2 'purge wants to know which' taskdir dlq purge
check_exit 0 'purge of all' taskdir dlq purge --all
check_exit 0 'an empty list is no error' taskdir dlq list
check_exit 2 'an unknown subcommand is a wrong use' taskdir dlq lits
like "$(cat err)" '*"taskdir dlq list"*' 'that names the nearest'

like "$(taskdir stats --json)" '{"waiting":1,"due":0,"failed":1,"running":0,'\
'"dlq":0,"drops":0,*"rates":[[]*{"within":"hour","ended":*' 'stats counts'
check 'and prints' taskdir stats

check 'the runner stops' stop_runner
done_testing
