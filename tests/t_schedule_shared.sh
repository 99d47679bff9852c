#!/bin/sh
# The schedule of a shared spool: entries are root's, run as whom they name,
# and no user has a say in them.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/users.sh"
. "$TD_SRCDIR/tests/clock.sh"
new_shared
BOX=$(box_of "$EVA")
# 2026-06-01T00:00:00Z
T=1780272000
settings <<'END'
[runner]
settle = 0
END
handler who <<'END'
#!/bin/sh
echo "$(id -un) $TASKDIR_USERID $TASKDIR_SLOT"
END
cat >"$SPOOL/schedule" <<END
*/10 * * * *  who  id=roots
*/10 * * * *  who  id=evas user=$EVA
*/10 * * * *  who  id=nobodys user=tdnosuchuser
END
run_at()
{
	at $((T + $1)) taskdir run --once >"$WORK/once" 2>"$SPOOL.err"
}
# What an entry's runs printed, one after another.
printed()
{
	taskdir log --json | grep -o '"id":"s-[^"]*"' | cut -d '"' -f 4 |
	    sort -u | while read -r id; do
		taskdir log output "$id" 2>"$WORK/.out"
	done | sort
}

run_at 0
is "$(names_in new | grep -c ',s-')" 3 'each entry has its next slot'
is "$(find "$SPOOL/new" -type f ! -user root)" '' 'which is a file of root'
run_at 600
is "$(printed | sed "s/$EVA/EVA/g")" "root root $((T + 600))
EVA EVA $((T + 600))" 'they run as root, and as whom they name'
is "$(count_in failed)" 1 'one that names no user there is fails'
like "$(taskdir log --failed)" '*"tdnosuchuser": there is no such user*' \
    'and says so'
is "$(names_in new | grep -c ',s-')" 3 'and every entry goes on'

# --- What a user may try -----------------------------------------------------

check_exit 2 'a user has no key of the schedule' as "$EVA" taskdir add who \
    --key schedule:roots
echo '{"classname":"who","key":"schedule:roots","on_duplicate":"replace"}' |
    as "$EVA" sh -c 'cat >"$TASKDIR/new/drop"'
waiting=$(names_in new)
slot=$(names_in new | head -n 1)
# A slot's name, and all that is in it, but from a letter box.
as "$EVA" sh -c 'cat >"$TASKDIR/new/$1"' sh "$slot" <"$SPOOL/new/$slot"
as "$EVA" sh -c 'cat >"$TASKDIR/new/$1"' sh \
    "$(echo "$slot" | sed 's/,\(s-[^,]*\),/,\1-m,/')" <"$SPOOL/new/$slot"
echo '{"classname":"who","slot":1780272600}' |
    as "$EVA" sh -c 'cat >"$TASKDIR/new/slotted"'
run_at 620
is "$(names_in new)" "$waiting" 'what waits for the schedule stays as it is'
is "$(find "$BOX/new" -type f)" '' 'all that was tried is looked at'
is "$(printed | grep -c .)" 2 'and nothing of it ran as the schedule'
is "$(taskdir log --type scheduled --json | grep -c '"result":"ok"')" 2 \
    'or is logged as such'
id=$(names_in new | tail -n 1 | cut -d , -f 4)
check_exit 3 'a user cannot cancel a slot' as "$EVA" timeout 20 \
    taskdir cancel "$id"
check_exit 1 'or disable an entry' as "$EVA" taskdir schedule disable roots
like "$(cat err)" '*is for the administrator*' 'as he is told'
check_exit 1 'or run one' as "$EVA" taskdir schedule run roots
is "$(names_in new)" "$waiting" 'nothing has changed'
is "$(grep -c disabled "$SPOOL/schedule")" 0 'neither has the schedule'
as "$EVA" sh -c 'mkdir "$TASKDIR/schedule.d"; for at in schedule \
    schedule.d/x.schedule; do echo "* * * * * who id=own" >"$TASKDIR/$at"
    done' >"$WORK/.out" 2>&1
run_at 640
is "$(names_in new)" "$waiting" 'a schedule in a letter box is none'

# --- Trust -------------------------------------------------------------------

cp "$SPOOL/schedule" "$WORK/schedule"
chown "$EVA" "$SPOOL/schedule"
echo "* * * * * who id=evil" >>"$SPOOL/schedule"
run_at 660
like "$(cat "$SPOOL.err")" '*schedule*' \
    'a schedule that a user may write is told of'
is "$(names_in new)" "$waiting" 'and not read, but nothing is taken out'
done_testing
