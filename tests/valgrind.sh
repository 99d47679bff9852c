#!/bin/sh
# The unit programs under valgrind's memcheck: no error, and nothing lost.  Run
# from the build directory after make check, as
#
#	sh ../tests/valgrind.sh [--runner | PROGRAM...]
#
# All take some eight minutes on two cores; those of the runner (--runner),
# which contrib/check.sh runs, one and a half.  Each test is a process of its
# own, which fails if memcheck finds anything in it.  A program that needs more
# than TD_LIMIT (600) seconds has failed.
#
# An old valgrind (before 3.22 or so) does not know openat2: tests/openat2.c
# stands in for it.  What none can run is named, with the reason, and skipped:
#
#	vfork, CLONE_VM	valgrind knows no clone3 and makes a fork of what we do
#			without it, so that what a child tells through its
#			parent's memory is never told
#
# The fault programs are left out: they die in the middle of calls on purpose.
set -u
TD_SRCDIR=$(cd "$(dirname "$0")/.." && pwd) TD_BUILDDIR=$(pwd)
CK_TIMEOUT_MULTIPLIER=100 TD_FEWER=50 LC_ALL=C TZ=UTC
export TD_SRCDIR TD_BUILDDIR CK_TIMEOUT_MULTIPLIER TD_FEWER LC_ALL TZ

# What memcheck says; its remarks about system calls begin with "--".
findings='Invalid|Conditional|Use of|Syscall param|Mismatched|Source and'
findings="$findings|[0-9,]+ .*(definitely|indirectly)|Process terminating"
findings="$findings|Jump to|Argument|.* contains uninitialised"

# one PROGRAM: a line, and what is wrong; in a log, so that they come together.
one()
{
	program=$1 log=$TD_VALGRIND_WORK/${1##*/}
	case $program in
	*/check_child | */check_cgroup)
		echo "ok - $program # SKIP valgrind makes a fork of vfork"
		return 0
		;;
	esac
	status=0
	LD_PRELOAD=$TD_VALGRIND_WORK/openat2.so timeout -k 5 \
	    "${TD_LIMIT:-600}" valgrind --quiet --leak-check=full \
	    --errors-for-leak-kinds=definite --show-leak-kinds=definite \
	    --error-exitcode=99 "$program" >"$log" 2>&1 || status=$?
	if [ "$status" -eq 0 ] &&
	    ! grep -qE "^==[0-9]+== +($findings)" "$log"; then
		echo "ok - $program"
		return 0
	fi
	{
		echo "not ok - $program (exit $status)"
		grep -E '^(not ok|Bail)' "$log" | head -n 20 | sed 's/^/# /'
		grep '^==' "$log" | head -n 40 | sed 's/^/# /'
	} >"$log.bad"
	cat "$log.bad"
	return 1
}

if [ "${1-}" = --one ]; then
	one "$2"
	exit
fi

[ -e tests/check_name ] || {
	echo "no unit programs here: make check makes them" >&2
	exit 2
}
command -v valgrind >/dev/null || {
	echo 'valgrind is not installed (Debian: valgrind)' >&2
	exit 2
}
case ${1-} in
'' | --runner)
	pattern='#include "'
	[ $# -eq 0 ] || pattern='#include "\(runner/\|planner\.h\)'
	set --
	for source in "$TD_SRCDIR"/tests/check_*.c; do
		! grep -q "$pattern" "$source" ||
		    set -- "$@" "tests/$(basename "$source" .c)"
	done
	;;
esac
TD_VALGRIND_WORK=$(mktemp -d) || exit 1
export TD_VALGRIND_WORK
trap 'rm -rf "$TD_VALGRIND_WORK"' EXIT
trap 'exit 1' HUP INT TERM
${CC:-cc} -D_GNU_SOURCE -O1 -g -fPIC -shared -I. \
    -o "$TD_VALGRIND_WORK/openat2.so" "$TD_SRCDIR/tests/openat2.c" -ldl ||
    exit 1
printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 sh "$0" --one |
    awk -v want=$# '
	{ print; fflush() }
	/^ok/ { good++ }
	/^ok.*# SKIP/ { good--; skipped++ }
	/^not ok/ { bad++ }
	END {
		printf "%d without a fault, %d with, %d skipped, of %d\n",
		    good, bad, skipped, want
		exit good == 0 || good + skipped != want
	}'
