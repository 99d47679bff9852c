#!/bin/sh
# The tests of control groups in a kernel of their own, where cgroup v2 has the
# memory and pids controllers whatever the machine's kernel gives: as root or
# as anybody, from the build directory after make check, as
#
#	sh ../tests/vm.sh [TEST...]
#
# The kernel is User-Mode Linux, an ordinary program (Debian: user-mode-linux;
# TD_LINUX=PROGRAM is another one).  It sees this machine's files, and cannot
# write them: what tests make lies in its memory.  It takes a minute or two,
# and is ended after TD_VM_LIMIT (900) seconds.
#
# A line a test; a test that skips something for want of cgroups has failed,
# since they are what it is here for.
set -u
SELF=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")

# --- Inside: the first process ------------------------------------------------

# begin_system: what an init does.
begin_system()
{
	PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	HOME=/
	export PATH HOME
	mount -t proc none /proc
	mount -t sysfs none /sys
	mount -t cgroup2 none /sys/fs/cgroup
	mkdir -p /dev/shm
	mount -t tmpfs -o mode=1777 none /dev/shm
	mkdir -p /dev/pts
	mount -t devpts none /dev/pts
}

# Slow, so patient; and what needs many tasks is tested elsewhere.
run_inside()
{
	# TEMP is where Check looks.
	TMPDIR=/dev/shm TEMP=/dev/shm
	CK_TIMEOUT_MULTIPLIER=20 TD_PATIENCE=5 TD_TASKS=200
	export TMPDIR TEMP CK_TIMEOUT_MULTIPLIER TD_PATIENCE TD_TASKS
	cd "$TD_BUILDDIR" || return
	for test in $TD_VM_TESTS; do
		echo "@begin $test"
		case $test in
		*.sh) sh "$test" ;;
		*) "$test" ;;
		esac 2>&1
		echo "@end $?"
	done </dev/null
}

if [ "${TD_VM_INSIDE-}" = yes ]; then
	unset TD_VM_INSIDE
	begin_system
	run_inside
	echo "@over"
	echo o >/proc/sysrq-trigger
	exec sleep 60
fi

# --- Outside ------------------------------------------------------------------

TD_SRCDIR=$(dirname "$(dirname "$SELF")")
[ $# -gt 0 ] || set -- tests/check_cgroup tests/check_child \
    "$TD_SRCDIR/tests/t_cgroups.sh" \
    "$TD_SRCDIR/tests/t_process.sh"
linux=${TD_LINUX:-$(command -v linux.uml || command -v linux)}
[ -n "$linux" ] || {
	echo 'no User-Mode Linux here (Debian: user-mode-linux)' >&2
	exit 2
}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# Reads what the tests say; fails unless each came to a good end.
judge()
{
	awk -v want=$# '
	function say(verdict) {
		print verdict " " ++n " - " test
		bad += verdict != "ok"
	}
	{ sub(/\r$/, "") }
	/^@begin / { test = $2; lines = ""; want_cgroups = 0; next }
	/^@end / {
		say($2 == 0 && !want_cgroups ? "ok" : "not ok")
		printf "%s", lines
		test = ""
		fflush()
		next
	}
	/^@over/ { over = 1; next }
	test != "" {
		if (/SKIP.*cgroup/)
			want_cgroups = 1
		if (/^not ok|^#|SKIP|^Bail/)
			lines = lines "#   " $0 "\n"
	}
	END {
		if (test != "") {
			say("not ok")
			printf "%s", lines
		}
		if (!over)
			print "Bail out! The machine ended before its tests."
		print "1.." want
		exit bad > 0 || !over || n != want
	}'
}

# "--" ends what is the kernel's; the rest of its line is for the first process,
# NAME=VALUE its environment.
TMPDIR=$work timeout -k 5 "${TD_VM_LIMIT:-900}" "$linux" mem=1G \
    rootfstype=hostfs rootflags=/ ro loglevel=1 con=null con0=fd:0,fd:1 \
    uml_dir="$work/" init=/bin/sh TD_VM_INSIDE=yes \
    TD_SRCDIR="$TD_SRCDIR" TD_BUILDDIR="$(pwd)" \
    "TD_VM_TESTS=\"$*\"" -- "$SELF" </dev/null 2>"$work/err" |
    tee "$work/out" | judge "$@"
status=$?
[ "$status" -eq 0 ] || {
	grep -v '^ok ' "$work/out" | tail -n 30
	tail -n 5 "$work/err"
} | sed 's/^/# /'
exit "$status"
