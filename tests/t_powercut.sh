#!/bin/sh
# A power cut: a small ext4 with a journal on a loop device, whose image is
# copied the moment that an add was acknowledged.  What the page cache of the
# mount holds is not in it, as after a real cut.  The copy is mounted, which
# replays the journal, and every acknowledged task must be there, whole.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

[ "$(id -u)" = 0 ] || skip_all 'only root can cut the power (loop, mount)'
for tool in losetup mkfs.ext4 mount umount; do
	command -v "$tool" >"$WORK/.out" ||
	    skip_all "$tool is not installed"
done
loop='' copy=''

tidy_up()
{
	status=$?
	for at in "$WORK/after" "$WORK/mnt"; do
		umount "$at" 2>"$WORK/.out" || umount -l "$at" 2>"$WORK/.out"
	done
	for device in $copy $loop; do
		losetup -d "$device" 2>"$WORK/.out"
	done
	(exit "$status")
	clean_up
}
trap tidy_up EXIT

mkdir "$WORK/mnt" "$WORK/after"
truncate -s 48M "$WORK/disk"
# Straight to the image: no second cache between the device and its file.
loop=$(losetup --direct-io=on -f --show "$WORK/disk" 2>"$WORK/.out") ||
    loop=$(losetup -f --show "$WORK/disk" 2>"$WORK/.out") ||
    skip_all "no loop device: $(cat "$WORK/.out")"
mkfs.ext4 -q -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 "$loop" \
    >"$WORK/.out" 2>&1 || bail "mkfs.ext4: $(cat "$WORK/.out")"
# Nothing is to be committed by the clock.
mount -o commit=300 "$loop" "$WORK/mnt" 2>"$WORK/.out" ||
    skip_all "no mount: $(cat "$WORK/.out")"

# What a producer wrote is this, and nothing but whole tasks may be met.
is_whole()
{
	grep -q '^{"classname":"c".*}$' "$1"
}

# cut_power NAME: the power goes; $WORK/found is then the sorted list of the ids
# that are in new/, whole, and $WORK/torn those that are not.
cut_power()
{
	cp --sparse=always "$WORK/disk" "$WORK/image"
	copy=$(losetup -f --show "$WORK/image") || bail 'no second loop device'
	mount "$copy" "$WORK/after" || bail 'the copy cannot be mounted'
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
	umount "$WORK/after"
	losetup -d "$copy"
	copy=''
}

spool_on_disk()
{
	SPOOL=$WORK/mnt/$1
	TASKDIR=$SPOOL
	export TASKDIR
	taskdir init "$SPOOL" >"$WORK/.out" 2>&1 ||
	    bail "taskdir init: $(cat "$WORK/.out")"
	sync -f "$WORK/mnt"
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
