#!/bin/sh
# From a fresh checkout to tasks that ran:
#
#	sh contrib/quickstart.sh [--keep] [--build=DIR]
#
# It installs what is missing (as root; anybody else is told what to install),
# builds in build/, starts a runner on spool/, drops tasks in four ways, and
# shows what became of each.  --keep leaves the runner in the foreground;
# --build takes the program from an existing build.  It may be run again, also
# beside a runner that is already there.
set -eu
TOP=$(cd "$(dirname "$0")/.." && pwd -P)
# shellcheck source=contrib/lib.sh
. "$TOP/contrib/lib.sh"

usage()
{
	say "usage: sh contrib/quickstart.sh [--keep] [--build=DIR]"
}

# --- Helpers -----------------------------------------------------------------

# Shows a command as a person would type it.
show()
{
	line='$'
	for word; do
		case $word in
		*[!A-Za-z0-9_./:=+-]*) line="$line '$word'" ;;
		*) line="$line $word" ;;
		esac
	done
	say "$line"
}

# Shows it and runs it.
run()
{
	show "$@"
	"$@"
}

# wait_until WHAT CONDITION: the condition is shell text.  Half a minute is
# far more than any of them needs.
wait_until()
{
	tries=600
	until eval "$2"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || die "waited in vain: $1"
		sleep 0.05 # the poll, not a guess
	done
}

# A zombie is not alive.
is_alive()
{
	[ -r "/proc/$1/stat" ] &&
	    ! grep -q '^[0-9]* (.*) [ZX]' "/proc/$1/stat" 2>/dev/null
}

# add ARG...: as run, for a command that prints an id.
add()
{
	show taskdir add "$@"
	id=$(taskdir add "$@")
	say "$id"
}

# --- Steps -------------------------------------------------------------------

# What git does not keep, and modes that a checkout does not: a private spool
# is its owner's alone.
prepare_spool()
{
	step "The spool: $TASKDIR"
	taskdir init "$TASKDIR" >/dev/null
	chmod 0700 "$TASKDIR"
	chmod -R go-w "$TASKDIR/handlers" "$TASKDIR/taskdir.conf" \
	    "$TASKDIR/conf.d" "$TASKDIR/schedule" "$TASKDIR/schedule.d"
	for dir in new cur failed dlq tmp log run responses; do
		chmod 0700 "$TASKDIR/$dir"
	done
	mkdir -p "$WORK"
}

# The lock decides whether there is a runner already, not a look at processes:
# one of two that start at once gives way.
start_runner()
{
	step "The runner"
	log=$TASKDIR/log/runner.log
	touch "$log"
	from=$(($(wc -c <"$log") + 1))
	say "\$ taskdir run 2>>log/runner.log &"
	taskdir run >>"$log" 2>&1 </dev/null &
	runner=$!
	wait_until "the runner's start" \
	    'tail -c +$from "$log" | grep -q ready || ! is_alive $runner'
	is_alive "$runner" && return 0
	runner=
	tail -c +"$from" "$log" >&2
	[ -n "$(runner_pid)" ] || die "the runner does not start"
	say "There is a runner already, pid $(runner_pid): it will do."
}

# The pid of whoever holds the spool's lock.
runner_pid()
{
	[ -r "$TASKDIR/run/lock" ] || return 0
	read -r pid rest <"$TASKDIR/run/lock" || return 0
	: "$rest"
	! is_alive "$pid" || echo "$pid"
}

stop_receiver()
{
	[ -n "$receiver" ] || return 0
	kill -s TERM "$receiver" 2>/dev/null || :
	wait "$receiver" 2>/dev/null || :
	receiver=
}

# Whatever happens: nothing of the demonstration stays behind.
clean_up()
{
	stop_receiver
	rm -f "$TASKDIR/conf.d/demo.conf"
	stop_runner
}

stop_runner()
{
	[ -n "$runner" ] || return 0
	kill -s TERM "$runner" 2>/dev/null || :
	wait "$runner" || :
	runner=
}

# A letter as any program would write it: $1 subject, $2 further members.
letter()
{
	printf '{"classname": "mod_example\\\\mail"%s, "customdata":
	    {"to": "you", "subject": "%s %s", "text": "It works."}}\n' \
	    "${2:-}" "$1" "$stamp"
}

drop_tasks()
{
	step "Four ways to drop a task"
	say "# The command: names, checks and syncs it, and prints its id."
	add backup.directory --data '{"source": "handlers"}'
	backup=$id

	say "# A redirection into the letter box, under any name."
	printf 'city,people\nAvila,57730\nSoria,40147\n' >"$WORK/cities.csv"
	rm -f "$WORK/cities.json"
	say "\$ echo '{\"classname\": \"convert.table\", ...}'" \
	    ">new/convert-$stamp.json"
	echo '{"classname": "convert.table", "customdata":
	    {"from": "work/cities.csv", "to": "work/cities.json"}}' \
	    >"new/convert-$stamp.json"

	say "# A copy."
	letter "By cp" >"$WORK/letter-$stamp.json"
	run cp "$WORK/letter-$stamp.json" new/
	rm "$WORK/letter-$stamp.json"

	say "# rsync, also from another machine."
	letter "By rsync" >"$WORK/parcel-$stamp.json"
	run rsync --remove-source-files "$WORK/parcel-$stamp.json" new/

	step "Four that are special"
	say "# It fails twice, and is tried again after a second each."
	add flaky --data '{"fails": 2}'
	flaky=$id

	say "# Not before two seconds from now; the key names it."
	add 'mod_example\mail' --in 2s --key "reminder-$stamp" \
	    --data "{\"to\": \"you\", \"subject\": \"Later $stamp\"}"
	later=$id

	say "# The same once more, as a file: the waiting one will do."
	say "\$ echo '{..., \"on_duplicate\": \"ignore\"}'" \
	    ">new/twice-$stamp.json"
	letter "Twice" ", \"key\": \"reminder-$stamp\",
	    \"on_duplicate\": \"ignore\"" >"new/twice-$stamp.json"

	say "# And a file that was cut off."
	say "\$ printf '{\"classname\": \"flaky\"' >new/broken-$stamp.json"
	printf '{"classname": "flaky"' >"new/broken-$stamp.json"
}

# delivered SUBJECT: a message with it is in the maildir.
delivered()
{
	grep -qrF "Subject: $1 $stamp" "$WORK/Maildir/new" 2>/dev/null
}

show_schedule()
{
	step "The schedule"
	say "# Each entry's next run waits in new/ like any other task."
	run taskdir schedule list
	say
	say "# One of them now, whatever its time:"
	run taskdir schedule run nightly ||
	    die "the scheduled task failed: taskdir log --type scheduled"
	run ls "$WORK/nights"
}

deliver_event()
{
	step "An event, delivered to a web server"
	say "# A server that shows what it gets, on a free port."
	say "\$ python3 contrib/examples/receiver.py work/received &"
	rm -rf "$WORK/received"
	python3 "$TOP/contrib/examples/receiver.py" "$WORK/received" \
	    >>"$TASKDIR/log/runner.log" 2>&1 </dev/null &
	receiver=$!
	wait_until "the web server" '[ -s "$WORK/received/port" ]'
	say "# Where to, and what of which events:"
	run taskdir service add demo type=rest allow_private=yes \
	    "base_url=http://127.0.0.1:$(cat "$WORK/received/port")"
	run taskdir rule add demo 'event=order.*' service=demo \
	    'endpoint=/orders/{{id}}' \
	    'template={"order": {{id}}, "to": "{{customer.name}}"}'
	show taskdir event order.paid \
	    --data '{"id": 17, "customer": {"name": "Eva"}}'
	event=$(taskdir event order.paid \
	    --data '{"id": 17, "customer": {"name": "Eva"}}')
	say "$event"
	wait_until "the delivery" \
	    'taskdir log --json --since "$begin" |
	    grep -F "\"id\":\"$event-" | grep -qF "\"result\":\"ok\""'
	run cat "$WORK/received/requests"
	run taskdir rule remove demo
	run taskdir service remove demo
	rm -f "$TASKDIR/conf.d/demo.conf"
	stop_receiver
}

wait_for_all()
{
	step "Waiting until all have come to an end"
	for id in "$backup" "$flaky" "$later"; do
		run taskdir wait --timeout 30s "$id" ||
		    die "task $id was not done: taskdir show $id"
	done
	wait_until "the conversion" '[ -s "$WORK/cities.json" ]'
	wait_until "the message by cp" 'delivered "By cp"'
	wait_until "the message by rsync" 'delivered "By rsync"'
	delivered Later || die "the delayed message is not there"
	wait_until "the duplicate's end" 'taskdir log --json --result \
	    duplicate --since "$begin" | grep -qF "$later"'
	! delivered Twice || die "the duplicate ran"
	wait_until "the broken file's end" \
	    'taskdir dlq list --json | grep -qF "broken-$stamp"'
}

show_all()
{
	step "What became of them"
	run taskdir log --since "$begin"
	say
	say "# The one that failed twice:"
	run taskdir show "$flaky"
	say
	say "# What was unreadable waits for a person, byte for byte:"
	run taskdir dlq list
	say
	run ls "$WORK" "$WORK/backups" "$WORK/Maildir/new"
	say
	run taskdir stats
}

# --- Main --------------------------------------------------------------------

keep=no build_dir=
for arg; do
	case $arg in
	--keep) keep=yes ;;
	--build=?*) build_dir=$(cd "${arg#*=}" && pwd) ;;
	--help | -h) usage; exit 0 ;;
	*) usage >&2; exit 2 ;;
	esac
done
[ -n "$build_dir" ] || need "$BUILD_TOOLS $DEMO_TOOLS" "$BUILD_LIBS"
as_owner "$@"
if [ -z "$build_dir" ]; then
	build build
	build_dir=$TOP/build
fi
TASKDIR=$TOP/spool
WORK=work
PATH=$build_dir/src/cli:$PATH
export TASKDIR PATH
cd "$TASKDIR"
runner='' receiver='' stamp=$(date +%s)-$$ begin=$(date +%s)
trap clean_up EXIT
trap 'exit 130' HUP INT PIPE TERM

prepare_spool
start_runner
drop_tasks
show_schedule
deliver_event
wait_for_all
show_all

step "Go on from here"
say "PATH=$build_dir/src/cli:\$PATH TASKDIR=$TASKDIR; export PATH TASKDIR"
say "taskdir run &          # then drop files into spool/new/"
say "taskdir --help         # and README.md, spool/README.md"
say
ours=$runner
stop_runner
say "Taskdir works: 5 tasks done, 1 done at its third try, 1 scheduled one" \
    "run, 1 event delivered, 1 duplicate dropped, 1 broken file set aside."
[ "$keep" = yes ] || exit 0
trap - EXIT HUP INT PIPE TERM
[ -n "$ours" ] || { say "The runner that was there goes on."; exit 0; }
say "The runner stays in the foreground; Ctrl-C ends it."
exec taskdir run
