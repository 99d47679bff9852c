#!/bin/sh
# Power cuts while the schedule works: slots are made, claimed and ended before
# anything is synced, and whatever of it is lost, each entry goes on with its
# next slot, and no slot is left out.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/disk.sh"
. "$TD_SRCDIR/tests/clock.sh"

# 2026-06-01T00:00:00Z
T=1780272000
spool_on_disk schedule
# The runs are counted where no power is cut.
handler note <<END
#!/bin/sh
echo "\$TASKDIR_SLOT" >>"$WORK/ran"
END
cat >"$SPOOL/schedule" <<'END'
*/10 * * * *  note  id=one
END
sync -f "$WORK/mnt"

# run_at DIRECTORY SECONDS-FROM-T
run_at()
{
	at $((T + $2)) taskdir --spool "$1/schedule" run --once \
	    >"$WORK/once" 2>&1
}
# The slots that wait there.
waiting()
{
	find "$1/schedule/new" "$1/schedule/failed" -name '*,s-*' |
	    sed 's/.*,s-[0-9a-f]*-\([0-9]*\),.*/\1/' |
	    while read -r slot; do echo $((slot - T)); done | paste -s -d ' ' -
}
# How often a slot ran.
runs()
{
	grep -c "^$((T + $1))\$" "$WORK/ran"
}

: >"$WORK/ran"
for now in 0 600 1200 1800; do
	next=$((now + 600))
	run_at "$WORK/mnt" "$now"
	power_cut
	: >"$WORK/ran"
	run_at "$WORK/after" $((now + 5))
	is "$(waiting "$WORK/after")" "$next" "cut at $now: the next one waits"
	check 'what had run ran once more at most' test "$(runs "$now")" -le 1
	run_at "$WORK/after" $((next + 5))
	is "$(runs "$next") $(waiting "$WORK/after")" "1 $((next + 600))" \
	    'and runs, and is followed'
	power_back
done

# A day without power: a slot that was there runs once, and no other.
power_cut
: >"$WORK/ran"
run_at "$WORK/after" 86405
is "$(grep -c . "$WORK/ran") $(waiting "$WORK/after")" '1 87000' \
    'a day later it runs once, and goes on'
power_back
SPOOL='' # its log, if any, is gone with the mount
done_testing
