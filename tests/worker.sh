# What stories of persistent workers share, after tap.sh; needs python3.
# shellcheck shell=sh

# add CLASS STEPS [OPTION...]: a task for tests/worker.py.
add()
{
	add_class=$1 add_do=$2
	shift 2
	taskdir add "$add_class" --data "{\"do\":[$add_do]}" "$@"
}

# said ID MEMBER: what its last run says of a member.
said()
{
	runs_of "$1" | tail -n 1 | python3 -c 'import json, sys
line = json.loads(sys.stdin.read() or "{}")
value = line.get(sys.argv[1])
print(value if isinstance(value, str) else json.dumps(value))' "$2"
}

# do_one CLASS STEPS [OPTION...]: its id in $id, when it has been run.
do_one()
{
	id=$(add "$@")
	wait_until "[ -n \"\$(runs_of $id)\" ]" || diag "$id does not run"
}

# in_flight CLASS: how many of its tasks workers have.
in_flight()
{
	awk -v class="$1" '$6 == class && $2 != "-"' "$SPOOL/run/running" |
	    wc -l
}
