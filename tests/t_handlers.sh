#!/bin/sh
# Handlers that misbehave: missing, broken, loud, and with children.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

new_spool
settings <<'END'
[class *]
kill_grace = 1s
[class short]
timeout = 1s
[class stays]
leave_children = yes
[class speaks]
leave_children = yes
[class loud]
output_max = 100K
[class quiet]
keep_output = none
[class elsewhere]
handler = bin/tool
END
start_runner

# fails CLASS ERROR NAME: a failed try that says so.
fails()
{
	id=$(taskdir add "$1" 2>>err)
	wait_until '[ "$(states_of "$id")" = failed ]'
	like "$(run_field "$id" error)" "$2" "$3"
	is "$(run_field "$id" result) $(run_field "$id" try) $(name_of "$id" \
	    failed | sed 's/.*,//')" 'retry 1 1.json' 'a failed try'
	taskdir cancel "$id" >out
}

# --- Broken ------------------------------------------------------------------

dir=$SPOOL/handlers
fails missing "handler $dir/missing is missing" 'a missing handler'
printf '#!/bin/sh\nexit 0\n' >"$dir/plain"
fails plain "cannot execute handler $dir/plain: *(not executable: chmod +x)" \
    'one that is not executable'
printf 'echo hello\n' | handler nohead
fails nohead "cannot execute handler $dir/nohead: *(a script without *)" \
    'a script without its first line'
printf '#!/no/such/program\n' | handler noprogram
fails noprogram "cannot execute handler $dir/noprogram: *interpreter*missing)" \
    'a missing interpreter'
: | handler empty
fails empty "cannot execute handler $dir/empty: *" 'an empty file'
mkdir "$dir/folder"
fails folder "cannot execute handler $dir/folder: *" 'a directory'
ln -s nowhere "$dir/dangling"
fails dangling "handler $dir/dangling is missing" 'a dangling link'
printf '#!/bin/sh\nno-such-command\n' | handler command
fails command "exit 127 (a command was not found): $dir/command: 2: \
no-such-command: not found" 'a missing command in it'
printf '#!/bin/sh\nkill -s SEGV $$\n' | handler dies
fails dies 'killed by signal 11 (Segmentation fault)' 'death by a signal'
# shellcheck disable=SC2016 # the handler's own
printf '#!/bin/sh\nexec <&- >&- 2>&- 3>&-\nkill -s ABRT $$\n' | handler closes
fails closes 'killed by signal 6 (Aborted)' 'one that closed everything'

# --- Not to be trusted -------------------------------------------------------

printf '#!/bin/sh\nexit 0\n' | handler open
chmod 0757 "$dir/open"
fails open "handler not trusted: $dir/open can be written by others*0757*" \
    'one that others may write'
mkdir "$dir/shared"
printf '#!/bin/sh\nexit 0\n' | handler shared/task
chmod 0777 "$dir/shared"
fails 'shared\task' "handler not trusted: $dir/shared can be written by *" \
    'one in a directory that others may write'
chmod 0755 "$dir/shared"
mkdir "$SPOOL/public"
cp "$dir/shared/task" "$SPOOL/public/task"
chmod 0777 "$SPOOL/public"
ln -s "$SPOOL/public/task" "$dir/linked"
fails linked "handler not trusted: $SPOOL/public can be written by *" \
    'a link to one in such a directory'
chmod 0755 "$SPOOL/public"
id=$(taskdir add linked)
wait_for 'a link to a good one works' 'ended "$id"'
if [ "$(id -u)" -eq 0 ]; then
	cp "$dir/shared/task" "$dir/group"
	chmod 0775 "$dir/group"
	fails group "handler not trusted: $dir/group can be written by *" \
	    'one that the group may write, for root'
	cp "$dir/shared/task" "$dir/foreign"
	chown 65534 "$dir/foreign"
	fails foreign "handler not trusted: $dir/foreign belongs to user *" \
	    "somebody else's"
else
	skip 'not root: a handler of another owner not made'
fi
mkdir "$SPOOL/bin"
cp "$dir/shared/task" "$SPOOL/bin/tool"
id=$(taskdir add elsewhere)
wait_for 'the settings may name another program' 'ended "$id"'
is "$(run_field "$id" result)" ok 'which runs'
# Who starts often is not looked at each time, but at least once in 5 ms.
wait_until "[ \"\$(uptime_cs)\" -gt $(($(uptime_cs) + 1)) ]"
chmod 0757 "$SPOOL/bin/tool"
fails elsewhere "handler not trusted: $SPOOL/bin/tool can be written by *" \
    'until others may write it'

# --- Loud --------------------------------------------------------------------

# 50 MB, numbered, on both descriptors.
handler loud <<'END'
#!/bin/sh
echo the beginning
yes 'a line of forty-nine bytes, one of a million....' | head -n 500000
yes 'a line of forty-nine bytes, one of a million....' | head -n 500000 >&2
echo the end
END
cp "$dir/loud" "$dir/quiet"
id=$(taskdir add loud)
wait_for 'one that prints 50 MB ends' 'ended "$id"' 60
kept=$SPOOL/log/output/loud,$id,1
is "$(run_field "$id" result)" ok 'well'
check 'what is kept is capped' test "$(stat -c %s "$kept")" -le 102500
check 'on the disk too' test "$(du -k "$kept" | cut -f 1)" -le 110
is "$(head -n 1 "$kept") $(tail -n 1 "$kept")" 'the beginning the end' \
    'its beginning and its end are there'
is "$(grep -a -c '^\[taskdir: [0-9]* bytes left out\]$' "$kept")" 1 \
    'and how much is missing'
left_out=$(sed -n 's/^\[taskdir: \([0-9]*\) .*/\1/p' "$kept")
note=$(printf '\n[taskdir: %s bytes left out]\n.' "$left_out" | wc -c)
is $((left_out + $(stat -c %s "$kept") - note + 1)) $((49 * 1000000 + 22)) \
    'to the byte'
is "$(grep -v -c -e '^a line of forty-nine bytes, one of a million\.\.\.\.$' \
    "$kept" | awk '{ print ($1 <= 6) }')" 1 'nothing else is in it'
handler slow <<'END'
#!/bin/sh
head -c 5000000 /dev/zero
until [ -e "$TASKDIR_SPOOL.go" ]; do sleep 0.05; done # poll
END
printf '[class slow]\noutput_max = 100K\n' | settings
kill -s HUP "$RUNNER"
wait_until 'grep -q "settings loaded" "$SPOOL.err"'
id=$(taskdir add slow)
wait_until '[ "$(stat -c %s "$SPOOL"/log/output/slot-* | sort -n |
    tail -n 1)" -eq 5000000 ]'
wait_for 'the disk gets it back while the task runs' \
    '[ "$(du -sk "$SPOOL/log/output" | cut -f 1)" -lt 1000 ]'
: >"$SPOOL.go"
wait_for 'which ends' 'ended "$id"'
id=$(taskdir add quiet)
wait_for 'one whose output is not wanted ends' 'ended "$id"' 60
check 'and leaves none' test ! -e "$SPOOL/log/output/quiet,$id,1"

# --- Children ----------------------------------------------------------------

# Children in its group, in a session of their own, and one that does not
# listen to TERM: their pids in SPOOL.CLASS.  Then it ends, or does not.
handler exits <<'END'
#!/bin/sh
list=$TASKDIR_SPOOL.$TASKDIR_CLASS
sleep 300 &
echo $! >"$list"
setsid sh -c 'echo $$ >>"$0"; exec sleep 300' "$list" &
setsid sh -c 'trap "" TERM; echo $$ >>"$0"; while :; do sleep 300; done' \
    "$list" &
until [ "$(wc -l <"$list")" -eq 3 ]; do sleep 0.02; done # poll
[ "$TASKDIR_CLASS" != fails ] || exit 1
[ "$TASKDIR_CLASS" != short ] && [ "$TASKDIR_CLASS" != limited ] || wait
END
for class in fails stays short limited; do
	cp "$dir/exits" "$dir/$class"
done
# alive CLASS: how many of the children live.
alive()
{
	live=0
	while read -r pid; do
		! is_alive "$pid" || live=$((live + 1))
	done <"$SPOOL.$1"
	echo "$live"
}
for class in exits fails stays short; do
	taskdir add "$class" >"$class.id"
done
taskdir add limited --timeout 1 >limited.id
wait_for 'a task that leaves children ends' 'ended "$(cat exits.id)"'
is "$(run_field "$(cat exits.id)" result)" ok 'well'
is "$(alive exits)" 0 'and its children are gone'
wait_for 'so with one that fails' \
    '[ "$(states_of "$(cat fails.id)")" = failed ]'
is "$(alive fails)" 0 'no child lives when it is settled'
wait_for 'one that may leave them ends' 'ended "$(cat stays.id)"'
is "$(alive stays)" 3 'and they live on'
for class in short limited; do
	id=$(cat "$class.id")
	wait_for "$class: the time limit ends it" \
	    '[ "$(states_of "$id")" = failed ]'
	is "$(run_field "$id" result) $(run_field "$id" error)" \
	    'timeout ran longer than its timeout' 'with a clear error'
	is "$(alive "$class")" 0 'its children are gone'
	check 'not before its time' awk -v d="$(run_field "$id" duration)" \
	    'BEGIN { exit d < 1 }'
done
while read -r pid; do
	kill -s KILL "$pid"
done <"$SPOOL.stays"
# A handler that forks without end, faster than it can be read.
handler forks <<'END'
#!/bin/sh
n=0
while [ $n -lt 200 ]; do
	setsid sleep 300 &
	n=$((n + 1))
done
END
id=$(taskdir add forks --attempts 1)
wait_for 'two hundred children are ended' 'ended "$id"' 30
is "$(run_field "$id" result)" ok 'after a good end'
is "$(for env in /proc/[0-9]*/environ; do
	tr '\0' '\n' <"$env" | grep -x "TASKDIR_ID=$id"
    done 2>/dev/null)" '' 'and none is left'

# --- Descriptor 3 ------------------------------------------------------------

# shellcheck disable=SC2016 # the handler's own
printf '#!/bin/sh\nprintf "{\\"error\\":\\"no line end\\"}" >&3\nexit 1\n' |
    handler abrupt
fails abrupt 'no line end' 'a last line without its end counts'
# Who was allowed to stay speaks while the next task has the place.
handler speaks <<'END'
#!/bin/sh
{
	trap '' PIPE
	until [ -e "$TASKDIR_SPOOL.speak" ]; do sleep 0.02; done # poll
	echo '{"error":"of another task","next_in":9999}' >&3
	: >"$TASKDIR_SPOOL.spoke"
} &
END
handler hears <<'END'
#!/bin/sh
: >"$TASKDIR_SPOOL.speak"
until [ -e "$TASKDIR_SPOOL.spoke" ]; do sleep 0.02; done # poll
exit 1
END
id=$(taskdir add speaks)
wait_for 'a task leaves a child that will speak' 'ended "$id"'
fails hears 'exit 1' 'nobody hears it'
check 'the runner stops' stop_runner
done_testing
