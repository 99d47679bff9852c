#!/bin/sh
# taskdir add --batch: ids in order, refusals named, groups committed early.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
new_spool

seq 1 2500 | sed 's/.*/{"classname":"count","customdata":&}/' >tasks
check_exit 0 'a batch is added' taskdir add --batch <tasks
is "$(sort -u out | grep -c .)" 2500 'with an id for each line'
is "$(sort -c out && echo sorted)" sorted 'in order'
is "$(count_in new)" 2500 'all of them there'
id=$(sed -n 1234p out)
is "$(cat "$SPOOL"/new/*,"$id",*)" '{"classname":"count","customdata":1234}' \
    'each under its own id'

printf '%s\n' '{"classname":"a"}' 'nonsense' '' \
    '{"classname":"b","on_duplicate":"replace","nextruntime":1795132800}' \
    '{"classname":"../c"}' >tasks
printf '%s' '{"classname":"last"}' >>tasks
check_exit 1 'bad lines fail' taskdir add --batch <tasks
is "$(sed 's/..*-..*/id/' out | paste -s -d ' ' -)" 'id - - id - id' \
    'each in its place'
is "$(sed -n 's/^taskdir add: line \([0-9]*\): .*/\1/p' err |
    paste -s -d ' ' -)" '2 3 5' 'and are named'
like "$(names_in new)" '*1795132800,b,*.ask*' 'time and policy count'
check_exit 1 'a line past max_size fails' sh -c \
    '{ head -c 17000000 /dev/zero | tr "\0" 1
	printf "\n{\"classname\":\"z\"}\n"; } | taskdir add --batch'
is "$(sed 's/..*-..*/id/' out | paste -s -d ' ' -)" '- id' \
    'the next one does not'
check_exit 0 'no line is no error' taskdir add --batch </dev/null
is "$(cat out)" '' 'and no id'
check_exit 0 'as JSON' taskdir add --batch --json <<'END'
{"classname":"j"}
END
like "$(cat out)" '{"id":"*"}' 'an object a line'
check_exit 2 'a class beside --batch is a wrong use' taskdir add x --batch
check_exit 2 'and an option' taskdir add --batch --no-retry

# A slow producer gets its ids before it says more.
mkfifo feed
taskdir add --batch <feed >ids &
exec 3>feed
echo '{"classname":"slow"}' >&3
wait_for 'a group is committed when nothing more comes' '[ -s ids ]'
echo '{"classname":"slow"}' >&3
wait_for 'and the next' '[ "$(grep -c . ids)" -eq 2 ]'
exec 3>&-
wait
is "$(ls -A "$SPOOL/tmp")" lost 'nothing stays in tmp/'
check_exit 1 'a full disk on standard output is a failure' sh -c \
    'echo "{\"classname\":\"f\"}" | taskdir add --batch >/dev/full'
done_testing
