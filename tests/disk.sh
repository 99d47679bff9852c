# A disk whose power a story may cut, sourced behind tap.sh: a small ext4 with a
# journal on a loop device, whose image is copied at a moment.  What the page
# cache of the mount holds is not in it, as after a real cut.
#
#	spool_on_disk name	# $SPOOL, in $WORK/mnt; synced
#	power_cut		# the copy, its journal replayed: $WORK/after
#	power_back		# and away with it
# shellcheck shell=sh

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

power_cut()
{
	cp --sparse=always "$WORK/disk" "$WORK/image"
	copy=$(losetup -f --show "$WORK/image") || bail 'no second loop device'
	mount "$copy" "$WORK/after" || bail 'the copy cannot be mounted'
}

power_back()
{
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
