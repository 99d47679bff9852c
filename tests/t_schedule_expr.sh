#!/bin/sh
# taskdir schedule next and explain with --expr: without a spool.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
unset TASKDIR
TZ=UTC
export TZ

# next EXPR OPTION...: the times on one line.
next()
{
	expr=$1
	shift
	taskdir schedule next --expr "$expr" "$@" | paste -s -d ' ' -
}

[ -e /usr/share/zoneinfo/Europe/Madrid ] ||
    skip_all 'there is no tzdata'
is "$(taskdir schedule next --expr '*/5 2 * * *' --tz Europe/Madrid \
    --from 2026-03-29T00:00:00+01:00 -n 3 --json | tr -d '\n')" \
    '[{"next":"2026-03-29T03:00:00+02:00"},'\
'{"next":"2026-03-29T03:05:00+02:00"},'\
'{"next":"2026-03-29T03:10:00+02:00"}]' \
    'next as JSON'
is "$(next '30 2 * * *' --tz Europe/Madrid --from 2026-10-24 -n 3)" \
    '2026-10-24T02:30:00+02:00 2026-10-25T02:30:00+01:00'\
'  the second of two such times 2026-10-26T02:30:00+01:00' \
    'next as text, with a note'
is "$(next '30 2 * * *' --tz Europe/Madrid --from 2026-10-25 -n 2 \
    --dst twice | tr ' ' '\n' | grep '^2' | paste -s -d ' ' -)" \
    '2026-10-25T02:30:00+02:00 2026-10-25T02:30:00+01:00' 'a policy'
is "$(next @daily --from 1795132800 -n 1)" '2026-11-21T00:00:00+00:00' \
    'from Unix seconds'
is "$(next @daily --tz Asia/Kathmandu --from 2026-11-20T00:00 -n 1)" \
    '2026-11-21T00:00:00+05:45' 'a time without a zone is one of --tz'
is "$(next @daily --tz Asia/Kathmandu --from 2026-11-20T00:00 -n 1 -u)" \
    '2026-11-20T18:15:00Z' '--utc'
is "$(next '* * * * *' | wc -w)" 5 'five by default'
is "$(TZ=America/New_York next @yearly -n 1 | cut -c 20-)" '-05:00' \
    "the system's zone by default"
check_exit 3 'what never runs' taskdir schedule next --expr @reboot

is "$(taskdir schedule explain --expr '*/20 9-10 * 1,2 mon-fri' --tz UTC \
    --from 2026-11-20 -n 2 --json)" \
    '{"expr":"*/20 9-10 * 1,2 mon-fri",'\
'"words":"every 20 minutes from 09:00 to 10:40, Monday to Friday, '\
'in January and February","minute":[0,20,40],"hour":[9,10],'\
'"day":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,'\
'26,27,28,29,30,31],"month":[1,2],"dayofweek":[1,2,3,4,5],"tz":"UTC",'\
'"next":["2027-01-01T09:00:00+00:00","2027-01-01T09:20:00+00:00"]}' \
    'explain as JSON'
taskdir schedule explain --expr '0 9 13 * fri' --tz UTC --from 2026-11-20 \
    -n 2 >out
is "$(grep -c . out)" 10 'explain as text'
like "$(cat out)" '*at 09:00, on day 13 of the month or on Friday*' \
    'has the words'
like "$(cat out)" '*2026-11-20T09:00:00+00:00*2026-11-27T09:00:00*' \
    'and the next runs'

taskdir schedule explain --expr @reboot --tz UTC --json >out
is "$(cat out)" '{"expr":"@reboot","words":"at the start of the machine",'\
'"tz":"UTC","next":[]}' '@reboot has no times'

# wrong TEXT EXPR OPTION...: refused as wrong use, with these words.
wrong()
{
	text=$1
	shift
	check_exit 2 "refused: $*" taskdir schedule next --expr "$@"
	like "$(cat err)" "*$text*" "because of: $text"
}
wrong 'column 3: hour: 24 is out of range (accepted: 0-23)' '0 24 * * *'
wrong 'column 5: day: no listed month has a day 31' '0 0 31 2 *'
wrong 'too few fields: 2 of 5' '* *'
wrong 'column 1: minute: a blank inside of the list' '0, 5 * * * *'
wrong 'column 5: day: a blank inside of the list' '0 1 ,5 * * *'
wrong 'unknown time zone "Europe/Atlantis"' @daily --tz Europe/Atlantis
wrong '"../x" is not the name of a time zone' @daily --tz ../x
wrong 'default, skip, first or twice, not "never"' @daily --dst never
wrong '"soon" is no TIME for --from' @daily --from soon
check_exit 2 'an expression is needed' taskdir schedule explain
done_testing
