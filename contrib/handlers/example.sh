#!/bin/sh
# Examples of tasks in a persistent worker.  In the settings:
#
#	[class example.*]
#	handler = handlers/example.sh
#	worker = yes
# shellcheck source=contrib/handlers/taskdir_worker.sh
. "$(dirname "$(readlink -f "$0")")/taskdir_worker.sh"

# Many items: one that is bad must not keep the others from being done, nor be
# forgotten.  {"items": [1, "x", 3]}
items()
{
	scratch=$(mktemp) || exit 75
	trap 'rm -f "$scratch"' EXIT
	cat >"$scratch"
	n=0 bad=0
	while item=$(taskdir data "/items/$n" --raw <"$scratch" 2>/dev/null); do
		n=$((n + 1))
		case $item in
		'' | *[!0-9]*)
			echo "item $n: \"$item\" is no number"
			bad=$((bad + 1))
			;;
		*) echo "item $n is $item" ;;
		esac
	done
	if [ "$bad" -gt 0 ]; then
		echo "$bad of $n items failed"
		exit 1
	fi
}

work()
{
	case $TASKDIR_CLASS in
	example.items) items ;;
	example.purge)
		# The worker has read something that is old now.
		clear_static_caches
		echo "$$"
		;;
	example.facts)
		taskdir data
		echo "pid $$ attempt $TASKDIR_TRY left $TASKDIR_TRIES_LEFT"
		;;
	example.fail)
		case $(taskdir data /how --raw) in
		permanent) exit 100 ;;
		*) exit 75 ;;
		esac
		;;
	*)
		echo "this worker does not know $TASKDIR_CLASS"
		exit 1
		;;
	esac
}

worker_loop work
