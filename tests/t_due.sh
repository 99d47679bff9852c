#!/bin/sh
# Tasks that are due later begin then: not before, and not a minute after.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

new_spool
handler ok <<'END'
#!/bin/true
END
cp "$SPOOL/handlers/ok" "$SPOOL/handlers/letter"
handler fails <<'END'
#!/bin/false
END
settings <<'END'
[class fails]
backoff = 2
END

# late_ms ID [N]: from its due time to the start of its Nth run.
late_ms()
{
	runs_of "$1\"" | sed -n "${2:-1}p" | sed 's/.*"start":\([0-9]*\)'\
'\.\([0-9]\{3\}\).*"due":\([0-9]*\).*/\1\2 \3/' |
	    awk '{ printf "%d\n", $1 - $2 * 1000 }'
}

# in_time NAME ID [N]: within 100 ms, never before.
in_time()
{
	late=$(late_ms "$2" "${3:-1}")
	if [ "${late:--1}" -ge 0 ] &&
	    [ "$late" -lt $((100 * ${TD_PATIENCE:-1})) ]; then
		ok "$1"
	else
		not_ok "$1"
		diag "began $late ms after its due time"
	fi
}

# Long enough to set all up before it is over.
soon=$((2 * ${TD_PATIENCE:-1}))
now=$(date +%s)
later=$((now + 3600))
echo '{"classname":"ok"}' | forge new early ok 0 $((now + soon + 1))
start_runner
id=$(taskdir add ok --in "$soon")
now=$(date +%s)
printf '{"classname":"letter","nextruntime":%s}' $((now + soon)) | drop letter
echo '{"classname":"ok"}' | forge failed again ok 1 $((now + soon))
echo '{"classname":"ok"}' | forge new far ok 0 "$later"
echo '{"classname":"ok"}' | forge new sooner ok 0 "$later"
echo '{"classname":"ok"}' | forge new later ok 0 $((now + soon))
failing=$(taskdir add fails --attempts 2)
wait_for 'a letter is admitted under its due time' \
    '[ -e $SPOOL/new/'$((now + soon))',letter,*,0.json ]'
letter=$(names_in new | sed -n 's/^[0-9]*,letter,[^,]*,\([^,]*\),0.json$/\1/p')
mv "$SPOOL/new/$(name_of sooner new)" \
    "$SPOOL/new/$((now + soon)),ok,0123456789abcdef,sooner,0.json"
mv "$SPOOL/new/$(name_of later new)" \
    "$SPOOL/new/$later,ok,0123456789abcdef,later,0.json"
for each in early "$id" "$letter" again sooner "$failing"; do
	wait_until "ended '$each'"
done
in_time 'what waited for the runner begins in time' early
in_time 'what was added' "$id"
in_time 'what was dropped' "$letter"
in_time 'what waits in failed/' again
in_time 'what was renamed to a sooner time' sooner
in_time 'the retry of what failed' "$failing" 2
is "$(states_of far) $(states_of later)" 'new new' 'what is due later waits'
is "$(runs_of far)$(runs_of later)" '' 'and did not begin'
check 'the runner stops' stop_runner

check_exit 0 'run --once leaves it too' taskdir run --once
is "$(states_of far) $(states_of later)" 'new new' 'where it is'
check_exit 0 'run --once --force does not' taskdir run --once --force
is "$(names_in new)" '' 'everything ran'
is "$(run_field far forced) $(run_field far result)" 'true ok' \
    'the run log says that it was forced'
is "$(run_field far due)" "$later" 'and when it was due'
is "$(run_field early forced)" '' 'what began in its time was not'
done_testing
