#!/bin/sh
# What a user may try with his letter box.  Nothing that he does runs as
# somebody else, reads what is not his, or is in the way of others.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/users.sh"
. "$TD_SRCDIR/tests/why.sh"
new_shared
BOX=$(box_of "$EVA") EVA_UID=$(id -u "$EVA") ADA_UID=$(id -u "$ADA")
settings <<'END'
[runner]
settle = 200ms
[class *]
backoff = 1h
END
handler who <<'END'
#!/bin/sh
id -un
cat
END
# Tries to change its task, by every way to it that it has.
handler scribble <<'END'
#!/bin/sh
(echo changed >/dev/stdin) 2>/dev/null && echo 'stdin was written'
(echo changed >/proc/self/fd/0) 2>/dev/null && echo 'fd 0 was written'
ls "$TASKDIR_SPOOL/cur" 2>/dev/null
cat
exit 1
END
handler env <<'END'
#!/bin/sh
cat /proc/self/environ | tr '\n\0' ' \n' | sed 's/=.*//' | sort | tr '\n' ' '
END

# Everything that ran, but for what the story itself lets run.
ran()
{
	cat "$SPOOL"/log/runs-*.jsonl 2>/dev/null | grep -c '"start":'
}

# drop NAME: standard input into Eva's new/, as she.
drop()
{
	as "$EVA" sh -c "cat >'$BOX/tmp/$1' && mv '$BOX/tmp/$1' '$BOX/new/$1'"
}

# is_refused NAME WHY: it is a dead letter of hers that says so.
is_refused()
{
	wait_for "$1" "as '$EVA' taskdir dlq list | grep -q '$2'"
	find "$BOX/dlq" -type f -delete
}

# is_left NAME FILE WHY CODE: it stays where it is; root is warned, and she
# can ask.
is_left()
{
	wait_for "$1" \
	    "grep -q 'left in users/$EVA/new/: .*$3 name=$2\$' '$SPOOL.err'"
	check "$1: it stays" test -e "$BOX/new/$2" -o -L "$BOX/new/$2"
	like " $(as "$EVA" taskdir why "$2" --json | codes) " "* $4 *" \
	    "$1: she is told"
	rm -rf "${BOX:?}/new/$2"
}

# --- Files that lie there at every start -------------------------------------

as "$EVA" mkdir "$BOX/new/dir"
as "$EVA" ln -s /tmp "$BOX/new/link"
as "$EVA" mkfifo "$BOX/new/fifo"
echo '{"classname":"who"}' >"$BOX/new/roots"
for _ in 1 2 3; do
	taskdir run --once >>"$WORK/once" 2>>"$WORK/once.err"
done
is "$(cat "$WORK/once")" '' 'what is left ends in no run'
is "$(taskdir log; as "$EVA" taskdir log)" '' 'and is in no log'
is "$(grep -c 'warning.*: left in ' "$WORK/once.err")" 12 \
    'but each runner warns of it once'
is "$(as "$EVA" taskdir list --json | grep -c '"state":"drop"')" 4 \
    'and its user sees it'
rm -r "$BOX/new/"*

EVIL=1 start_runner

# --- Files that are not hers -------------------------------------------------

mkdir "$WORK/hers"
echo '{"classname":"who"}' >"$WORK/hers/roots"
chown "$EVA" "$WORK/hers"
as "$EVA" mv "$WORK/hers/roots" "$BOX/new/roots"
is_left "root's file, renamed" roots 'somebody else' foreign
echo '{"classname":"who"}' >"$WORK/linked"
ln "$WORK/linked" "$BOX/new/linked"
is_left "root's file, linked" linked 'somebody else' foreign
echo '{"classname":"who"}' >"$WORK/adas"
chown "$ADA" "$WORK/adas"
ln "$WORK/adas" "$BOX/new/adas"
is_left "another user's file, linked" adas 'somebody else' foreign
as "$EVA" ln -s "$WORK/linked" "$BOX/new/link"
is_left 'a symbolic link' link 'not a regular file' not-regular
as "$EVA" ln -s /nowhere "$BOX/new/dangling"
is_left 'one that leads nowhere' dangling 'not a regular file' not-regular
as "$EVA" mkfifo "$BOX/new/fifo"
is_left 'a FIFO' fifo 'not a regular file' not-regular
as "$EVA" mkdir "$BOX/new/dir"
is_left 'a directory' dir 'not a regular file' not-regular
echo '{"classname":"who"}' | as "$EVA" sh -c "umask 0; cat >$BOX/new/open"
is_refused 'a file that all may write' 'others may write'
echo '{"classname":"who"}' | as "$EVA" sh -c \
    "cat >$BOX/tmp/two && ln $BOX/tmp/two $BOX/new/two"
is_refused 'a file with a second name' 'other names'
is "$(ran)" 0 'none of them ran'

# --- Names, users and keys that are not hers ---------------------------------

for user in root 0 "$ADA" "$ADA_UID" nobody-here; do
	id=$(as "$EVA" taskdir add who --user "$user")
	check_exit 1 "userid $user" as "$EVA" timeout 20 taskdir wait "$id"
done
is "$(cat "$SPOOL"/log/output/* | wc -c)" 0 'never runs'
id=$(as "$EVA" taskdir add who --user "$EVA")
check_exit 0 'her own does' as "$EVA" timeout 20 taskdir wait "$id"
is "$(as "$EVA" taskdir log output "$id" | sed -n 1p)" "$EVA" 'as herself'

victim=$(as "$ADA" taskdir add who --key k --data '"adas"' --in 1h)
wait_for "Ada's task waits" '[ "$(count_in new)" -eq 1 ]'
before=$(names_in new)
name=$(in_box "$ADA" queue)
echo '{"classname":"who"}' | drop "$name"
wait_for 'a name with the id of another user is a task of hers' \
    '[ -f "$SPOOL/new/$(in_box "$EVA" queue | sed "s/$victim/u$EVA_UID-&/")" ]'
like "$(in_box "$EVA" queue)" '*,who,*' 'with the class that it has'
check "and the key it has" test "$(in_box "$EVA" queue | cut -d , -f 3)" != \
    "$(in_box "$ADA" queue | cut -d , -f 3)"
as "$EVA" timeout 20 taskdir cancel "$victim" >/dev/null
is "$(names_in new)" "$before" 'to cancel it cancels hers'
now=$(date +%s)
echo '{"classname":"who"}' |
    drop "0000000001,x,0123456789abcdef,u$ADA_UID-$victim,99.json"
wait_for 'a forged id, class, key, time and tries' \
    'grep -qs "\"id\":\"u$EVA_UID-u$ADA_UID-$victim\",.*\"class\":\"who\".*\
\"try\":1," "$SPOOL"/log/runs-*'
check 'it has waited since it came, no longer' test \
    "$(run_field "u$EVA_UID-u$ADA_UID-$victim" due)" -ge "$now"
for policy in ignore soonest reschedule replace; do
	printf '{"classname":"who","key":"k","customdata":"%s",
	    "on_duplicate":"%s","nextruntime":4000000000}' \
	    "$policy" "$policy" | drop "$policy"
	wait_for "$policy with the key of another user" \
	    "[ \"\$(in_box '$EVA' queue | wc -l)\" -eq 1 ]"
	is "$(in_box "$ADA" queue)" "$name" 'leaves his alone'
	as "$EVA" timeout 20 taskdir cancel --all >/dev/null
done
is "$(names_in new)" "$before" 'his is as it was'
for key in schedule:nightly event:x; do
	echo '{"classname":"who","on_duplicate":"replace","key":"'$key'"}' |
	    drop key
	is_refused "the key $key" 'belongs to the runner'
done
echo '{"classname":"who","slot":1795132800}' | drop slot
is_refused 'the slot of a schedule' 'belongs to the runner'
slot=1795132800,who,0123456789abcdef,s-9f86d081884c7d65-1795132800,0.json
echo '{"classname":"who"}' | drop "$slot"
is_refused 'the id of a slot' 'ids of slots belong to the runner'
for class in ../who '..\\who' '\\..\\bin\\id' 'a\\..\\who' '-x'; do
	printf '{"classname":"%s"}' "$class" | drop class
	is_refused "the class $class" classname
done 2>/dev/null
echo '{"classname":"/bin/id"}' | drop class
wait_for 'an absolute class name is none' \
    'as "$EVA" taskdir list --errors | grep -q "handlers/bin/id is missing"'
timeout 20 taskdir cancel --all --waiting >/dev/null

# --- Requests for tasks that are not hers ------------------------------------

(settings && kill -s HUP "$RUNNER") <<'END'
[class fails]
attempts = 1
END
handler fails <<'END'
#!/bin/sh
exit 1
END
dead=$(as "$ADA" taskdir add fails)
waits=$(as "$ADA" taskdir add who --in 1h)
roots=$(taskdir add fails)
wait_until '[ "$(states_of "$roots")" = dlq ] &&
    [ -n "$(in_box "$ADA" queue)" ] &&
    in_box "$ADA" dlq | grep -q "$dead"'
before=$(find "$SPOOL"/new "$SPOOL"/dlq "$(box_of "$ADA")" -type f | sort)
letter=$(in_box "$ADA" dlq | grep "$dead")
for name in "$letter" "$(echo "$letter" | sed "s/$dead/u$ADA_UID-&/")" \
    "$(name_of "$roots" dlq)"; do
	# She may even paint a picture of it.
	as "$EVA" sh -c "echo '{\"classname\":\"who\"}' >'$BOX/dlq/$name'
	    cd '$BOX/ctl' && : >'revive.$name' && : >'purge.$name' &&
	    : >'revive.1000000000.$name' && : >'revive.4000000000.$name'"
done
for name in "$waits" "u$ADA_UID-$waits" "$roots"; do
	as "$EVA" sh -c "cd '$BOX/ctl' && : >'due.1000000000.$name' &&
	    : >'cancel.$name'"
done
as "$EVA" mkdir "$BOX/ctl/due.1000000000.u$ADA_UID-$waits.d" \
    "$BOX/ctl/cancel.directory"
as "$EVA" mkfifo "$BOX/ctl/cancel.fifo"
as "$EVA" ln -s "$WORK/precious" "$BOX/ctl/cancel.link"
wait_for 'requests for what is not hers are taken' \
    '[ -z "$(find "$BOX/ctl" -mindepth 1 ! -type d)" ]'
as "$ADA" taskdir add who >"$WORK/id"
as "$ADA" timeout 20 taskdir wait "$(cat id)" >/dev/null
is "$(find "$SPOOL"/new "$SPOOL"/dlq "$(box_of "$ADA")" -type f \
    ! -path '*/log/*' | sort)" "$(echo "$before" | grep -v /log/)" \
    'and change nothing'
find "$BOX/dlq" "$BOX/ctl" -mindepth 1 -delete
# Her own may wait as long as she likes, but never look as if they had.
dead=$(as "$EVA" taskdir add fails)
wait_until 'in_box "$EVA" dlq | grep -q "$dead"'
now=$(date +%s)
as "$EVA" touch "$BOX/ctl/revive.1000000000.$(in_box "$EVA" dlq)"
wait_for 'a letter revived for the past' \
    '[ "$(runs_of "u$EVA_UID-$dead" | wc -l)" -eq 2 ]'
check 'is due now' test "$(run_field "u$EVA_UID-$dead" due)" -ge "$now"
id=$(as "$EVA" taskdir add who --in 1h)
wait_until '[ -n "$(in_box "$EVA" queue)" ]'
as "$EVA" touch "$BOX/ctl/due.1000000000.$id"
wait_until '[ -n "$(runs_of "u$EVA_UID-$id")" ]'
check 'so is one moved there' test "$(run_field "u$EVA_UID-$id" due)" -ge \
    "$now"
find "$BOX/dlq" "$BOX/ctl" -mindepth 1 -delete
# Each costs a look, nobody's dead letters are searched.
as "$EVA" sh -c "cd '$BOX/ctl' && seq 10000 |
    sed 's/.*/revive.1000000000,fails,0123456789abcdef,x&,1.json/' |
    xargs touch"
as "$ADA" taskdir add who >"$WORK/id"
check_exit 0 'ten thousand of them keep nobody waiting' as "$ADA" timeout 20 \
    taskdir wait "$(cat id)"
wait_for 'and are gone' '[ -z "$(ls "$BOX/ctl")" ]'
as "$ADA" timeout 20 taskdir cancel --all >/dev/null
taskdir dlq purge --all >/dev/null
find "$(box_of "$ADA")/dlq" -type f -delete

# --- Files that change -------------------------------------------------------

kill -s STOP "$RUNNER"
id=$(as "$EVA" taskdir add who --data '"checked"' --at 4000000000)
drop=$(in_box "$EVA" new)
as "$EVA" sh -c "
	exec 3<'$BOX/new/$drop'
	echo >'$WORK/hers/open'
	until [ -e '$BOX/queue/$drop' ]; do :; done
	echo '{\"classname\":\"who\",\"customdata\":\"swap\"}' >/proc/self/fd/3
	cp /proc/self/fd/3 '$WORK/hers/now'" &
wait_until '[ -e "$WORK/hers/open" ]'
kill -s CONT "$RUNNER"
wait "$!"
like "$(cat "$WORK/hers/now")" '*swap*' 'an old descriptor changes her file'
taskdir retry "u$EVA_UID-$id" >/dev/null
check_exit 0 'her task is done' as "$EVA" timeout 20 taskdir wait "$id"
is "$(cat "$SPOOL"/log/output/who,*"$id",1 | tail -n 1)" \
    '{"classname":"who","customdata":"checked","nextruntime":4000000000}' \
    'as it was checked'
mkfifo -m 0666 "$WORK/go"
as "$EVA" sh -c "exec 3>>'$BOX/new/held'; echo '{\"classname\":\"who\"}' >&3
    echo >'$WORK/hers/writes'; read -r go <'$WORK/go'" &
wait_until '[ -e "$WORK/hers/writes" ]'
n=$(ran)
id=$(as "$EVA" taskdir add who)
check_exit 0 'others go on' as "$EVA" timeout 20 taskdir wait "$id"
is "$(ran) $(in_box "$EVA" new)" "$((n + 1)) held" \
    'while a file that is held open for writing waits'
echo >"$WORK/go"
wait_for 'until it is closed' '[ "$(ran)" -eq $((n + 2)) ]'

id=$(as "$EVA" taskdir add scribble)
wait_for 'a handler cannot change its task' \
    'as "$EVA" taskdir list failed | grep -q "$id"'
is "$(as "$EVA" taskdir log output "$id")" '{"classname":"scribble"}' \
    'nor see another'
as "$EVA" timeout 20 taskdir cancel --all >/dev/null

# --- What is executed --------------------------------------------------------

chmod o+w "$SPOOL/handlers"
id=$(as "$EVA" taskdir add who)
wait_for 'a handler directory that others may write is not trusted' \
    'as "$EVA" taskdir list --errors | grep -q "not trusted"'
chmod o-w "$SPOOL/handlers"
cat >"$WORK/hers/evil" <<'END'
#!/bin/sh
id -un
END
chmod 0755 "$WORK/hers/evil"
chown "$EVA" "$WORK/hers/evil"
ln -s "$WORK/hers/evil" "$SPOOL/handlers/evil"
as "$EVA" timeout 20 taskdir cancel --all >/dev/null
as "$EVA" taskdir add evil >/dev/null
wait_for 'nor a program of a user' \
    'as "$EVA" taskdir list --errors | grep -q "not trusted"'
as "$EVA" timeout 20 taskdir cancel --all >/dev/null
printf '{"classname":"env","component":"a\\nLD_PRELOAD=/tmp/x",
    "userid":"%s","customdata":{"LD_PRELOAD":"/tmp/x","PATH":"/tmp"},
    "LD_PRELOAD":"/tmp/x","env":{"LD_PRELOAD":"/tmp/x"}}' "$EVA" | drop env
wait_for 'data is not environment' \
    '[ -n "$(cat "$BOX"/log/output/env,* 2>/dev/null)" ]'
is "$(cat "$BOX"/log/output/env,* | tr ' ' '\n' | grep -v '^TASKDIR_' |
    tr '\n' ' ')" 'HOME LANG LOGNAME PATH PWD SHELL USER ' \
    'nor is what the runner has'

# --- Names without end -------------------------------------------------------

rss()
{
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$RUNNER/status"
}

size=$(rss)
printf '[class invented.*]\nattempts = 1\nkeep_output = none\n' |
    settings
kill -s HUP "$RUNNER"
awk 'BEGIN { for (i = 0; i < 10000; i++)
	printf "{\"classname\":\"invented.%d\"}\n", i }' >"$WORK/invented"
as "$EVA" taskdir add --batch <"$WORK/invented" >/dev/null
id=$(as "$ADA" taskdir add who)
check_exit 0 'ten thousand classes do not keep others waiting' as "$ADA" \
    timeout 20 taskdir wait "$id"
check 'long before they are done' test "$(count_in dlq)" -lt 9000
wait_for 'all get their turn' '[ "$(count_in dlq)" -ge 10000 ]' 60
case ${TD_CC_FLAGS:-} in
*sanitize*) skip 'memory is the sanitizer'"'"'s' ;;
*)
	check "and they cost little memory ($size to $(rss) KiB)" \
	    test "$(rss)" -lt $((size + 30000))
	;;
esac

# --- Boxes that are exchanged ------------------------------------------------

check_exit 1 'she cannot exchange her box' as "$EVA" mv "$BOX" "$BOX.old"
check_exit 1 'nor what is in it' as "$EVA" mv "$BOX/new" "$BOX/old"
check_exit 1 'nor remove it' as "$EVA" rmdir "$BOX/tmp"
log=$BOX/log/runs-$(date -u +%Y%m%d).jsonl
echo 'precious' >"$WORK/precious"
chmod 0600 "$WORK/precious"
stop_runner
as "$EVA" rm -f "$log"
as "$EVA" ln -s "$WORK/precious" "$log"
start_runner
id=$(as "$EVA" taskdir add who)
wait_for 'what is a link now' '[ -n "$(runs_of "u$EVA_UID-$id")" ]'
is "$(cat "$WORK/precious")" precious 'is not written through'
as "$EVA" rm -f "$log"
as "$EVA" mv "$BOX/log/output" "$BOX/log/old"
as "$EVA" ln -s "$SPOOL/log/output" "$BOX/log/output"
stop_runner
start_runner
check 'a box with a link in it is left alone' \
    grep -q "letter box left alone: users/$EVA/log/output" "$SPOOL.err"
as "$ADA" taskdir add who >"$WORK/id"
check_exit 0 'others are not' as "$ADA" timeout 20 taskdir wait "$(cat id)"
as "$EVA" rm "$BOX/log/output"
as "$EVA" mv "$BOX/log/old" "$BOX/log/output"
stop_runner
mv "$BOX/new" "$BOX/new.old"
ln -s "$(box_of "$ADA")/new" "$BOX/new"
as "$ADA" taskdir add who --data '"whose"' >"$WORK/id"
start_runner
check_exit 0 'nor if all of it leads elsewhere' as "$ADA" timeout 20 \
    taskdir wait "$(cat id)"
like "$(runs_of "u$ADA_UID-$(cat id)")" "*\"owner\":$ADA_UID,*" \
    'whose files stay his'
rm "$BOX/new"
mv "$BOX/new.old" "$BOX/new"
done_testing
