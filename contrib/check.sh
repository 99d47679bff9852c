#!/bin/sh
# Builds Taskdir and runs its whole test suite, then the runner's unit programs
# under valgrind's memcheck, then all again under the address and
# undefined-behaviour sanitizers:
#
#	sh contrib/check.sh
#
# On Debian root needs nothing before that; anybody else is told what to
# install.  The last line says how many passed, failed and were skipped.
set -eu
TOP=$(cd "$(dirname "$0")/.." && pwd -P)
# shellcheck source=contrib/lib.sh
. "$TOP/contrib/lib.sh"

need "$BUILD_TOOLS $DEMO_TOOLS $TEST_TOOLS" "$BUILD_LIBS $TEST_LIBS" \
    "$TEST_FILES"
as_owner "$@"
cd "$TOP"
unset TASKDIR
# How long a test may wait before it has failed: machines differ, and no test
# is about speed.
export CK_TIMEOUT_MULTIPLIER="${CK_TIMEOUT_MULTIPLIER:-5}"
export TD_PATIENCE="${TD_PATIENCE:-5}"
[ "$(id -u)" -eq 0 ] ||
    say "Not root: tests that need root are skipped, and say so."

passed=0 failed=0 skipped=0

# Adds up lines of a summary of make check: "# PASS:  12".
count()
{
	sed -n "s/^# $2: *//p" "$1" | awk '{ n += $1 } END { print n + 0 }'
}

# A line a program that has ended, and one for each of its tests that is not as
# it should be.
progress()
{
	seen=' '
	while read -r verdict name rest; do
		case $verdict in
		PASS: | FAIL: | SKIP: | ERROR: | XFAIL: | XPASS:) ;;
		*) continue ;;
		esac
		case $seen in
		*" $name "*) ;;
		*)
			seen="$seen$name "
			say "$name"
			;;
		esac
		case $verdict in
		PASS: | XFAIL:) ;;
		*) say "    $verdict $name $rest" ;;
		esac
	done
}

# The programs with failures, each with the end of its log.
show_failures()
{
	for trs in "$1"/tests/*.trs; do
		grep -qE '^:(global-)?test-result: (FAIL|XPASS|ERROR)' \
		    "$trs" 2>/dev/null || continue
		say
		say "FAILED: $(basename "$trs" .trs) in ${1##*/}/"
		grep -vE '^(PASS: |ok [0-9])' "${trs%.trs}.log" |
		    tail -n 30 | sed 's/^/    | /'
	done
}

# suite DIR: one run of make check.
suite()
{
	dir=$TOP/$1
	step "Testing in $1/"
	TMPDIR=$(mktemp -d)
	chmod 1777 "$TMPDIR"
	export TMPDIR
	rm -f "$dir"/tests/*.trs
	{
		status=0
		# -O: a program's lines come together, and whole.  Stories
		# wait more than they work.
		make -C "$dir" -O -j$((2 * $(nproc))) check </dev/null 2>&1 ||
		    status=$?
		echo "$status" >"$dir/check.status"
	} | tee "$dir/check.log" | progress
	bad=$(count "$dir/check.log" '\(FAIL\|ERROR\|XPASS\)')
	show_failures "$dir"
	if [ "$(cat "$dir/check.status")" -ne 0 ] && [ "$bad" -eq 0 ]; then
		# It never came to a summary: the tests do not even build.
		tail -n 30 "$dir/check.log"
		say "FAILED: make check in $1/"
		bad=1
	fi
	if [ -n "$(ls -A "$TMPDIR")" ]; then
		say "FAILED: left behind in \$TMPDIR by make check in $1/:"
		find "$TMPDIR" -mindepth 1 | head -n 20 | sed 's/^/    | /'
		bad=$((bad + 1))
	fi
	rm -rf "$TMPDIR"
	unset TMPDIR
	failed=$((failed + bad))
	passed=$((passed + $(count "$dir/check.log" '\(PASS\|XFAIL\)')))
	skipped=$((skipped + $(count "$dir/check.log" SKIP)))
}

# The runner's unit programs, of the build that was just tested.
memcheck()
{
	step "The runner's unit programs under memcheck"
	log=$TOP/build/memcheck.log
	{
		status=0
		(cd "$TOP/build" && sh ../tests/valgrind.sh --runner) \
		    </dev/null 2>&1 || status=$?
		echo "$status" >"$TOP/build/memcheck.status"
	} | tee "$log"
	passed=$((passed + $(grep -c '^ok' "$log")))
	[ "$(cat "$TOP/build/memcheck.status")" -eq 0 ] || {
		say "FAILED: tests/valgrind.sh --runner in build/"
		failed=$((failed + 1))
	}
}

build build --enable-werror
suite build
memcheck
CFLAGS='-O1 -g'
export CFLAGS
build build-san --enable-werror --enable-sanitizers
suite build-san

say
say "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
