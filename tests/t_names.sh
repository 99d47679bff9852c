#!/bin/sh
# Canonical names that lie, files nobody acknowledged, files of other owners.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

new_spool
handler real <<'END'
#!/bin/sh
echo "try $TASKDIR_TRY due $TASKDIR_DUE"
exit "$(taskdir data)"
END
cp "$SPOOL/handlers/real" "$SPOOL/handlers/waits"
handler waits <<'END'
#!/bin/sh
until [ -e "$TASKDIR_SPOOL.go" ]; do sleep 0.05; done # poll
END
printf '[runner]\nlog_level = info\nsettle = 1s\n' | settings

# reason_of ID-OR-NAME: the reasons that mention it.
reason_of()
{
	cat "$SPOOL"/dlq/*.reason 2>/dev/null | grep -F "\"name\":\"$1\""
}

# --- Names that the content contradicts --------------------------------------

past=$(($(date +%s) - 50))
future=$((past + 5000))
key=$(taskdir add real --data 0 --in 1d)
key=$(name_of "$key" new | cut -d , -f 3)
start_runner
printf '{"classname":"real","customdata":0,"nextruntime":%s}' "$future" |
    forge new lies1 other.class 3 "$past"
wait_for 'a name that lies does not stop a task' 'ended lies1'
is "$(run_field lies1 class) $(run_field lies1 try) $(run_field lies1 due)" \
    "real 4 $past" 'the content says the class, the name due time and tries'
is "$(cat "$SPOOL/log/output/real,lies1,4")" "try 4 due $past" \
    'which the handler is told'
printf '{"classname":"real","customdata":0,"nextruntime":%s}' "$past" |
    forge new lies2 other.class 2 "$future"
is "$(name_of lies2 new)" "$future,other.class,0123456789abcdef,lies2,2.json" \
    'due later it waits as it is'
mv "$SPOOL/new/$(name_of lies2 new)" \
    "$SPOOL/new/$past,other.class,0123456789abcdef,lies2,2.json"
wait_for 'until its turn' 'ended lies2'
is "$(run_field lies2 class) $(run_field lies2 try)" 'real 3' \
    'when it is corrected'
echo '{"classname":"real","customdata":0}' |
    forge failed lies3 other.class 1 "$past"
wait_for 'so it is in failed/' 'ended lies3'
is "$(run_field lies3 class) $(run_field lies3 try)" 'real 2' \
    'with its tries'
echo '{"classname":"real","customdata":0}' >"$SPOOL/tmp/it"
mv "$SPOOL/tmp/it" "$SPOOL/new/$past,other.class,$key,lies6,0.json"
wait_for 'the class counts where the key is right' 'ended lies6'
is "$(run_field lies6 class) $(run_field lies6 result)" 'real ok' \
    'and is corrected'
# Seen in a name that stays.
echo '{"classname":"real","customdata":1,"attemptsavailable":50}' |
    forge new lies4 real 5 "$past"
echo '{"classname":"real","customdata":1}' | forge new lies5 real 5 "$past"
wait_for 'a failure keeps the corrected name' \
    '[ "$(states_of lies4) $(states_of lies5)" = "failed failed" ]'
name=$(name_of lies4 failed)
is "${name#*,}" "real,$(taskdir add real --data 1 --in 1d >out;
    name_of "$(cat out)" new | cut -d , -f 3),lies4,6.json" \
    'with the true key and one more try'
check 'the correction is logged' grep -q 'name corrected' "$SPOOL.err"
echo '{"classname":"real","customdata":0,"on_duplicate":"ignore"}' |
    forge new decided real 0 "$past"
wait_for 'a decided name runs beside a twin that waits' 'ended decided'
is "$(run_field decided result)" ok 'whatever its on_duplicate'
check 'which is logged' grep -q 'on_duplicate.*id=decided' "$SPOOL.err"

# --- A second file with a live id --------------------------------------------

second='a task with this id is already in the spool'
echo '{"classname":"real","customdata":7}' | forge new live real 0 "$future"
wait_until 'taskdir list --json | grep -q \"live\"'
cp "$SPOOL/new/$(name_of live new)" first
for state in new failed; do
	echo '{"classname":"real","customdata":0}' |
	    forge "$state" live real 4 "$past"
	wait_for "a second file with a live id in $state/ is a dead letter" \
	    '[ -n "$(reason_of "$past,real,0123456789abcdef,live,4.json")" ]'
	like "$(reason_of "$past,real,0123456789abcdef,live,4.json")" \
	    "*\"result\":\"invalid\",\"error\":\"$second\"*" 'that says so'
	is "$(states_of live)" new 'the first one stays'
	check 'as it was' cmp first "$SPOOL/new/$(name_of live new)"
	rm -f "$SPOOL"/dlq/*
done
echo '{"classname":"waits"}' | forge new busy waits 0 "$past"
wait_until '[ "$(states_of busy)" = cur ]'
echo '{"classname":"real","customdata":0}' | forge new busy real 0 "$past"
wait_for 'so is one with the id of a running task' '[ "$(count_in dlq)" = 1 ]'
is "$(states_of busy)" cur 'which runs on'
: >"$SPOOL.go"
wait_for 'to its end' 'ended busy'
is "$(runs_of 'busy"' | wc -l | tr -d ' ')" 1 'once'
check 'the runner stops' stop_runner
rm -f "$SPOOL"/dlq/* "$SPOOL"/new/* "$SPOOL"/failed/*
for n in 1 2; do
	echo '{"classname":"real","customdata":0}' |
	    forge new both real "$n" "$past"
done
check_exit 0 'with two at the start' taskdir run --once
is "$(runs_of 'both"' | wc -l | tr -d ' ') $(count_in dlq)" '1 1' \
    'one runs, the other is a dead letter'

# --- Never acknowledged ------------------------------------------------------

# boots_later COMMAND...: sees the machine as if it had booted a moment ago.
boots_later()
{
	up=$(uptime_cs)
	unshare --time --boottime "-$((up / 100 - 1))" "$@"
}
rm -f "$SPOOL"/dlq/* "$SPOOL"/new/*
lost="$past,real,0123456789abcdef,lost,0.json"
printf '{"classname":"re' | forge new lost real 0 "$past"
printf '{"classname":"re' >"$SPOOL/new/letter"
printf '{"classname":"real","customdata":0}' | forge new good real 0 "$past"
seconds=$(date +%s)
if boots_later true 2>/dev/null; then
	wait_until "[ \$(date +%s) -gt $((seconds + 2)) ]"
	check_exit 0 'after the next boot' boots_later taskdir run --once
	is "$(cat "$SPOOL/tmp/lost/$lost")" '{"classname":"re' \
	    'a cut canonical file is set aside'
	check 'which is logged' grep -q "never acknowledged.*name=$lost" err
	is "$(run_field good result)" ok 'a whole one runs'
	like "$(reason_of letter)" '*at byte 13*' 'a cut letter is a dead one'
	is "$(count_in dlq)" 1 'the only one'
	printf '{"classname":"re' | forge new lost real 0 "$past"
	check_exit 0 'in the same boot' taskdir run --once
else
	skip 'no time namespace here: what a power cut leaves is not tested'
	check_exit 0 'in the same boot' taskdir run --once
fi
like "$(reason_of "$lost")" '*at byte 13*' 'a cut canonical file is dead'
is "$(names_in new)" '' 'nothing is left'

# --- No lease ----------------------------------------------------------------

if [ "$(id -u)" -ne 0 ]; then
	skip 'not root: files of other owners, which give no lease, not tested'
	done_testing
fi
new_spool
handler ok <<'END'
#!/bin/true
END
printf '[runner]\nlog_level = info\nsettle = 1s\n' | settings
chmod 0711 "$WORK"
chown -R 65534:65534 "$SPOOL"
start_runner
is "$(stat -c %u "/proc/$RUNNER")" 65534 'the runner is another user'
start_canary()
{
	echo '{' >"$SPOOL/new/canary$1"
}
begun=$(date +%s.%N)
exec 8>"$SPOOL/new/held"
printf '{"classname":"ok"' >&8
printf '{"classname":"ok"' >"$SPOOL/new/appends"
printf '{"classname":"ok"}' >"$SPOOL/new/whole"
printf '{"classname":"ok"}' >"$SPOOL/new/secret"
chmod 0600 "$SPOOL/new/secret"
echo '{' >"$SPOOL/new/canary"
stalled='' last=$(uptime_cs)
append()
{
	now=$(uptime_cs)
	[ $((now - last)) -lt 75 ] || stalled=1
	last=$now
	[ -n "$stalled" ] || printf ' ' >>"$SPOOL/new/appends"
}
wait_until 'append; [ -n "$(reason_of canary)" ]'
wait_for 'a whole file of another owner runs' \
    'append; [ "$(count_in new)" -le 2 ] && runs_of "" | grep -q \"ok\"'
is "$(runs_of '' | grep '"ok"' | sed 's/.*"start":\([0-9.]*\).*/\1/' |
    awk -v begun="$begun" '$1 < begun + 0.9')" '' 'after the settle time'
if [ -n "$stalled" ]; then
	skip 'the machine stood still: nothing can be said of slow appending'
else
	check 'what is appended to is not taken' test -e "$SPOOL/new/appends"
	printf '}' >>"$SPOOL/new/appends"
	wait_for 'and runs when it is whole' \
	    '[ "$(runs_of "" | grep -c \"ok\")" -eq 2 ]'
fi
like "$(reason_of held)" '*at byte 17*' \
    'a half one is dead after the settle time, held open or not'
exec 8>&-
wait_for 'one that cannot be read' 'grep -q secret "$SPOOL.err"'
check 'is left, and said' grep -q 'left in new/.*name=secret' "$SPOOL.err"
is "$(names_in new)" secret 'where it is'
check 'the runner stops' stop_runner
done_testing
