#!/bin/sh
# Drops a task from a shell script, without the taskdir command:
#
#	TASKDIR=/var/spool/taskdir sh drop.sh
set -eu
spool=${TASKDIR:-/var/spool/taskdir}

# The simple way.  The runner waits while the file is open for writing.
echo '{"classname": "report.daily", "customdata": {"day": "today"}}' \
    >"$spool/new/report-$$.json"

# The atomic way, for a writer that may be killed: aside, then renamed whole.
# Both names lie on one file system.
file=report-$(date +%s)-$$.json
cat >"$spool/tmp/$file" <<'END'
{
  "classname": "report.daily",
  "customdata": {"day": "yesterday"},
  "attemptsavailable": 5,
  "on_duplicate": "ignore"
}
END
mv "$spool/tmp/$file" "$spool/new/$file"
