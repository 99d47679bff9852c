#!/bin/sh
# A power cut the moment that an add was acknowledged: every acknowledged task
# must be there, whole.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/disk.sh"

# What a producer wrote is this, and nothing but whole tasks may be met.
is_whole()
{
	grep -q '^{"classname":"c".*}$' "$1"
}

# cut_power NAME: the power goes; $WORK/found is then the sorted list of the ids
# that are in new/, whole, and $WORK/torn those that are not.
cut_power()
{
	power_cut
	: >"$WORK/found.new"
	: >"$WORK/torn"
	for file in "$WORK/after/$1/new"/*; do
		[ -e "$file" ] || continue
		id=$(basename "$file" | cut -d , -f 4)
		if is_whole "$file"; then
			echo "$id" >>"$WORK/found.new"
		else
			echo "$id" >>"$WORK/torn"
		fi
	done
	sort "$WORK/found.new" >"$WORK/found"
	power_back
}

# acknowledged NAME: those of $WORK/ids are all found.
acknowledged()
{
	sort "$WORK/ids" >"$WORK/ids.sorted"
	is "$(comm -23 "$WORK/ids.sorted" "$WORK/found" | grep -c .)" 0 \
	    "$1: all $(grep -c . "$WORK/ids") survive a power cut"
}

add_each()
{
	i=0
	while [ "$i" -lt 40 ]; do
		taskdir add c --data "{\"n\":$i}" >>"$WORK/ids" 2>"$WORK/err" ||
		    bail "taskdir add: $(cat "$WORK/err")"
		i=$((i + 1))
	done
}

for mode in auto strict; do
	: >"$WORK/ids"
	spool_on_disk "$mode"
	printf '[runner]\nsync = %s\n' "$mode" | settings
	add_each
	cut_power "$mode"
	acknowledged "add, sync = $mode"
	is "$(grep -c . "$WORK/torn")" 0 "sync = $mode: none is torn"
done

spool_on_disk batch
awk 'BEGIN { for (i = 0; i < 500; i++)
	printf "{\"classname\":\"c\",\"customdata\":%d}\n", i }' |
    taskdir add --batch >"$WORK/ids" 2>"$WORK/err"
cut_power batch
acknowledged 'add --batch'

# The control: without a sync there must be something to lose, or the cut was
# none.
spool_on_disk control
i=0
while [ "$i" -lt 40 ]; do
	echo '{"classname":"c"}' >"$SPOOL/tmp/$i"
	mv "$SPOOL/tmp/$i" "$SPOOL/new/$i"
	i=$((i + 1))
done
cut_power control
if [ "$(grep -c . "$WORK/found")" -lt 40 ]; then
	ok 'without a sync tasks are lost: the cut is one'
else
	not_ok 'without a sync tasks are lost: the cut is one'
fi
SPOOL='' # its log, if any, is gone with the mount
done_testing
