# Persistent workers of Taskdir in sh.
#
#	#!/bin/sh
#	. "$(dirname "$0")/taskdir_worker.sh"
#	digest()
#	{
#		user=$(taskdir data /userid --raw) || exit 100
#		echo "user $user"
#	}
#	worker_loop digest
#
# and in the settings: [class mail.digest], worker = yes, pipeline = 1.
#
# The function is run in a subshell of its own for each task, as a handler
# would be: the task on standard input, TASKDIR_ID and the like in the
# environment, exit 0 for done, 100 for a failure for good, any other to be
# tried again.  Printing goes to the task's output.  The shell reads its lines
# a byte at a time: tasks of many kilobytes are better done in other languages.
# shellcheck shell=sh

# The next task gets a fresh process.
clear_static_caches()
{
	# $$ is the worker, also in the subshell.
	kill -s USR1 $$
}

# worker_member TEXT NAME: a text, number or null from what is before the task
# in a line of the runner's.
worker_member()
{
	case $1 in
	*",\"$2\":"*) ;;
	*) return 0 ;;
	esac
	worker_value=${1#*",\"$2\":"}
	worker_value=${worker_value%%,\"*}
	[ "$worker_value" != null ] || worker_value=
	worker_value=${worker_value#\"}
	# A class has no other escape; the task has the others unharmed.
	printf '%s\n' "${worker_value%\"}" | sed 's/\\\\/\\/g'
}

worker_answer()
{
	case $2 in
	0) worker_end='"status":"ok"' ;;
	100) worker_end='"status":"permanent","error":"exit 100"' ;;
	*) worker_end="\"status\":\"retry\",\"error\":\"exit $2\"" ;;
	esac
	[ -z "$worker_recycle" ] || worker_end="$worker_end,\"recycle\":true"
	printf '{"id":"%s",%s}\n' "$1" "$worker_end" >&3
}

# worker_do LINE FUNCTION
worker_do()
{
	worker_id=${1#'{"id":"'}
	worker_id=${worker_id%%\"*}
	worker_head=${1%%,\"task\":*}
	TASKDIR_CLASS=$(worker_member "$worker_head" class)
	TASKDIR_COMPONENT=$(worker_member "$worker_head" component)
	TASKDIR_USERID=$(worker_member "$worker_head" userid)
	TASKDIR_DUE=$(worker_member "$worker_head" due)
	TASKDIR_SLOT=$(worker_member "$worker_head" slot)
	TASKDIR_TRY=$(worker_member "$worker_head" try)
	TASKDIR_TRIES_LEFT=$(worker_member "$worker_head" tries_left)
	export TASKDIR_CLASS TASKDIR_COMPONENT TASKDIR_USERID TASKDIR_DUE
	export TASKDIR_SLOT TASKDIR_TRY TASKDIR_TRIES_LEFT
	worker_task=${1#*,\"task\":}
	worker_status=0
	# The function cannot speak to the runner, nor take the next task.
	printf '%s\n' "${worker_task%\}}" |
	    (TASKDIR_ID=$worker_id "$2") 3>&- || worker_status=$?
	worker_answer "$worker_id" "$worker_status"
}

# worker_loop FUNCTION
worker_loop()
{
	if [ "${TASKDIR_WORKER:-0}" -lt 1 ]; then
		echo "this is a worker: it needs worker = yes in its class" >&2
		exit 1
	fi
	worker_recycle=
	trap 'worker_recycle=1' USR1
	printf '{"taskdir":1,"hello":"%s"}\n' "${0##*/}" >&3
	while [ -z "$worker_recycle" ] && IFS= read -r worker_line <&3; do
		worker_do "$worker_line" "$1"
	done
	exit 0
}
