#!/bin/sh
# What is kept of runs: so many outputs a class, and which runs.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
new_spool
handler say <<'END'
#!/bin/sh
echo said
[ "$(taskdir data)" = null ]
END
settings <<'END'
[class *]
handler = handlers/say
attempts = 1
[class three]
keep_runs = 3
[class all]
keep_runs = 0
[class outfail]
keep_output = fail
[class outnone]
keep_output = none
[class logfail]
keep_log = fail
[class lognone]
keep_log = none
END

# runs CLASS N: so many that go well, one after the other; their ids in $ids.
runs()
{
	ids=''
	for _ in $(seq "$2"); do
		ids="$ids $(taskdir add "$1")"
	done
	wait_until '[ "$(count_in new)$(count_in cur)" = 00 ]'
}
# kept CLASS: ids whose output is kept.
kept()
{
	names_in log/output | sed -n "s/^$1,\([^,]*\),.*/ \1/p" | tr -d '\n'
}
last()
{
	echo "$ids" | tr ' ' '\n' | tail -n "$1" | sed 's/^/ /' | tr -d '\n'
}
start_runner --parallel 1
runs plain 23
is "$(kept plain)" "$(last 20)" 'the last 20 outputs of a class'
runs three 5
is "$(kept three)" "$(last 3)" 'or another number'
runs all 23
is "$(kept all)" "$ids" 'or all'
is "$(kept plain | wc -w)" 20 'each class for itself'
# The next runner goes on counting.
stop_runner
start_runner --parallel 1
runs three 2
is "$(kept three | wc -w)$(kept three | grep -c "$(last 2)")" 31 \
    'a new runner knows what is there'

# both CLASS: one that goes well, one that fails.
both()
{
	good=$(taskdir add "$1")
	bad=$(taskdir add "$1" --data 1)
	wait_until 'ended "$good" && ended "$bad"'
}
both plain
is "$(kept plain | grep -c "$good") $(kept plain | grep -c "$bad")" '1 1' \
    'keep_output = all'
both outfail
is "$(kept outfail)" " $bad" 'keep_output = fail'
both outnone
is "$(kept outnone)" '' 'keep_output = none'
both plain
is "$(run_field "$good" result) $(run_field "$bad" result)" 'ok permanent' \
    'keep_log = all'
both logfail
is "$(run_field "$good" result) $(run_field "$bad" result)" ' permanent' \
    'keep_log = fail'
both lognone
is "$(run_field "$good" result) $(run_field "$bad" result)" ' ' \
    'keep_log = none'
stop_runner
done_testing
