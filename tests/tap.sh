# What stories share: TAP, a scratch directory, spools, runners, waiting.
#
#	. "${TD_SRCDIR:-.}/tests/tap.sh"
#	new_spool				# $SPOOL, exported as TASKDIR
#	handler greet <<'END'
#	#!/bin/sh
#	echo hello
#	END
#	start_runner
#	id=$(taskdir add greet)
#	wait_for "it runs" 'ended "$id"'
#	stop_runner
#	done_testing
#
# Stories run under "set -u", in $WORK, with LC_ALL=C and TZ=UTC; all that they
# make lies below $WORK and is gone at their end, runners and handlers too.
# shellcheck shell=sh
set -u
: "${TD_SRCDIR:=$(cd "$(dirname "$0")/.." && pwd)}"
: "${TD_BUILDDIR:=$TD_SRCDIR/build}"
case :$PATH: in
*":$TD_BUILDDIR/src/cli:"*) ;;
*) PATH=$TD_BUILDDIR/src/cli:$PATH ;;
esac
LC_ALL=C TZ=UTC
export TD_SRCDIR TD_BUILDDIR PATH LC_ALL TZ
unset TASKDIR CDPATH

tap_count=0 tap_failed=0 tap_runners='' tap_spools=0
RUNNER='' SPOOL=''
STORY=$(basename "$0" .sh)

# --- TAP ---------------------------------------------------------------------

diag()
{
	printf '%s\n' "$*" | sed 's/^/# /'
}

ok()
{
	tap_count=$((tap_count + 1))
	printf 'ok %d - %s\n' "$tap_count" "$*"
}

# Also shows the last lines of the runner's log.
not_ok()
{
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	printf 'not ok %d - %s\n' "$tap_count" "$*"
	[ -z "$SPOOL" ] || [ ! -s "$SPOOL.err" ] || {
		tail -n 5 "$SPOOL.err"
		# A sanitizer says first what it found.
		grep -A 8 -E 'Sanitizer: |runtime error: ' "$SPOOL.err" |
		    head -n 12
	} | sed 's/^/#   runner: /'
}

# check NAME COMMAND...: the command succeeds.
check()
{
	tap_name=$1
	shift
	tap_got=0
	"$@" >"$WORK/.out" 2>&1 || tap_got=$?
	if [ "$tap_got" -eq 0 ]; then
		ok "$tap_name"
	else
		not_ok "$tap_name"
		diag "exit $tap_got: $*"
		diag "$(tail -n 10 "$WORK/.out")"
	fi
}

# check_exit STATUS NAME COMMAND...: it exits just so.  Its standard output is
# then in $WORK/out, its messages in $WORK/err.
check_exit()
{
	tap_want=$1 tap_name=$2
	shift 2
	tap_got=0
	"$@" >"$WORK/out" 2>"$WORK/err" || tap_got=$?
	if [ "$tap_got" -eq "$tap_want" ]; then
		ok "$tap_name"
	else
		not_ok "$tap_name"
		diag "exit $tap_got instead of $tap_want: $*"
		diag "$(tail -n 5 "$WORK/err")"
	fi
}

# is GOT WANT NAME
is()
{
	if [ "$1" = "$2" ]; then
		ok "$3"
	else
		not_ok "$3"
		diag "got:  $1"
		diag "want: $2"
	fi
}

# like TEXT PATTERN NAME: a shell pattern.
like()
{
	# shellcheck disable=SC2254 # a pattern is what is wanted
	case $1 in
	$2) ok "$3" ;;
	*)
		not_ok "$3"
		diag "got:  $1"
		diag "like: $2"
		;;
	esac
}

# One test that cannot be made here, said loudly.
skip()
{
	tap_count=$((tap_count + 1))
	printf 'ok %d # SKIP %s\n' "$tap_count" "$*"
}

skip_all()
{
	printf '1..0 # SKIP %s\n' "$*"
	exit 0
}

bail()
{
	printf 'Bail out! %s\n' "$*"
	exit 1
}

# Last line of every story.  The laws of run logs hold in all of them.
done_testing()
{
	if [ "$tap_spools" -gt 0 ]; then
		for tap_log in "$WORK"/spool*/log; do
			awk -f "$TD_SRCDIR/tests/property.awk" \
			    "$tap_log"/runs-*.jsonl 2>/dev/null
		done >"$WORK/.broken"
		is "$(head -n 5 "$WORK/.broken")" '' \
		    'the run log keeps its laws'
	fi
	printf '1..%d\n' "$tap_count"
	[ "$tap_failed" -eq 0 ]
	exit
}

# --- Waiting -----------------------------------------------------------------

uptime_cs()
{
	read -r tap_up tap_idle </proc/uptime
	: "$tap_idle"
	# "312.09": hundredths, by leaving out the point.
	tap_up=${tap_up%.*}${tap_up#*.}
	printf '%s\n' "$tap_up"
}

# wait_until CONDITION [SECONDS]: evaluates shell text until it succeeds.
# TD_PATIENCE multiplies the seconds (20) on slow machines.
wait_until()
{
	tap_end=$(($(uptime_cs) + ${2:-20} * ${TD_PATIENCE:-1} * 100))
	until eval "$1"; do
		if [ "$(uptime_cs)" -ge "$tap_end" ]; then
			diag "waited in vain: $1"
			return 1
		fi
		sleep 0.02 # the poll, not a guess
	done
}

# wait_for NAME CONDITION [SECONDS]: the same as a test.
wait_for()
{
	if wait_until "$2" "${3:-20}"; then
		ok "$1"
	else
		not_ok "$1"
	fi
}

# at_once N COMMAND...: so many times at the same time, "%" in an argument being
# the number of each; waits for all.
at_once()
{
	tap_times=$1 tap_jobs=''
	shift
	tap_i=0
	while [ "$((tap_i += 1))" -le "$tap_times" ]; do
		(
			for tap_word; do
				shift
				set -- "$@" "$(printf '%s' "$tap_word" |
				    sed "s/%/$tap_i/g")"
			done
			"$@"
		) >"$WORK/.out" 2>&1 &
		tap_jobs="$tap_jobs $!"
	done
	# shellcheck disable=SC2086 # a list
	wait $tap_jobs
}

# --- Spools and runners ------------------------------------------------------

# A spool of its own; more than one may be made.
new_spool()
{
	tap_spools=$((tap_spools + 1))
	SPOOL=$WORK/spool$tap_spools
	taskdir init "$SPOOL" >"$WORK/.out" 2>&1 ||
	    bail "taskdir init: $(cat "$WORK/.out")"
	TASKDIR=$SPOOL
	export TASKDIR
}

# handler CLASS: the program on standard input becomes its handler ("/" for
# "\" in CLASS).
handler()
{
	mkdir -p "$(dirname "$SPOOL/handlers/$1")"
	cat >"$SPOOL/handlers/$1"
	chmod 0755 "$SPOOL/handlers/$1"
}

# Adds the text on standard input to the settings.
settings()
{
	cat >>"$SPOOL/taskdir.conf"
}

# start_runner [OPTION...]: $RUNNER is its pid, its log is $SPOOL.err.
start_runner()
{
	: >"$SPOOL.err"
	# Appended, so that a story may empty it.
	taskdir run "$@" >"$SPOOL.out" 2>>"$SPOOL.err" </dev/null &
	RUNNER=$!
	tap_runners="$tap_runners $RUNNER"
	wait_until "grep -q ready '$SPOOL.err' || ! is_alive $RUNNER"
	is_alive "$RUNNER" ||
	    bail "the runner does not start: $(tail -n 3 "$SPOOL.err")"
}

# A runner that the story started otherwise: ended at the story's end.
adopt_runner()
{
	RUNNER=$1
	tap_runners="$tap_runners $1"
}

# Whether it is a child of the story's own shell: the pid of one that ended may
# be anybody's soon, and the fault programs use up all pids within a minute.
is_ours()
{
	tap_stat=$(cat "/proc/$1/stat" 2>/dev/null)
	case ${tap_stat##*) } in
	?" $$ "*) return 0 ;;
	esac
	return 1
}

# stop_runner [SIGNAL]: returns the runner's exit status.
stop_runner()
{
	! is_ours "$RUNNER" || kill -s "${1:-TERM}" "$RUNNER" 2>/dev/null
	tap_status=0
	wait "$RUNNER" || tap_status=$?
	RUNNER=''
	return "$tap_status"
}

# Whether a process lives (a zombie does not).
is_alive()
{
	[ -r "/proc/$1/stat" ] &&
	    ! grep -q '^[0-9]* (.*) [ZX]' "/proc/$1/stat" 2>/dev/null
}

# Names in a directory of the spool, as a letter box sees them.
names_in()
{
	find "$SPOOL/$1" -mindepth 1 -maxdepth 1 ! -name '.*' \
	    ! -name '*.reason' -printf '%f\n' | sort
}

count_in()
{
	names_in "$1" | grep -c .
}

# The states in which an id lies, blank-separated: one, or none at its end.
states_of()
{
	for tap_state in new cur failed dlq; do
		for tap_file in "$SPOOL/$tap_state"/*,"$1",*; do
			[ ! -e "$tap_file" ] || echo "$tap_state"
		done
	done | paste -s -d ' ' -
}

# Whether an id has left the queue, done or dead.
ended()
{
	case $(states_of "$1") in
	'' | dlq) return 0 ;;
	*) return 1 ;;
	esac
}

# The run log's lines of an id (all without one).
runs_of()
{
	cat "$SPOOL"/log/runs-*.jsonl 2>/dev/null | grep -F "\"id\":\"${1:-}"
}

# run_field ID MEMBER: what its last run in the run log says, without quotes.
run_field()
{
	runs_of "$1\"" | tail -n 1 |
	    sed -n 's/.*[{,]"'"$2"'":\("\(\\.\|[^"\\]\)*"\|[^,}]*\).*/\1/p' |
	    sed 's/^"\(.*\)"$/\1/'
}

# --- Letters -----------------------------------------------------------------

# drop NAME: standard input appears whole in new/.
drop()
{
	cat >"$SPOOL/tmp/$1"
	mv "$SPOOL/tmp/$1" "$SPOOL/new/$1"
}

# forge STATE ID CLASS TRIES DUE: standard input appears under a canonical name
# (CLASS encoded; the key is wrong, which the runner corrects).
forge()
{
	tap_file=$5,$3,0123456789abcdef,$2,$4.json
	cat >"$SPOOL/tmp/$tap_file"
	mv "$SPOOL/tmp/$tap_file" "$SPOOL/$1/$tap_file"
}

# The name of an id in a state, or nothing: name_of ID STATE.
name_of()
{
	names_in "$2" | grep -F ",$1,"
}

# --- The end -----------------------------------------------------------------

# Handlers that outlived their runner, and runners that were started by others
# than start_runner: they carry the spool's path.
end_strays()
{
	for tap_env in $(grep -lsz "^TASKDIR\(_SPOOL\)\{0,1\}=$WORK/" \
	    /proc/[0-9]*/environ); do
		tap_pid=${tap_env#/proc/}
		kill -s KILL "${tap_pid%/environ}" 2>/dev/null
	done
}

# What a runner left that was killed, or whose handlers were still dying.
end_groups()
{
	find "$WORK" -path '*/run/cgroup' -type f -exec awk 1 {} + \
	    2>/dev/null | grep '/taskdir-[^/]*$' |
	    while read -r tap_group; do
		wait_until no_group 5
	done
}
no_group()
{
	[ ! -d "$tap_group" ] ||
	    find "$tap_group" -depth -type d -exec rmdir {} + 2>/dev/null
}
clean_up()
{
	tap_status=$?
	trap - EXIT
	for tap_pid in $tap_runners; do
		is_ours "$tap_pid" || continue
		kill -s TERM "$tap_pid" 2>/dev/null &&
		    kill -s TERM "$tap_pid" 2>/dev/null
		wait_until "! is_alive $tap_pid" 5 ||
		    kill -s KILL "$tap_pid" 2>/dev/null
	done
	end_strays
	end_groups
	cd / || exit 1
	chmod -R u+rwX "$WORK" 2>/dev/null
	rm -rf "$WORK"
	exit "$tap_status"
}

WORK=$(mktemp -d "${TMPDIR:-/tmp}/taskdir-$STORY-XXXXXX") || exit 1
WORK=$(cd "$WORK" && pwd -P)
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
cd "$WORK" || exit 1
