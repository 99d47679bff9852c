#!/bin/sh
# The commands of the schedule: what they show, change and refuse.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
new_spool
handler note <<'END'
#!/bin/sh
echo "slot $TASKDIR_SLOT"
[ ! -e "$TASKDIR_SPOOL/fails" ]
END
mkdir -p "$SPOOL/handlers/mod_x"
cp "$SPOOL/handlers/note" "$SPOOL/handlers/mod_x/a"
cat >"$SPOOL/schedule" <<'END'
# Mine; this comment stays.
0  9 * * 1-5   note  id=weekdays   tz=Europe/Madrid  {"a": 1}

R R * * *      note  id=off disabled   # no comment: the data
*/5 * * * *    note  id=five
END
cat >"$SPOOL/schedule.d/mod_x.schedule" <<'END'
30 2 * * *  mod_x\a  missed=skip
END
sed -i 's/ *# no comment.*//' "$SPOOL/schedule"

# --- What is there -----------------------------------------------------------

check_exit 0 'list' taskdir schedule list
is "$(wc -l <out | tr -d ' ')" 4 'a line an entry'
like "$(cat out)" "*weekdays*at 09:00*Madrid*own*off*disabled*five*default*" \
    'with the words, the state and whose it is'
check_exit 0 'list --json' taskdir schedule list --json
check 'which is JSON' sh -c 'python3 -m json.tool <out >parsed'
check_exit 0 'show' taskdir schedule show mod_x/a
like "$(cat out)" \
    '*30 2 \* \* \**missed*skip*schedule.d/mod_x.schedule:1 (default)*' \
    'tells all'
check_exit 0 'show of R' taskdir schedule show off
like "$(cat out)" '*R=[0-9]* R=[0-9]*' 'prints what it is here'
cp out off.out
if unshare --uts true 2>"$WORK/.out"; then
	unshare --uts sh -c 'echo elsewhere >/proc/sys/kernel/hostname
	    hostname 2>/dev/null; taskdir schedule show off' >out 2>&1
	is "$(grep written out)" "$(grep written off.out)" \
	    'the same on a host of another name'
else
	skip 'the host cannot get another name here'
fi
check_exit 3 'an unknown one' taskdir schedule show nobody
check_exit 3 'a class with several entries' taskdir schedule show note
like "$(cat err)" '*several entries*, *' 'names two of them'
check_exit 0 'explain of an entry' taskdir schedule explain weekdays \
    --from 2026-03-27 -n 2 --json
is "$(cat out)" '{"id":"weekdays","expr":"0 9 * * 1-5",'\
'"words":"at 09:00, Monday to Friday","minute":[0],"hour":[9],'\
"$(printf '"day":[%s],"month":[%s]' "$(seq -s , 31)" "$(seq -s , 12)")"\
',"dayofweek":[1,2,3,4,5],"tz":"Europe/Madrid","next":['\
'"2026-03-27T09:00:00+01:00","2026-03-30T09:00:00+02:00"]}' \
    'as it runs in its zone'
check_exit 0 'explain of R' taskdir schedule explain off
like "$(cat out)" "*minute *$(taskdir schedule show off --json |
    sed 's/.*"minute":"R=\([0-9]*\)".*/\1/')*hour *" 'has its values'
check_exit 3 'explain of nobody' taskdir schedule explain nobody
check_exit 2 'explain of two things' taskdir schedule explain off -e @daily
check_exit 2 'an entry has its zone' taskdir schedule explain off --tz UTC
check_exit 0 'next' taskdir schedule next -n 10
is "$(wc -l <out | tr -d ' ')" 10 'as many as were asked for'
like "$(taskdir schedule next weekdays -n 1)" '*T09:00:00+0* *Europe/Madrid*' \
    'and the zone of an entry that has one'
like "$(taskdir schedule next mod_x/a -n 1)" '*not made up for if missed' \
    'what a missed one comes to'
check_exit 0 'next of one' taskdir schedule next weekdays -n 1 \
    --from 2026-06-06T00:00:00Z
like "$(cat out)" '2026-06-08T09:00:00+02:00*' 'in its own zone'
check_exit 0 'lint of a good one' taskdir schedule lint

# --- Changes -----------------------------------------------------------------

cp "$SPOOL/schedule" before
check_exit 0 'set' taskdir schedule set weekdays --hour 7 --minute 30 \
    --missed skip
is "$(diff before "$SPOOL/schedule" | grep '^[<>]')" \
    '< 0  9 * * 1-5   note  id=weekdays   tz=Europe/Madrid  {"a": 1}
> 30  7 * * 1-5   note  id=weekdays   tz=Europe/Madrid  missed=skip  {"a": 1}' \
    'changes that line and nothing else'
check_exit 0 'an option goes' taskdir schedule set weekdays --missed '' \
    --hour 9 --minute 0
check 'and all is as it was' cmp before "$SPOOL/schedule"
check_exit 2 'what the runner would not take is refused' \
    taskdir schedule set weekdays --hour 25
check 'and changes nothing' cmp before "$SPOOL/schedule"
check_exit 0 'enable' taskdir schedule enable off
check_exit 0 'disable' taskdir schedule disable five
like "$(cat "$SPOOL/schedule")" '*id=off
*id=five  disabled*' 'are written there'
check_exit 0 'a default' taskdir schedule set 'mod_x\a' --hour 4
like "$(cat "$SPOOL/schedule")" \
    '*[[]schedule mod_x\\a]*minute = 30*hour = 4*missed = skip*' \
    'is copied and changed'
taskdir schedule list >out
like "$(cat out)" '*mod_x\\a *at 04:30*changed*' 'which list says'
check_exit 0 'set once more' taskdir schedule set mod_x/a --when @daily
like "$(taskdir schedule show mod_x/a)" '*@daily*' 'a macro takes over'
check_exit 0 'reset' taskdir schedule reset mod_x/a
like "$(taskdir schedule list)" '*mod_x\\a *at 02:30*default*' \
    'goes back to the default'
check 'and leaves nothing behind' sh -c \
    'sed "s/ *disabled\$//; s/id=off\$/id=off disabled/" "$1" | cmp - before' \
    sh "$SPOOL/schedule"
cp "$SPOOL/schedule" lines
taskdir schedule set mod_x/a --hour 5 >out
printf '\n[schedule after]\nclass = note\n' >>"$SPOOL/schedule"
taskdir schedule reset mod_x/a >out
is "$(cat lines; printf '\n[schedule after]\nclass = note')" \
    "$(cat "$SPOOL/schedule")" 'also from between two others'
check_exit 0 'blanks in a section' taskdir schedule set after \
    --minute '5, 35' --user 'a b'
like "$(cat "$SPOOL/schedule")" '*minute = 5, 35
user = a b' 'stay'
cp lines "$SPOOL/schedule"
check_exit 3 'reset of what is no default' taskdir schedule reset five
like "$(cat err)" '*five has no default*' 'says so'
check_exit 2 'set without a change' taskdir schedule set five
check_exit 0 'blanks in a list' taskdir schedule set five \
    --minute ' 5, 35 ,40' --hour '1 ,2'
like "$(grep id=five "$SPOOL/schedule")" '5,35,40 1,2 *' \
    'are left out where a line has no room for them'
cp "$SPOOL/schedule" lines
# refused TEXT OPTION...: set on an entry of one line.
refused()
{
	text=$1
	shift
	check_exit 2 "refused: $2" taskdir schedule set five "$@"
	like "$(cat err)" "*$text*" "because of: $text"
	check 'and nothing is changed' cmp lines "$SPOOL/schedule"
}
refused 'user: *line 5 of schedule*[[]schedule five]*' --user 'a b'
refused 'minute: *blank*' --minute '5 35'
refused 'when: *line break*' --when '@daily x
* * * * * note id=evil #'
refused 'data: *unexpected*' --data '{}
* * * * * note id=evil'
refused 'data: unexpected *' --data 'tz=UTC'
check_exit 0 'data of several lines' taskdir schedule set five --data '{
"a": [1,
2]}'
like "$(grep id=five "$SPOOL/schedule")" '* {*"a": [[]1, *2[]]}' \
    'become one'
printf '[schedule mod_x\\*]\ndisabled = yes\n' | settings
like "$(taskdir schedule list)" '*mod_x\\a*disabled*changed*' \
    'the settings change what fits a pattern'

cp "$SPOOL/taskdir.conf" taskdir.conf
printf '[schedule *]\nminute = 99\nhour = 5\ndst = never\nmissed = skip\n' |
    settings
check_exit 1 'a mistake there' taskdir schedule lint
is "$(grep -c 'minute: 99 is out of range' out) $(grep -c 'dst: "never"' out)" \
    '4 4' 'is told for each entry'
is "$(wc -l <out | tr -d ' ')" 8 'and nothing twice'
taskdir schedule show weekdays >out
like "$(cat out)" '*0 9 \* \* 1-5*default*skip*' \
    'times stay as they are written, what is right holds'
is "$(taskdir schedule list 2>/dev/null | wc -l | tr -d ' ')" 4 \
    'and no entry is lost'
cp taskdir.conf "$SPOOL/taskdir.conf"
mv "$SPOOL/schedule" "$SPOOL/elsewhere"
ln -s elsewhere "$SPOOL/schedule"
check_exit 1 'a schedule behind a link is not written to' \
    taskdir schedule set five --hour 5
like "$(cat err)" '*schedule: *symbolic link*' 'as is said'
mv "$SPOOL/elsewhere" "$SPOOL/schedule"

# --- Mistakes ----------------------------------------------------------------

cp "$SPOOL/schedule" good
printf '5 * * *\n* * * * * note id=b blocking=1\n' >>"$SPOOL/schedule"
check_exit 1 'lint of a bad one' taskdir schedule lint
like "$(cat out)" "schedule:*:8: error: too few fields*warning: blocking: *" \
    'says where and what'
check_exit 1 'lint --json' taskdir schedule lint --json
check 'is JSON' sh -c 'python3 -m json.tool <out >parsed'
check_exit 0 'list goes on' taskdir schedule list
like "$(cat err)" '*too few fields*blocking*' 'and tells of it'
is "$(grep -c blocking err)" 1 'and of blocking once'
start_runner
like "$(cat "$SPOOL.err")" '*warning*blocking: *4.4*' 'as the runner does'
wait_for 'which runs the entry beside others' 'names_in new | grep -q ",note,"'
stop_runner
cp good "$SPOOL/schedule"

# --- Runs --------------------------------------------------------------------

check_exit 0 'run of a disabled one, without a runner' \
    taskdir schedule run mod_x/a
like "$(cat out)" '*slot *ok*' 'its output and result'
: >"$SPOOL/fails"
like "$(taskdir schedule list | grep mod_x)" \
    'mod_x\\a *at 02:30* 20[0-9][0-9]-*ok *disabled*changed' \
    'list has its last run and result'
check_exit 1 'the exit code is the run' taskdir schedule run five
like "$(taskdir schedule list | grep five)" \
    '* 20[0-9][0-9]-*permanent*disabled*own' 'which list shows, too'
check_exit 1 'at once again' taskdir schedule run five
is "$(cat "$SPOOL"/log/*.jsonl | grep -o '"id":"[^"]*"' | sort | uniq -d)" '' \
    'is a run of its own'
is "$(count_in failed)$(count_in dlq)" 00 'a failure leaves nothing'
rm "$SPOOL/fails"
check_exit 3 'an unknown one' taskdir schedule run nobody
handler slow <<'END'
#!/bin/sh
: >"$TASKDIR_SPOOL/slow"
until [ -e "$TASKDIR_SPOOL/go" ]; do sleep 0.02; done # poll
END
cp "$SPOOL/schedule" lines
printf '0 0 1 1 *  slow\n' >>"$SPOOL/schedule"
taskdir schedule run slow >slow.out 2>&1 &
slow=$!
wait_for 'one runs in the foreground' '[ -e "$SPOOL/slow" ]'
check_exit 1 'not twice' taskdir schedule run slow
taskdir schedule run five >five.out 2>&1 &
five=$!
wait_for 'another is asked for' 'names_in new | grep -q -- "-m,"'
: >"$SPOOL/go"
check 'the first ends' wait "$slow"
check 'and the other does not wait for a runner for ever' wait "$five"
like "$(cat five.out)" '*ok *note*' 'but runs'
cp lines "$SPOOL/schedule"
start_runner
before=$(names_in new)
check_exit 0 'run beside a runner' taskdir schedule run five
is "$(names_in new)" "$before" 'the next slot stays as it is'
: >"$SPOOL/fails"
check_exit 1 'its failure is ours' taskdir schedule run five
rm "$SPOOL/fails"
is "$(names_in new)" "$before" 'which is not tried again'
check_exit 0 'set while a runner is there' taskdir schedule set weekdays \
    --minute 59
# shellcheck disable=SC2034 # for the condition
slot=$(date -d "$(taskdir schedule next weekdays -n 1 | cut -d ' ' -f 1)" +%s)
wait_for 'moves the waiting task' 'names_in new | grep -q "^$slot,.*,s-"'
check_exit 0 'enable' taskdir schedule enable five
wait_for 'and an enabled entry gets one' \
    '[ "$(names_in new | grep -c ,s-)" -eq 3 ]'
check_exit 0 'disable' taskdir schedule disable five
wait_for 'which goes' '[ "$(names_in new | grep -c ,s-)" -eq 2 ]'
check_exit 0 'the log knows it' taskdir log --type scheduled --json
check_exit 0 'disable while a runner is there' taskdir schedule disable off
wait_for 'takes the waiting task out' \
    '[ "$(names_in new | grep -c ,s-)" -eq 1 ]'
check 'the runner stops' stop_runner
id=$(names_in new | cut -d , -f 4)
check 'cancel without a runner' taskdir cancel "$id"
start_runner
like "$(names_in new)" "*,s-*" 'the slot after it waits'
check 'not the cancelled one' sh -c "! ls '$SPOOL/new' | grep -q '$id'"
stop_runner

# --- Many terminals, one file ------------------------------------------------

{
	for n in 1 2 3 4 5 6 7 8; do
		echo "0 1 * * * many_$n"
	done
} >>"$SPOOL/schedule"
at_once 8 taskdir schedule set many_% --minute %
is "$(grep -c '^[1-8] 1 .*many_' "$SPOOL/schedule")" 8 \
    'no change undoes another'

# --- Only the runner's -------------------------------------------------------

check_exit 2 'its keys are not for others' taskdir add note \
    --key schedule:five
echo '{"classname":"note","key":"schedule:five"}' >"$SPOOL/new/drop"
check 'nor in a drop' sh -c 'taskdir run --once; :'
is "$(count_in dlq)" 1 'which is a dead letter'
done_testing
