#!/bin/sh
# The unit programs under valgrind's memcheck: no error, and nothing lost.  Run
# from the build directory after make check (some ten minutes), as
#
#	sh ../tests/valgrind.sh [PROGRAM...]
#
# Each test is a process of its own, which fails if memcheck finds anything in
# it.  What an old valgrind cannot run is named, with the reason, and skipped:
#
#	openat2		unknown to valgrind before 3.22 or so: a program that
#			fails for want of it, and in which memcheck found
#			nothing, proves nothing
#	vfork, CLONE_VM	valgrind makes a fork of them, so that what a child
#			tells through its parent's memory is never told
#
# The fault programs are left out: they die in the middle of calls on purpose.
set -u
TD_SRCDIR=$(cd "$(dirname "$0")/.." && pwd) TD_BUILDDIR=$(pwd)
CK_TIMEOUT_MULTIPLIER=100 LC_ALL=C TZ=UTC
export TD_SRCDIR TD_BUILDDIR CK_TIMEOUT_MULTIPLIER LC_ALL TZ
command -v valgrind >/dev/null || {
	echo 'valgrind is not installed (Debian: valgrind)' >&2
	exit 2
}
[ $# -gt 0 ] || {
	set --
	for program in tests/check_*; do
		case $program in
		*.*) ;;
		*) [ ! -x "$program" ] || set -- "$@" "$program" ;;
		esac
	done
}
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
good=0 bad=0 skipped=0

# What memcheck says; its remarks about system calls begin with "--".
findings='Invalid|Conditional|Use of|Syscall param|Mismatched|Source and'
findings="$findings|[0-9,]+ .*definitely"
has_findings()
{
	grep -qE "^==[0-9]+== +($findings)" "$log"
}

skip()
{
	skipped=$((skipped + 1))
	echo "ok - $program # SKIP $*"
}

for program; do
	case $program in
	*/check_child | */check_spawner | */check_cgroup)
		skip 'valgrind makes a fork of vfork and CLONE_VM'
		continue
		;;
	esac
	status=0
	valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite \
	    --show-leak-kinds=definite --error-exitcode=99 \
	    "$program" >"$log" 2>&1 || status=$?
	if has_findings; then
		bad=$((bad + 1))
		echo "not ok - $program"
		grep '^==' "$log" | head -n 40 | sed 's/^/# /'
	elif [ "$status" -eq 0 ]; then
		good=$((good + 1))
		echo "ok - $program"
	elif grep -q 'unhandled .* syscall: 437' "$log"; then
		skip 'this valgrind does not know openat2'
	else
		bad=$((bad + 1))
		echo "not ok - $program (exit $status)"
		grep -v '^ok ' "$log" | head -n 20 | sed 's/^/# /'
	fi
done
echo "$good without a fault, $bad with, $skipped skipped"
[ "$good" -gt 0 ] && [ "$bad" -eq 0 ]
