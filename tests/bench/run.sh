#!/bin/sh
# make bench: the figures on a journaled ext4 of its own, if root; else in
# $TMPDIR.  BENCH="case ..." restricts, ROUNDS=n (5) and SCALE=x (1) size it.
# Everything is gone at the end.
set -eu
BENCH=${BENCH:-} ROUNDS=${ROUNDS:-5} SCALE=${SCALE:-1}
BUILD=${TD_BUILDDIR:-.} SOURCE=${TD_SRCDIR:-.}
IN=${TMPDIR:-/var/tmp}

work=$(mktemp -d "$IN/taskdir-bench.XXXXXX")
loop='' mounted=''
clean()
{
	[ -z "$mounted" ] || umount "$work/mnt" || umount -l "$work/mnt"
	[ -z "$loop" ] || losetup -d "$loop"
	rm -rf "$work"
}
trap clean EXIT
trap 'exit 1' HUP INT TERM

# Megabytes and inodes: a block of 4 KiB and an inode for each task.
size()
{
	tasks=200000
	case " $BENCH " in
	'  ' | *' million '* | *' crowd '*)
		tasks=$(awk "BEGIN { print int($tasks + 1e6 * $SCALE) }") ;;
	esac
	mb=$((1000 + tasks / 190))
}

# The image is written fully: no unwritten extents below.
make_image()
{
	size
	free=$(df -Pm "$IN" | awk 'NR == 2 { print $4 }')
	if [ "$free" -lt $((mb + 500)) ]; then
		echo "bench: an image needs $mb MB, $IN has $free MB" >&2
		return 1
	fi
	echo "making an ext4 image of $mb MB in $work" >&2
	dd if=/dev/zero of="$work/ext4.img" bs=4M count=$((mb / 4)) \
	    oflag=direct status=none 2>"$work/dd.err" ||
	    dd if=/dev/zero of="$work/ext4.img" bs=4M count=$((mb / 4)) \
		status=none || return 1
	loop=$(losetup --direct-io=on -f --show "$work/ext4.img" ||
	    losetup -f --show "$work/ext4.img") || { loop=''; return 1; }
	mkfs.ext4 -q -N $((tasks + 50000)) \
	    -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 "$loop" ||
	    return 1
	mkdir "$work/mnt"
	mount "$loop" "$work/mnt" || return 1
	mounted=1
}

dir=$work
if [ "$(id -u)" = 0 ] && make_image; then
	dir=$work/mnt
	on="an ext4 image with a journal"
else
	on="$IN"
	echo "bench: no image of our own (that takes root): measuring in $IN." \
	    "If that disk has no journal, its durable figures say nothing." >&2
fi

# Python keeps what it compiled beside the source.
mkdir "$work/scripts"
cp "$SOURCE/tests/bench/handler.py" "$SOURCE/tests/bench/handler.php" \
    "$SOURCE/contrib/handlers/taskdir_worker.py" \
    "$SOURCE/contrib/handlers/taskdir_worker.php" "$work/scripts"
chmod u+wx "$work/scripts/handler.py" "$work/scripts/handler.php"

# shellcheck disable=SC2086 # a list of cases
"$BUILD/tests/bench/bench" -d "$dir" -t "$BUILD/src/cli/taskdir" \
    -p "$BUILD/tests/bench/stamp" -w "$BUILD/tests/bench/answer" \
    -H "$work/scripts" -b "$BUILD/tests/bench/ballast.so" \
    -r "$ROUNDS" -s "$SCALE" $BENCH
echo
echo "$(uname -sr), $(nproc) processors, load$(uptime |
    sed 's/.*average//'), on $on; medians of $ROUNDS rounds, scale $SCALE"
