#!/bin/sh
# Letters: which names are taken, and when a letter is whole.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

new_spool
handler ok <<'END'
#!/bin/true
END
start_runner

letter='{"classname":"ok"}'
half='{"classname":"ok"'

# runs_are N: so many runs went well.
runs_are()
{
	[ "$(runs_of '' | grep -c '"result":"ok"')" -eq "$1" ]
}

# reason_of NAME: what dlq/ says of the letter that had this name.
reason_of()
{
	cat "$SPOOL"/dlq/*.reason 2>/dev/null | grep -F "\"name\":\"$1\""
}

# Puts a broken letter there, which becomes a dead one after the settle time:
# a clock for the rest.
start_canary()
{
	echo '{' >"$SPOOL/new/canary$1"
}
settled()
{
	[ -n "$(reason_of "canary$1")" ]
}

# --- Names -------------------------------------------------------------------

for name in .hidden '#draft#' 'backup~' x.tmp x.part x.filepart x.swp; do
	echo "$letter" | drop "$name"
done
n=0
for name in task 'two words.json' x.txt x.tmp.json -rf a,b '*' 'it'"'"'s' \
    1795132800,ok,0123456789abcdef,tooshort.json "$(printf 'umlaut\303\274')" \
    ; do
	n=$((n + 1))
	echo "$letter" >"$SPOOL/tmp/it"
	mv "$SPOOL/tmp/it" "$SPOOL/new/$name"
	wait_until "runs_are $n"
	is "$(runs_of '' | wc -l | tr -d ' ')" "$n" \
	    "a letter may be called $name"
done
is "$(find "$SPOOL/new" -type f -printf '%f\n' | sort | paste -s -d ' ' -)" \
    '#draft# .hidden backup~ x.filepart x.part x.swp x.tmp' \
    'temporary names are left alone'
rm -f "$SPOOL"/new/* "$SPOOL/new/.hidden"

# --- Ways --------------------------------------------------------------------

# way NAME COMMAND...: the letter that it brings runs.
way()
{
	way=$1
	shift
	n=$((n + 1))
	"$@" || diag "failed: $*"
	wait_for "$way" "runs_are $n"
}
echo "$letter" >letter
way 'a letter comes by cp' cp letter "$SPOOL/new/cp"
redirect()
{
	cat letter >"$SPOOL/new/redirect"
}
way 'by a redirection' redirect
moved()
{
	cp letter "$SPOOL/tmp/moved" && mv "$SPOOL/tmp/moved" "$SPOOL/new/moved"
}
way 'by mv' moved
linked()
{
	ln letter "$SPOOL/new/linked"
}
way 'by ln, of a file with another name' linked
copied_times()
{
	touch -d "$1" letter
	cp -p letter "$SPOOL/new/copied"
}
way 'by cp -p, from last year' copied_times '1 year ago'
way 'by cp -p, from next year' copied_times '1 year'
if command -v rsync >"$WORK/.out"; then
	sent()
	{
		mkdir -p out
		cp -p letter "out/$1"
		rsync -t --remove-source-files "out/$1" "$SPOOL/new/"
	}
	touch -d '1 year ago' letter
	way 'by rsync -t, from last year' sent old
	touch -d '1 year' letter
	way 'by rsync -t, from next year' sent new.json
	inplace()
	{
		rsync --inplace letter "$SPOOL/new/inplace"
	}
	way 'by rsync --inplace' inplace
else
	skip 'rsync is not installed'
fi
if command -v python3 >"$WORK/.out"; then
	tmpfile()
	{
		python3 - "$SPOOL/new" <<'END'
import os, sys
fd = os.open(sys.argv[1], os.O_TMPFILE | os.O_WRONLY, 0o600)
os.write(fd, b'{"classname":"ok"}')
os.link('/proc/self/fd/%d' % fd, sys.argv[1] + '/tmpfile', src_dir_fd=fd)
END
	}
	way 'by linkat of an O_TMPFILE' tmpfile
else
	skip 'python3 is not installed'
fi
is "$(names_in dlq)" '' 'none of them was taken too early'

# --- Writers -----------------------------------------------------------------

# Each is observed for longer than the settle time.  The one that is killed
# comes first: it must not inherit the others' descriptors.
sh -c 'printf "{\"classname\"" && exec sleep 300' >"$SPOOL/new/killed" &
writer=$!
exec 8>"$SPOOL/new/holds"
printf '%s' "$half" >&8
exec 9>"$SPOOL/new/whole"
printf '%s' "$letter" >&9
printf '%s' "$half" >"$SPOOL/new/appends"

# One more byte, unless the machine stood still for as long as settling takes.
stalled='' last=$(uptime_cs)
append()
{
	now=$(uptime_cs)
	[ $((now - last)) -lt 150 ] || stalled=1
	last=$now
	[ -n "$stalled" ] || printf ' ' >>"$SPOOL/new/appends"
}
start_canary 1
wait_until 'append; settled 1'
start_canary 2
wait_until 'append; settled 2'
held=$(names_in new | grep -v appends | paste -s -d ' ' -)
if [ -n "$stalled" ]; then
	skip 'the machine stood still: nothing can be said of slow appending'
	rm -f "$SPOOL/new/appends"
	n=$((n - 1))
else
	check 'what is appended to is not taken' test -e "$SPOOL/new/appends"
	printf '}' >>"$SPOOL/new/appends"
fi
is "$held" 'holds killed whole' 'nor what is held open, though it looks whole'
way 'what was appended to runs at its end' true
check 'the runner does not spin meanwhile' test \
    "$(awk '{ print $14 + $15 }' "/proc/$RUNNER/stat")" -lt 200
printf '}' >&8
exec 8>&-
way 'what was held open runs when it is closed' true
exec 9>&-
way 'and so does what looked whole' true
kill -s KILL "$writer"
wait_for 'what a killed writer left becomes a dead letter' \
    '[ -n "$(reason_of killed)" ]'
like "$(reason_of killed)" '*"error":"*at byte 12*"name":"killed"}' \
    'with the byte where it breaks off'
is "$(cat "$SPOOL"/dlq/*,"$(find "$SPOOL/dlq" -name '*.reason' \
    -exec grep -l '"name":"killed"' {} + | sed 's,.*/,,; s/\.reason//')",*)" \
    '{"classname"' 'as it was'

# Half letters, by time stamps that lie: not before they stood still.
begun=$(date +%s.%N)
for year in '1 year ago' '1 year'; do
	printf '%s' "$half" >half
	touch -d "$year" half
	cp -p half "$SPOOL/new/cp $year"
	! command -v rsync >"$WORK/.out" || rsync -t half "$SPOOL/new/rs$year"
done
wait_for 'half ones with old and new times become dead letters' \
    '[ -z "$(names_in new)" ]'
is "$(cat "$SPOOL"/dlq/*.reason | grep year |
    sed 's/.*"time":\([0-9.]*\).*/\1/' |
    awk -v begun="$begun" '$1 < begun + 1.9')" '' 'after the settle time'

if command -v rsync >"$WORK/.out"; then
	{
		printf '{"classname":"ok","customdata":"'
		head -c 400000 /dev/zero | tr '\0' x
		printf '"}'
	} >big
	rsync --partial --bwlimit=40 --no-whole-file big "$SPOOL/new/big" \
	    2>"$WORK/rsync" &
	sender=$!
	wait_until "find '$SPOOL/new' -name '.big.*' -size +20k | grep -q ."
	start_canary 3
	wait_until 'settled 3'
	is "$(find "$SPOOL/new" -type f -printf '%f\n' |
	    sed 's/^\.\(.*\)\.[^.]*$/\1/')" big \
	    'what rsync is sending is left to it'
	kill "$sender"
	wait_for 'what --partial leaves behind becomes a dead letter' \
	    '[ -n "$(reason_of big)" ]'
	# Meanwhile rsync may have left for good.
	wait "$sender"
	sent_again()
	{
		rsync --partial big "$SPOOL/new/big"
	}
	way 'and the second attempt runs' sent_again
else
	skip 'rsync is not installed'
fi
# --- More than the kernel tells of -------------------------------------------

kept=$(cat /proc/sys/fs/inotify/max_queued_events)

# A letter among events that are dropped: whether it ran before the minute's
# look at the directories.
flood()
{
	tick=$(stat -c '%i %Y' "$SPOOL/run/metrics.prom")
	kill -s STOP "$RUNNER"
	i=0
	while [ $((i += 1)) -le "$kept" ]; do
		: >"$SPOOL/new/.a"
		: >"$SPOOL/new/.b"
	done
	id=$(taskdir add ok)
	kill -s CONT "$RUNNER"
	wait_until "ended $id" 90
	[ "$(stat -c '%i %Y' "$SPOOL/run/metrics.prom")" = "$tick" ]
}
if [ "$kept" -le 100000 ]; then
	check 'a letter runs at once that the kernel could not tell of' \
	    eval 'flood || flood || flood'
	check 'which the log says' grep -q 'more came at once' "$SPOOL.err"
	rm "$SPOOL/new/.a" "$SPOOL/new/.b"
else
	skip "the kernel keeps $kept events"
fi
is "$(names_in new)" '' 'nothing is left behind'
check 'the runner stops' stop_runner
done_testing
