#!/bin/sh
# What bad input gets: letters that are no tasks, files that are no letters.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

new_spool
handler ok <<'END'
#!/bin/true
END
printf '[runner]\nsettle = 1s\n' | settings
start_runner

# The id under which the letter of that name lies in dlq/.
dead_id()
{
	grep -lF "\"name\":\"$1\"" "$SPOOL"/dlq/*.reason 2>/dev/null |
	    sed 's,.*/,,; s/\.reason$//'
}

# goes_on WHEN: a task runs.
goes_on()
{
	id=$(taskdir add ok)
	wait_until "ended $id"
	is "$(run_field "$id" result)" ok "the runner goes on after $1"
}

# --- Broken letters ----------------------------------------------------------

# What the reason says, and the letter in the form of printf, where % stands
# for the usual beginning.
# clang-format off: the table may be wide
cat >table <<'END'
no JSON, only white space, at byte 1|\n
unexpected end at byte 17|%
unexpected "}" at byte 18|%,}
unexpected "'" at byte 1|{'classname':'ok'}
unexpected "o" at byte 13|{"classname":ok}
the value has ended, unexpected "x" at byte 19|%} x
the value has ended, unexpected "{" at byte 18|%}{"classname":"ok"}
the value has ended, unexpected "\x00" at byte 18|%}\000
task: an object is expected, not an array at byte 0|[{"classname":"ok"}]
task: an object is expected, not text at byte 0|"ok"
not UTF-8: "\xff" at byte 23|%,"x":"\377"}
not UTF-8: "\xc0" at byte 23|%,"x":"\300\200"}
not UTF-8: "\xed" at byte 23|%,"x":"\355\240\200"}
control character in a string: "\x01" at byte 24|%,"x":"a\001b"}
unexpected "1" at byte 23|%,"x":01}
classname: half of a surrogate pair at byte 13|{"classname":"o\\ud800k"}
a byte order mark (BOM), which JSON forbids, at byte 0|\357\273\277{"classname":"ok"}
UTF-16 instead of UTF-8 at byte 0|\377\376{\000
more than 128 levels at byte 149|%,"x":DEEP}
classname: given twice, again at byte 18|%,"classname":"ok"}
classname: given twice, again at byte 18|%,"class\\u006eame":"ok"}
retry: given twice, again at byte 31|{"retry":true,"classname":"ok","retry":true}
classname: missing; the task ends at byte 1|{}
classname: missing; the task ends at byte 16|{"component":"x"}
classname: empty at byte 14|{"classname":""}
classname: text is expected, not null at byte 13|{"classname":null}
classname: text is expected, not a number at byte 13|{"classname":7}
classname: a part that begins with "." at byte 16|{"classname":"a/../b"}
classname: a part that begins with "." at byte 14|{"classname":".."}
classname: a part that begins with "." at byte 17|{"classname":"a\\\\..\\\\b"}
classname: a part that begins with "." at byte 14|{"classname":".a"}
classname: a part that begins with "-" at byte 14|{"classname":"-a"}
classname: empty part at byte 17|{"classname":"a\\\\\\\\b"}
classname: a byte that is none of A-Z a-z 0-9 _ . - at byte 15|{"classname":"a b"}
classname: \u0000 at byte 15|{"classname":"o\\u0000k"}
component: text is expected, not a number at byte 30|%,"component":5}
component: \u0000 at byte 32|%,"component":"a\\u0000"}
userid: text or a whole number is expected, not true at byte 27|%,"userid":true}
userid: below 0 at byte 27|%,"userid":-1}
userid: not a whole number at byte 27|%,"userid":1.5}
key: text is expected, not an array at byte 24|%,"key":["a"]}
key: "schedule:" belongs to the runner at byte 25|%,"key":"schedule:x"}
key: "event:" belongs to the runner at byte 25|%,"key":"event:x"}
nextruntime: below 0 at byte 32|%,"nextruntime":-1}
nextruntime: not a whole number at byte 32|%,"nextruntime":1.5}
nextruntime: not a whole number at byte 32|%,"nextruntime":1e9}
nextruntime: above 9999999999 at byte 32|%,"nextruntime":10000000000}
nextruntime: a whole number is expected, not text at byte 32|%,"nextruntime":"now"}
attemptsavailable: 0 runs allowed, 1 is the least (null: no limit) at byte 38|%,"attemptsavailable":0}
attemptsavailable: below 0 at byte 38|%,"attemptsavailable":-3}
attemptsavailable: not a whole number at byte 38|%,"attemptsavailable":2.5}
attemptsavailable: a whole number is expected, not text at byte 38|%,"attemptsavailable":"many"}
retry: true or false is expected, not text at byte 26|%,"retry":"yes"}
retry: true or false is expected, not a number at byte 26|%,"retry":1}
on_duplicate: none of queue, ignore, ignore-running, soonest, reschedule, replace at byte 33|%,"on_duplicate":"drop"}
on_duplicate: text is expected, not a number at byte 33|%,"on_duplicate":1}
timeout: not above 0 at byte 28|%,"timeout":0}
timeout: not above 0 at byte 28|%,"timeout":-1}
timeout: a number of seconds is expected, not text at byte 28|%,"timeout":"5m"}
eventname: empty at byte 13|{"eventname":""}
eventname: text is expected at byte 13|{"eventname":5}
END
# clang-format on
deep=$(head -c 128 /dev/zero | tr '\0' '[')
count=0
while IFS='|' read -r error bytes; do
	count=$((count + 1))
	# shellcheck disable=SC2059 # the table holds formats
	printf "$bytes" >"bad$count"
	printf '%s\n' "$count|$error|$bytes" >>table.numbered
	cp "bad$count" "$SPOOL/tmp/bad$count"
	mv "$SPOOL/tmp/bad$count" "$SPOOL/new/bad$count"
done <<END
$(sed "s/|%/|{\"classname\":\"ok\"/; s/DEEP/$deep/" table)
END
wait_for 'all broken letters leave new/' '[ -z "$(names_in new)" ]'
while IFS='|' read -r n error bytes; do
	id=$(dead_id "bad$n")
	got=$(sed 's/.*"error":"\(.*\)","tries".*/\1/; s/\\\(["\\]\)/\1/g' \
	    "$SPOOL/dlq/$id.reason")
	is "$got" "$error" "bad $n"
	check 'is kept byte for byte' \
	    cmp "bad$n" "$SPOOL"/dlq/*,invalid,*,"$id",*
done <table.numbered
is "$(count_in dlq)" "$count" 'each is in dlq/ once'
is "$(runs_of '' | grep -c '"result":"invalid"')" "$count" \
    'and in the run log'
goes_on 'broken letters'
rm -f "$SPOOL"/dlq/*

# --- Sizes -------------------------------------------------------------------

: | drop empty
truncate -s 17M big
cp big "$SPOOL/tmp/big"
mv "$SPOOL/tmp/big" "$SPOOL/new/big"
{
	printf '{"classname":"ok","x":"'
	head -c 16000000 /dev/zero | tr '\0' x
	printf '"}'
} | drop large
wait_for 'an empty and a large letter leave new/' '[ -z "$(names_in new)" ]'
like "$(cat "$SPOOL/dlq/$(dead_id empty).reason")" \
    '*"no JSON, an empty text, at byte 0"*' 'the empty one says so'
like "$(cat "$SPOOL/dlq/$(dead_id big).reason")" \
    '*"17825792 bytes are more than max_size allows (16777216)"*' \
    'so does the one that is too large'
check 'which is kept' cmp big "$SPOOL"/dlq/*,"$(dead_id big)",*
is "$(count_in dlq)" 2 'and a large one within the limit runs'

# --- No letters --------------------------------------------------------------

runs=$(runs_of '' | grep -c '"result":"ok"')
echo '{"classname":"ok"}' >"$WORK/letter"
past=$(($(date +%s) - 50))
n=0
# Under a letter's name and under a task's.
both()
{
	"$@" "$SPOOL/new/no$n"
	"$@" "$SPOOL/new/$past,ok,0123456789abcdef,no$n,0.json"
	n=$((n + 1))
}
both mkfifo
both mkdir
both ln -s "$WORK/letter"
both ln -s "$WORK/nowhere"
both ln -s /dev/zero
both ln -s "$SPOOL/new/no0"
loop()
{
	ln -s "$1" "$1"
}
both loop
nodes=
if [ "$(id -u)" -eq 0 ] && mknod node c 1 5 2>/dev/null; then
	node()
	{
		# shellcheck disable=SC2086 # words
		mknod "$1" $nodes
	}
	for nodes in 'c 1 5' 'c 1 8' 'c 4 63' 'b 7 200' 'c 240 77'; do
		both node
	done
else
	skip 'not root: no device nodes made'
fi
if command -v python3 >"$WORK/.out"; then
	socket()
	{
		python3 -c 'import os, socket, sys
os.chdir(os.path.dirname(sys.argv[1]))
socket.socket(socket.AF_UNIX).bind(os.path.basename(sys.argv[1]))' "$1"
	}
	both socket
fi
mkdir "$SPOOL/run/ctl/cancel.directory"
goes_on 'files that are none'
is "$(names_in new | wc -l | tr -d ' ')" $((2 * n)) 'which all stay in new/'
is "$(grep -c 'left in new/: not a regular file' "$SPOOL.err")" $((2 * n)) \
    'each is reported, once'
is "$(runs_of '' | grep -c '"result":"ok"')" $((runs + 1)) 'and none ran'
is "$(cat "$WORK/letter")$(count_in dlq)" '{"classname":"ok"}2' \
    'links were not followed'
check_exit 1 'check finds them too' taskdir check
is "$(grep -c 'not-regular  *new/' out)" $((2 * n)) 'each of them'
find "$SPOOL/new" -mindepth 1 -delete
rmdir "$SPOOL/run/ctl/cancel.directory"

# --- Names -------------------------------------------------------------------

# named NAME: a letter of that name runs, a broken one becomes a dead letter.
named()
{
	more_runs=$(($(runs_of '' | grep -c '"result":"ok"') + 1))
	more_dead=$(($(count_in dlq) + 1))
	echo '{"classname":"ok"}' >"$SPOOL/tmp/it"
	mv "$SPOOL/tmp/it" "$SPOOL/new/$1"
	wait_until "[ \$(runs_of '' | grep -c '\"ok\"') -eq $more_runs ]" ||
	    return 1
	echo '{"classname":' >"$SPOOL/tmp/it"
	mv "$SPOOL/tmp/it" "$SPOOL/new/$1"
	wait_until "[ \$(count_in dlq) -eq $more_dead ]"
}
rm -f "$SPOOL"/dlq/*
check 'a name of 255 bytes' named "$(head -c 255 /dev/zero | tr '\0' n)"
check 'a name with a newline' named "$(printf 'a\nb')"
check 'a name with control bytes' named "$(printf 'a\001\033[31m\177b')"
check 'a name that is not UTF-8' named "$(printf 'a\377\300\200b')"
check 'a name like an option' named --help
check 'a name with quotes' named "it's \"x\" \\"
is "$(count_in dlq) $(find "$SPOOL/dlq" -name '*.reason' | wc -l |
    tr -d ' ')" '6 6' 'each has a reason of its own'
is "$(grep -c "$(printf '[\001\033]')" "$SPOOL.err")" 0 \
    'the log shows no raw control bytes'
if command -v python3 >"$WORK/.out"; then
	check 'the reasons are JSON' python3 -c 'import glob, json, sys
for name in glob.glob(sys.argv[1] + "/*.reason"):
    json.load(open(name, encoding="utf-8"))' "$SPOOL/dlq"
fi
goes_on 'odd names'

# Many producers, one name: whoever got it, runs.
handler count <<'END'
#!/bin/sh
taskdir data >>"$TASKDIR_SPOOL.ran"
END
for n in 1 2 3 4; do
	for m in 1 2 3 4 5 6 7 8 9; do
		printf '{"classname":"count","customdata":%s}' "$n$m" \
		    >"letter$n$m"
		! ln "letter$n$m" "$SPOOL/new/same" 2>/dev/null || echo "$n$m"
	done >"won$n" &
	eval "racer$n=\$!"
done
# shellcheck disable=SC2154 # set by the eval
wait "$racer1" "$racer2" "$racer3" "$racer4"
wait_for 'of letters that race for one name each that came runs' \
    '[ -z "$(names_in new)$(names_in cur)" ]'
is "$(sort "$SPOOL.ran")" "$(sort won1 won2 won3 won4)" 'once'
# A name that is taken where a task has to go.
id=$(taskdir add ok --in 1h)
name=$(name_of "$id" new)
taken=$past,${name#*,}
echo 'not to be lost' >"$SPOOL/cur/$taken"
mv "$SPOOL/new/$name" "$SPOOL/new/$taken"
wait_for 'a claim overwrites nothing' 'grep -q "cannot claim" "$SPOOL.err"'
is "$(cat "$SPOOL/cur/$taken")" 'not to be lost' 'and what is there stays'
is "$(runs_of "$id")" '' 'the task does not run'
check 'the runner stops' stop_runner
rm "$SPOOL/cur/$taken"
echo '{' >"$SPOOL/cur/foreign"
check_exit 0 'the next one starts' taskdir run --once
is "$(run_field "$id" result)" ok 'and runs it'
like "$(cat "$SPOOL"/dlq/*.reason)" '*"a foreign file in cur/"*' \
    'a foreign file in cur/ is a dead letter'
done_testing
