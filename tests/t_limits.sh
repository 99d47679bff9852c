#!/bin/sh
# Limits of classes, as a runner keeps them.
. "${TD_SRCDIR:-.}/tests/tap.sh"

# drop CLASS [MEMBERS]: a letter for new/, as any producer would.
drops=0
drop()
{
	drops=$((drops + 1))
	printf '{"classname":"%s"%s}\n' "$1" "${2:+,$2}" >"$SPOOL/tmp/l$drops"
	mv "$SPOOL/tmp/l$drops" "$SPOOL/new/l$drops"
}

# runs CLASS: how many there were.
runs()
{
	runs_of | grep -c "\"class\":\"$1\""
}

new_spool
handler quick <<'END'
#!/bin/sh
END
settings <<'END'
[class *]
handler = handlers/quick
[class five]
rate = 5/s
[class daily]
rate = 1/d
END
hour=$(date +%H)
hour=$((${hour#0} + 2))
settings <<END
[class shut]
window = $((hour % 24)):00-$((hour % 24)):59
[class open]
window = 0:00-24:00
[class alone]
handler = handlers/alone
serial_by_key = yes
END
# A directory that is there already means that two run at once.
handler alone <<'END'
#!/bin/sh
key=$(taskdir data /k)
mkdir "$TASKDIR_SPOOL/tmp/k$key" || exit 1
flock -s "$TASKDIR_SPOOL/tmp/gate" true
rmdir "$TASKDIR_SPOOL/tmp/k$key"
END

# Whoever holds the gate holds them all.
exec 9>"$SPOOL/tmp/gate"
flock 9
start_runner 9>&-
begun=$(uptime_cs)
for _ in 1 2 3 4 5 6 7 8; do
	drop five
done
drop daily
drop daily
drop shut
drop open
drop free
wait_for 'all of a rated class run' '[ "$(runs five)" -eq 8 ]'
# The eighth has to wait for seven tokens, however slow all the rest is.
check 'not faster than it may' test $(($(uptime_cs) - begun)) -ge 139
is "$(runs open)" 1 'a window that is open holds nothing'
is "$(runs shut)" 0 'one that is shut does'
is "$(runs free)" 1 'a class without a rate does not wait'
is "$(runs daily)" 1 'one a day is one'
for _ in 1 2 3; do
	drop alone '"customdata":{"k":1}'
done
drop alone '"customdata":{"k":2}'
wait_for 'one of each key runs' '[ -d "$SPOOL/tmp/k1" ] &&
    [ -d "$SPOOL/tmp/k2" ]'
exec 9>&-
wait_for 'the others follow' '[ "$(runs alone)" -eq 4 ]'
is "$(runs_of | grep alone | grep -vc '"result":"ok"')" 0 \
    'never two of one key at once'
# What is asked for by its id passes limits, but not the task of its key.
handler held <<'END'
#!/bin/sh
echo "$TASKDIR_ID" >>"$TASKDIR_SPOOL/tmp/began"
until [ -e "$TASKDIR_SPOOL/tmp/ended.$TASKDIR_ID" ]; do
	sleep 0.02 # poll
done
END
settings <<'END'
[class held]
handler = handlers/held
serial_by_key = yes
END
: >"$SPOOL/tmp/began"
kill -s HUP "$RUNNER"
wait_until 'grep -q "settings loaded" "$SPOOL.err"'
held()
{
	taskdir add held --key k "$@"
}
one=$(held) two=$(held) three=$(held --in 1h)
wait_for 'the first of a key runs' 'grep -q "$one" "$SPOOL/tmp/began"'
: >"$SPOOL/run/ctl/run.$three"
wait_until '[ ! -e "$SPOOL/run/ctl/run.$three" ]'
drop free
wait_until '[ "$(runs free)" -eq 2 ]'
is "$(cat "$SPOOL/tmp/began")" "$one" 'run.ID does not pass it'
: >"$SPOOL/tmp/ended.$one"
wait_for 'but is the next' \
    '[ "$(cat "$SPOOL/tmp/began")" = "$(printf "%s\n" "$one" "$three")" ]'
: >"$SPOOL/run/ctl/force.$two"
wait_for 'force.ID passes it' 'grep -q "$two" "$SPOOL/tmp/began"'
: >"$SPOOL/tmp/ended.$two"
: >"$SPOOL/tmp/ended.$three"
wait_for 'all are done' '[ "$(runs held)" -eq 3 ]'
stop_runner
start_runner
drop free
wait_for 'a second runner works' '[ "$(runs free)" -eq 3 ]'
is "$(runs daily)" 1 'and keeps to the rate that the first one left'
stop_runner
# The next one starts before the last is settled, but not before it has ended.
for _ in $(seq 40); do
	drop free
done
check 'one at a time' taskdir run --once --class free --parallel 1
times='s/.*"start":\([0-9.]*\),"end":\([0-9.]*\),.*/\1 \2/'
is "$(runs_of | grep '"class":"free"' | sed "$times" | sort -n | tail -n 40 |
    awk '$1 < last { n++ } { last = $2 } END { print NR, n + 0 }')" '40 0' \
    'no two of them overlap in the run log'
drop five
drop five
drop five
check 'run --once waits for the next token' taskdir run --once
is "$(runs five)" 11 'and runs them all'
is "$(runs daily)" 1 'but not for one that is a day off'
check 'run --once --ignore-limits' taskdir run --once --ignore-limits
is "$(runs daily)" 2 'runs what a rate keeps'
is "$(runs shut)" 1 'and what a window keeps'
done_testing
