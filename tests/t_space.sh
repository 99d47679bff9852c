#!/bin/sh
# Space: work is refused before it is accepted, and what is there can still be
# put away when the disk is full.
# shellcheck source=tests/tap.sh
. "${TD_SRCDIR:-.}/tests/tap.sh"
[ "$(id -u)" -eq 0 ] || skip_all "needs root: mounts a small tmpfs"
command -v mount >/dev/null || skip_all "needs mount"

disk=$WORK/disk
mkdir "$disk"
mount -t tmpfs -o size=24m,mode=0700 taskdir-test "$disk" 2>/dev/null ||
    skip_all "a tmpfs cannot be mounted here"
# The disk first, with the story's own exit status.
leave()
{
	disk_status=$?
	umount -l "$disk"
	[ ! -d "$WORK/small" ] || umount -l "$WORK/small"
	(exit "$disk_status")
	clean_up
}
trap leave EXIT

taskdir init "$disk/spool" >/dev/null
SPOOL=$disk/spool TASKDIR=$disk/spool
export TASKDIR
handler gate <<'END'
#!/bin/sh
read -r open <"$GATE"
exit 100
END
mkfifo "$WORK/gate"
sed -i "2iGATE=$WORK/gate" "$SPOOL/handlers/gate"
printf '[runner]\nmin_free = 8M\n' >"$SPOOL/taskdir.conf"

taskdir run 2>"$SPOOL.err" </dev/null &
adopt_runner $!
wait_for "the runner keeps a reserve" '[ -s "$SPOOL/run/reserve" ]'
id=$(taskdir add gate)
wait_for "a task runs" 'ls "$SPOOL"/cur/*"$id"* >/dev/null 2>&1'

taskdir pause --class waits
waits=$(taskdir add waits 2>/dev/null)
head -c 18M /dev/zero >"$disk/fill"
check_exit 1 "add refuses below the floor" taskdir add gate
like "$(cat "$WORK/err")" '*min_free*' "and says what is short"
like "$(taskdir why "$waits")" '*min_free*only while a start finds the room*' \
    "why says it of those that wait"
taskdir cancel "$waits" >/dev/null
check_exit 2 "which is critical to monitoring" taskdir check --monitoring
like "$(cat "$WORK/out")" 'CRITICAL: the disk is nearly full*' "and why"
is "$(echo '{"classname":"gate"}' | taskdir add --batch 2>/dev/null)" - \
    "a batch refuses too"
is "$(ls "$SPOOL/tmp")" lost "nothing is left in tmp/"

# To the last block: not even a reason fits any more.
cat /dev/zero >>"$disk/fill" 2>/dev/null
echo open >"$WORK/gate"
wait_for "a failed task is put away on a full disk" \
    'ls "$SPOOL"/dlq/*"$id"*.json >/dev/null 2>&1'
check "its reason is whole" grep -q '"result":"permanent"' \
    "$SPOOL/dlq/$id.reason"
check "the reserve was given up" [ ! -e "$SPOOL/run/reserve" ]
check "its run is in the log" grep -q "\"$id\"" "$SPOOL"/log/runs-*.jsonl

check "the runner stops in order on a full disk" stop_runner

# The floors of a large disk are not those of a small one.
small=$WORK/small
mkdir "$small"
mount -t tmpfs -o size=2m,nr_inodes=400,mode=0700 taskdir-test "$small" ||
    bail "no second tmpfs"
taskdir init "$small/spool" >/dev/null
SPOOL=$small/spool TASKDIR=$small/spool
handler nothing <<'END'
#!/bin/sh
END
taskdir run 2>"$SPOOL.err" </dev/null &
adopt_runner $!
wait_for "a runner is up on a small disk" "grep -q ready '$SPOOL.err'"
check_exit 0 "add has room on it" taskdir add nothing
check_exit 0 "and the task is run" taskdir wait "$(cat "$WORK/out")"
check "its reserve would have filled it" [ ! -e "$SPOOL/run/reserve" ]
head -c 1M /dev/zero >"$small/fill"
check_exit 1 "half of it is the floor" taskdir add nothing
like "$(cat "$WORK/err")" '*min_free asks for 1048576;*' "as add says"
rm "$small/fill"
n=0
while [ $n -lt 250 ]; do
	n=$((n + 1))
	: >"$small/fill.$n"
done
check_exit 1 "half of its inodes, too" taskdir add nothing
like "$(cat "$WORK/err")" '*min_inodes asks for 200*' "as add says"
check_exit 1 "a batch finds none" sh -c 'yes "{\"classname\":\"nothing\"}" |
    head -n 500 | taskdir add --batch'
is "$(sort "$WORK/out" | uniq -c | tr -d ' ')" 500- "for none of its lines"
is "$(sed 's/: the disk .*//' "$WORK/err")" "taskdir add: line 1
taskdir add: no space for 499 more" "and says it once"
rm "$small"/fill.*
check_exit 0 "with room again there is no floor" taskdir add nothing
check "the runner stops in order there" stop_runner
done_testing
