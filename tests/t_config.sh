#!/bin/sh
# Settings: shown with their origin, changed in place, refused when wrong.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

new_spool
conf=$SPOOL/taskdir.conf

check_exit 0 'config list needs no spool' \
    env TASKDIR=/nowhere taskdir config list
while read -r place name _; do
	case $place in
	service | rule) page=hub/taskdir-hub.8 ;;
	*) page=lib/taskdir.5 ;;
	esac
	grep -q "^\.It Cm $name = " "$TD_SRCDIR/src/$page" || echo "$name"
done <out >missing
check 'it lists settings' grep -q '^class *timeout ' out
is "$(cat missing)" '' 'a manual describes each of them'
check_exit 0 'a new spool has no mistakes' taskdir config check
like "$(cat out)" '*no mistakes' 'it says'
check_exit 0 'a default is a value' taskdir config get settle
is "$(cat out)" 2s 'it is printed'

# Every comment, blank line, order and line ending stays.
printf '# head\r\n\r\n[runner]\r\n; mine\r\nsettle =   3s\r\n\n%s\n%s' \
    '[class mail.*]' 'timeout = 1m' >"$conf"
chmod 0640 "$conf"
check_exit 0 'set changes one' taskdir config set settle 500ms
check_exit 0 'set adds one' taskdir config set --class 'mail.*' nice -- -5
check_exit 0 'set adds a section' \
    taskdir config set --class mod_x/task attempts unlimited
printf '# head\r\n\r\n[runner]\r\n; mine\r\nsettle =   500ms\r\n\n' >want
printf '%s\n%s\r\n%s\r\n\r\n%s\r\n%s\r\n' '[class mail.*]' 'timeout = 1m' \
    'nice = -5' '[class mod_x\task]' 'attempts = unlimited' >>want
check 'all else stays byte for byte' cmp "$conf" want
is "$(stat -c %a "$conf")" 640 'and so does the mode'
is "$(find "$SPOOL" -name '*.new')" '' 'nothing is left beside it'

taskdir config show mail.digest --origin >out
like "$(grep ' timeout ' out)" '*1m*taskdir.conf:8' 'show says where from'
like "$(grep ' attempts ' out)" '*12*default' 'or that it is the default'
taskdir config show 'mod_x\task' --json >out
like "$(cat out)" '*"name":"attempts","value":"unlimited","origin":"taskdir.*' \
    'as JSON too'
is "$(taskdir config get nice --class mail.digest)" -5 'get asks for a class'
is "$(taskdir config get nice --class other)" 0 'and only for that'

# What is wrong is refused, and the file stays.
check_exit 2 'an unknown name is a wrong use' taskdir config set setle 1s
like "$(cat err)" '*did you mean settle?*' 'with the nearest'
check_exit 2 'so is a bad value' taskdir config set settle soon
like "$(cat err)" '*settle: not a duration (90, 5m, 2h30m, 1d)*' \
    'with what is allowed'
check_exit 2 'so is one of another place' taskdir config set timeout 5m
like "$(cat err)" '*it belongs to \[class NAME\]*' 'with the right one'
check_exit 2 'get refuses unknown names too' taskdir config get setle
check_exit 2 'a pattern must be one' \
    taskdir config set --class 'a b' timeout 5m
check_exit 2 'a file must be one of conf.d' \
    taskdir config set --file ../evil.conf settle 1s
check 'nothing of this changed the file' cmp "$conf" want

cp "$conf" good
printf '[runner]\nsettle = 2s\nmax_runing = 8\n' >"$conf"
cp "$conf" broken
check_exit 1 'a mistake is found' taskdir config check
like "$(cat err)" '*taskdir.conf:3:1: max_runing: *did you mean max_running?*' \
    'with file, line and column'
check_exit 1 'a file with a mistake is not made worse' \
    taskdir config set settle 1s
check 'it stays' cmp "$conf" broken
check_exit 0 'but the mistake can be taken out' \
    taskdir config unset max_runing
is "$(cat "$conf")" "$(printf '[runner]\nsettle = 2s')" 'and is gone'
cp good "$conf"

check_exit 0 'unset takes one out' \
    taskdir config unset nice --class 'mail.*'
is "$(grep -c nice "$conf")" 0 'and it is gone'
check_exit 3 'unset of what is not there says so' \
    taskdir config unset nice --class 'mail.*'

check_exit 0 'another file can be named' \
    taskdir config set --file 10-local.conf settle 7s
is "$(cat "$SPOOL/conf.d/10-local.conf")" \
    "$(printf '[runner]\nsettle = 7s')" 'and is made'
is "$(taskdir config get settle)" 7s 'and wins'
check_exit 0 'set beside it works' taskdir config set settle 1s
like "$(cat err)" '*conf.d/10-local.conf:2 says otherwise, and wins*' \
    'but warns'

chmod 0666 "$conf"
check_exit 1 'check refuses what others may write' taskdir config check
like "$(cat err)" '*taskdir.conf can be written by others*chmod go-w*' \
    'and says what to do'
cp "$conf" before
check_exit 1 'so does set' taskdir config set settle 9s
like "$(cat err)" '*will not read*can be written by others*chmod go-w*' \
    'and says why'
check_exit 1 'and unset' taskdir config unset settle
check 'and the file stays' cmp "$conf" before
check_exit 0 'get reads it' taskdir config get settle
like "$(cat out err)" '7s*will not read this*can be written by others*' \
    'and says that the runner does not'
check_exit 0 'as does show' taskdir config show
like "$(cat err)" '*can be written by others*' 'which says so too'
chmod 0600 "$conf"
chmod 0666 "$SPOOL/conf.d/10-local.conf"
check_exit 0 'another file is not what set changes' \
    taskdir config set settle 1s
like "$(cat err)" '*will not read this: *conf.d/10-local.conf can be*' \
    'but it warns'
chmod 0600 "$SPOOL/conf.d/10-local.conf"
check_exit 0 'get of files that are trusted' taskdir config get settle
is "$(cat err)" '' 'has no complaint'
mv "$conf" "$SPOOL/elsewhere"
ln -s elsewhere "$conf"
check_exit 0 'a link is followed' taskdir config check
check_exit 1 'but not replaced' taskdir config set settle 1s
like "$(cat err)" '*is a link*' 'it says why'
rm "$conf"
check_exit 0 'a missing file is made' taskdir config set max_crashes 5
is "$(stat -c %a "$conf")" 600 'for the owner alone'
is "$(names_in run/ctl)" '' 'without a runner nobody is asked to reload'

# A runner takes a change at once.
rm "$SPOOL/conf.d/10-local.conf"
handler mode <<'END'
#!/bin/sh
umask
END
at_once 8 taskdir config set --class many.% umask 077
is "$(grep -c '^\[class many' "$SPOOL/taskdir.conf")" 8 \
    'no change undoes another'
start_runner
check_exit 0 'set beside a runner' \
    taskdir config set --class mode umask 077 --json
like "$(cat out)" '*"reloading":true*' 'tells it'
wait_for 'which takes the request' '[ -z "$(names_in run/ctl)" ]'
printf '{"classname":"mode"}' >"$SPOOL/tmp/x"
mv "$SPOOL/tmp/x" "$SPOOL/new/x"
wait_for 'a task runs' 'grep -qs ok "$SPOOL"/log/runs-*'
is "$(cat "$SPOOL"/log/output/*,1)" 0077 'under the new setting'
check 'and the runner stops in order' stop_runner
done_testing
