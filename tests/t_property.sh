#!/bin/sh
# The laws of run logs (property.awk) are broken by what breaks them, and by
# nothing else.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

# line RESULT [MEMBER...]
line()
{
	printf '{"id":"a1","result":"%s"' "$1"
	shift
	for member; do printf ',%s' "$member"; done
	printf '}\n'
}

END='"final":true' ON='"final":false'

# log_breaks NAME PATTERN: the log on standard input.
log_breaks()
{
	cat >"$WORK/log"
	like "$(awk -f "$TD_SRCDIR/tests/property.awk" "$WORK/log" 2>&1)" \
	    "$2" "$1"
}

log_breaks 'a start before its time' 'began before*' <<LOG
$(line ok '"try":1' '"start":99.9' '"due":100' "$END")
LOG
log_breaks 'a run after the end' 'goes on*' <<LOG
$(line ok '"try":1' "$END")
$(line retry '"try":2' "$ON")
LOG
log_breaks 'two ends' 'goes on*' <<LOG
$(line ok '"try":1' "$END")
$(line ok '"try":2' "$END")
LOG
log_breaks 'a run after being dropped' 'goes on*' <<LOG
$(line duplicate "$END")
$(line ok '"try":1' "$END")
LOG
log_breaks 'a try twice' 'try counted twice*' <<LOG
$(line retry '"try":1' "$ON")
$(line retry '"try":1' "$ON")
LOG
log_breaks 'a smaller try after a snooze' 'try counted twice*' <<LOG
$(line snooze '"try":3' "$ON")
$(line ok '"try":2' "$END")
LOG
log_breaks 'a crash of an earlier try' 'try counted backwards*' <<LOG
$(line retry '"try":2' "$ON")
$(line crashed '"try":1' "$ON")
LOG

log_breaks 'forced before its time is right' '' <<LOG
$(line ok '"try":1' '"start":99.9' '"due":100' "$END" '"forced":true')
LOG
log_breaks 'a life of all kinds is right' '' <<LOG
$(line snooze '"try":1' "$ON")
$(line interrupted '"try":1' "$ON")
$(line retry '"try":1' '"start":100.0' '"due":100' "$ON")
$(line crashed '"try":2' "$ON")
$(line permanent '"try":3' "$END")
$(line retry '"try":1' "$ON")
$(line timeout '"try":2' "$END")
$(line ok '"try":1' "$END")
{"id":"a2","result":"ok","try":1,"final":true}
{"id":"a2","resu
LOG
log_breaks 'a runner that died after the line is right' '' <<LOG
$(line ok '"try":1' "$END")
$(line crashed '"try":1' "$ON")
$(line ok '"try":2' "$END")
LOG
log_breaks 'a retried letter whose runner died is right' '' <<LOG
$(line permanent '"try":3' "$END")
$(line crashed '"try":1' "$ON")
$(line ok '"try":2' "$END")
LOG
log_breaks 'a crash of an earlier try after the end' 'try counted back*' <<LOG
$(line permanent '"try":4' "$END")
$(line crashed '"try":2' "$ON")
LOG
done_testing
