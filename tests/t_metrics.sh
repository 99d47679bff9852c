#!/bin/sh
# Numbers for Prometheus: "stats --prometheus" and run/metrics.prom.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

# faults FILE: what is not as Prometheus wants it; promtool knows more.
faults()
{
	awk -f "$TD_SRCDIR/tests/prometheus.awk" "$1"
	! command -v promtool >/dev/null || promtool check metrics <"$1" 2>&1
}

# value FILE NAME [LABELS]: of the sample, "none" if there is none.
value()
{
	# A backslash in what awk is given is an escape to it.
	SERIES="$2{spool=\"$SPOOL\"${3:+,$3}} " awk '
	    index($0, ENVIRON["SERIES"]) == 1 { print $NF; found = 1 }
	    END { if (!found) print "none" }' "$1"
}

# The checker can fail.
printf '# HELP a b\n# TYPE a gauge\na{x="\\y"} 1\n' >bad
like "$(awk -f "$TD_SRCDIR/tests/prometheus.awk" bad)" '*malformed*' \
    'a bad escape is found'
printf '# HELP a b\n# TYPE a gauge\na 1\nb 1\na 1\n' >bad
is "$(awk -f "$TD_SRCDIR/tests/prometheus.awk" bad | grep -c .)" 2 \
    'so are a strange and a second sample'

new_spool
mv "$SPOOL" "$WORK/spool1 \"q\" \\"
SPOOL="$WORK/spool1 \"q\" \\" TASKDIR=$SPOOL
taskdir stats --prometheus >empty
like "$(sed -n 3p empty)" '*/spool1 \\"q\\" \\\\"} 0' \
    'the label is the path'
is "$(faults empty)" '' 'an empty spool, with a name that needs escapes'
SPOOL=$WORK/spool1 TASKDIR=$SPOOL
mv "$WORK/spool1 \"q\" \\" "$SPOOL"

handler mod_x/task <<'END'
#!/bin/sh
head -c 1000000 /dev/zero >/dev/null
END
handler bad <<'END'
#!/bin/sh
exit 100
END
handler slow <<'END'
#!/bin/sh
exec sleep 300
END
settings <<'END'
[runner]
max_running = 3
END
file=$SPOOL/run/metrics.prom
start_runner
wait_for 'the runner writes the file when it starts' '[ -s "$file" ]'
is "$(stat -c %a "$file")" 644 'that all may read'
is "$(value "$file" taskdir_runner_up)" 1 'it is up'
is "$(value "$file" taskdir_slots)" 3 'with its slots'
one=$(taskdir add mod_x:task)
taskdir add bad >/dev/null
taskdir add bad >/dev/null
three=$(taskdir add slow)
taskdir add slow --in 1h >/dev/null
wait_until 'ended '"$one"' && taskdir running | grep -q slow'
wait_until '[ "$(taskdir list dlq --json | grep -c "\"id\"")" -eq 2 ]'
key=0123456789abcdef
: >"$SPOOL/failed/$(($(date +%s) - 500)),nobody,$key,old,3.json"
taskdir stats --prometheus >now
is "$(faults now)" '' 'numbers as Prometheus wants them'
is "$(value now taskdir_tasks 'class="slow",state="new"')" 1 'waiting'
is "$(value now taskdir_tasks 'class="slow",state="cur"')" 1 'running'
is "$(value now taskdir_tasks 'class="bad",state="dlq"')" 2 'dead'
is "$(value now taskdir_dead_letters)" 2 'dead letters in all'
is "$(value now taskdir_slots)" 3 'slots'
is "$(value now taskdir_slots_busy)" 1 'and how many are busy'
is "$(value now taskdir_due_tasks 'class="nobody"')" 1 'due'
age=$(value now taskdir_oldest_due_age_seconds 'class="nobody"')
check 'the oldest due age' [ "$age" -ge 500 ]
check 'and not more' [ "$age" -lt 700 ]
is "$(value now taskdir_oldest_due_age_seconds 'class="slow"')" 0 \
    'none where nothing is due'
check 'free space' [ "$(value now taskdir_free_bytes)" -gt 0 ]
start=$(value now taskdir_runner_start_time_seconds)
check 'when the runner started' [ "$start" -gt $(($(date +%s) - 600)) ]
rm "$SPOOL"/failed/*
taskdir cancel --no-wait "$three" >/dev/null
wait_until 'ended "$three"'
stop_runner

is "$(faults "$file")" '' 'the file that a runner leaves'
is "$(value "$file" taskdir_runner_up)" 0 'it is down'
class='class="mod_x\\task"'
is "$(value "$file" taskdir_runs_total "$class,result=\"ok\"")" 1 \
    'runs by result'
is "$(value "$file" taskdir_runs_total 'class="bad",result="permanent"')" 2 \
    'also of failures'
is "$(value "$file" taskdir_run_duration_seconds_count "$class")" 1 \
    'how many had a duration'
like "$(value "$file" taskdir_run_duration_seconds_sum "$class")" '0.*' \
    'and what they took'
is "$(value "$file" taskdir_tasks 'class="bad",state="dlq"')" 2 \
    'dead letters that it counted'
taskdir stats --prometheus >now
is "$(grep -v taskdir_free_ now)" "$(grep -v taskdir_free_ "$file")" \
    'the command and the runner say the same'
is "$(find "$SPOOL/run" -name '.metrics*')" '' 'nothing is left aside'

taskdir add mod_x:task >/dev/null
taskdir run --once >/dev/null
is "$(value "$file" taskdir_runs_total "$class,result=\"ok\"")" 2 \
    'counters go on with the next runner'
echo 'taskdir_runs_total{class="x' >"$file"
taskdir run --once >/dev/null 2>&1
is "$(value "$file" taskdir_runs_total "$class,result=\"ok\"")" none \
    'a broken file is no reason to stop'
is "$(faults "$file")" '' 'and is put right'

# Names without end.
rm "$SPOOL"/new/*
i=0
while [ "$i" -lt 1100 ]; do
	i=$((i + 1))
	: >"$SPOOL/new/4000000000,class$i,$key,id$i,0.json"
done
taskdir stats --prometheus >now
is "$(value now taskdir_tasks 'class="*",state="new"')" 1100 \
    'too many classes are one'
is "$(faults now)" '' 'in good form'
done_testing
