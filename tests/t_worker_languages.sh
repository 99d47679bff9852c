#!/bin/sh
# The workers of contrib/handlers, in each language that is here.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/worker.sh"

command -v python3 >"$WORK/.out" || skip_all 'python3 is not installed'

new_spool
cp "$TD_SRCDIR"/contrib/handlers/* "$SPOOL/handlers/"
settings <<END
[runner]
max_running = 16
[class example.*]
worker = yes
max_running = 1
backoff = 1h
END

# do_class CLASS DATA [OPTION...]: its id in $id, when it has been run.
do_class()
{
	id=$(taskdir add "example.$1" --data "$2")
	wait_until "[ -n \"\$(runs_of $id)\" ]" || diag "$id does not run"
}

output()
{
	cat "$SPOOL/log/output/$(said "$1" output)"
}

# What all languages do.  $language is set.
same_in_all()
{
	do_class items '{"items": [1, 2, 3]}'
	is "$(said "$id" result) $(output "$id" | paste -s -d , -)" \
	    'ok item 1 is 1,item 2 is 2,item 3 is 3' "$language: items are done"
	do_class items '{"items": [1, "x", 3, "y"]}'
	is "$(said "$id" result)" retry 'a bad one is a failure at the end'
	is "$(output "$id" | grep -c '^item [13] is [13]$')" 2 \
	    'after the others are done'
	like "$(output "$id")" '*x*y*' 'and each bad one is in the output'
	do_class fail '{"how": "permanent"}'
	is "$(said "$id" result) $(states_of "$id")" 'permanent dlq' \
	    'it can fail for good'
	do_class fail '{"how": "retry"}'
	is "$(said "$id" result) $(states_of "$id")" 'retry failed' 'or for now'
	for i in 1 2 3 4 5 6; do
		name=facts
		[ "$i" -ne 2 ] && [ "$i" -ne 4 ] || name=purge
		echo "{\"classname\":\"example.$name\",\"customdata\":$i}"
	done | taskdir add --batch >ids
	wait_for 'with cleared caches the queue does not stall' \
	    '[ "$(grep -c . ids)" -eq "$(runs_of | grep -c -F -f ids)" ]'
	is "$(runs_of | grep -F -f ids | grep -v -c '"result":"ok"')" 0 \
	    'and nothing fails'
	# In the order in which they were done.
	runs_of | grep -F -f ids | sed 's/,"value":.*//
	    s/.*"class":"example.\([a-z]*\)".*"pid":\([0-9]*\).*/\1 \2/
	    ' >turns
	is "$(awk 'NR > 1 && last == "purge" && $2 == pid
	    { last = $1; pid = $2 }' turns)" '' \
	    'each time the next task sees a fresh process'
	is "$(awk 'NR > 1 && last != "purge" && $2 != pid
	    { last = $1; pid = $2 }' turns)" '' 'and others the one there was'
	is "$(grep -c purge turns)" 2 'both were among them'
}

# What those with base classes do as well.
same_in_classes()
{
	do_class items '{"items": [1, "x"]}'
	like "$(said "$id" error)" '*1 of 2 items failed' \
	    'an exception that nobody caught is the error'
	like "$(output "$id")" "*$1*" 'with its trace in the output'
	do_class fail '{"how": "snooze"}'
	is "$(said "$id" result) $(states_of "$id")" 'snooze new' \
	    'a task can snooze'
	do_class none null
	like "$(said "$id" error)" '*no class for example.none' \
	    'a class that the worker has not is a failure'
	id=$(taskdir add example.facts --data 1 --attempts 3)
	wait_until 'ended "$id"'
	like "$(said "$id" value)" '*"attempt": 1, "available": 3}' \
	    'it knows its attempts'
	id=$(taskdir add example.facts --data 1 --attempts unlimited)
	wait_until 'ended "$id"'
	like "$(said "$id" value)" '*"available": null}' 'or that it has no end'
	cat >exact <<'END'
{ "z" : 9007199254740993, "a": [1.0, -0, 1e2], "é": "\u00e9\/\ud83d\ude00",
  "a,b": {"}": "{\"]"}, "big": 18446744073709551615, "a": null }
END
	runs_of | grep -c '"example.facts".*"ok"' >before
	{
		printf '{"customdata": '
		cat exact
		echo ', "classname": "example.facts"}'
	} >"$SPOOL/new/exact"
	wait_until '[ "$(runs_of | grep -c "\"example.facts\".*\"ok\"")" \
	    -gt "$(cat before)" ]'
	id=$(runs_of | tail -n 1 | sed 's/^{"id":"\([^"]*\)".*/\1/')
	is "$(output "$id")" "$(tr '\n' ' ' <exact | sed 's/ $//')" \
	    'custom data comes byte for byte'
}

# language NAME PROGRAM SUFFIX TRACE PIPELINE
language()
{
	language=$1
	if ! command -v "$2" >"$WORK/.out"; then
		skip "$2 is not installed: its workers are not tested"
		return
	fi
	sed "s,^worker = yes,&\nhandler = handlers/example.$3," \
	    "$SPOOL/taskdir.conf" >conf
	sed "/^worker = yes/a pipeline = $5" conf >"$SPOOL/taskdir.conf"
	cp "$SPOOL/taskdir.conf" conf
	start_runner
	same_in_all
	[ "$3" = sh ] || same_in_classes "$4"
	check 'and the runner stops' stop_runner
	sed '/^handler =/d; /^pipeline =/d' conf >"$SPOOL/taskdir.conf"
	find "$SPOOL/new" "$SPOOL/failed" -name '*.json' -delete
}

language Python python3 py 'line * in execute' 4
language PHP php php '#0 *execute()*' 4
language Node node js 'at *execute*' 4
language sh sh sh '' 1
done_testing
