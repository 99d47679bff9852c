#!/bin/sh
# The long version of what make check does briefly: runners killed hundreds of
# times, every fault.  Run from the build directory after make check, as
#
#	sh ../tests/soak.sh [KILLS]
set -eu
src=$(cd "$(dirname "$0")/.." && pwd)
TD_SRCDIR=$src TD_BUILDDIR=$(pwd) TD_SOAK=1 TD_PATIENCE=${TD_PATIENCE:-10}
TD_KILL_ROUNDS=${1:-500}
export TD_SRCDIR TD_BUILDDIR TD_SOAK TD_PATIENCE TD_KILL_ROUNDS
status=0
for test in tests/faults_spool tests/faults_runner; do
	"./$test" | grep -v '^ok' || status=1
done
sh "$src/tests/t_kill.sh" || status=1
exit "$status"
