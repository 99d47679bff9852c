#!/bin/sh
# Duplicates: every policy, for letters and for "taskdir add".
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

new_spool
# Runs until it is let go: touch SPOOL.go.CLASS.
handler busy <<'END'
#!/bin/sh
until [ -e "$TASKDIR_SPOOL.go.$TASKDIR_CLASS" ]; do sleep 0.05; done # poll
END
for policy in queue ignore ignore-running soonest reschedule replace; do
	for how in file add; do
		cp "$SPOOL/handlers/busy" "$SPOOL/handlers/$policy-$how"
	done
done
cp "$SPOOL/handlers/busy" "$SPOOL/handlers/unique-file"
cp "$SPOOL/handlers/busy" "$SPOOL/handlers/unique-add"
printf '[runner]\nmax_running = 50\n[class unique-*]\nunique = running\n' |
    settings
start_runner
base=$(($(date +%s) + 3600))

option_of()
{
	case $1 in
	queue) echo ;;
	ignore) echo --unique ;;
	ignore-running) echo --unique=running ;;
	*) echo "--$1" ;;
	esac
}

# bring HOW CLASS POLICY [DUE]: a newcomer with the key k; for "add" the id
# that it was told is in $told.
bring()
{
	if [ "$1" = file ]; then
		printf '{"classname":"%s","on_duplicate":"%s","key":"k"%s,%s}' \
		    "$2" "$3" "${4:+,\"nextruntime\":$4}" \
		    '"customdata":"new"' | drop "letter-$2"
	else
		# shellcheck disable=SC2046 # words
		told=$(taskdir add "$2" --key k --data '"new"' \
		    $(option_of "$3") ${4:+--at "$4"} 2>>err)
	fi
}

# decided: no letter is left undecided.
decided()
{
	! find "$SPOOL/new" -name 'letter*' -o -name '*.ask' | grep -q .
}

# waiting CLASS OLD: what waits, a newcomer's id as "N", due since the base.
waiting()
{
	for state in new failed; do
		names_in "$state" | awk -F '[,.]' -v base="$base" -v old="$2" \
		    -v class="$1" -v state="$state" '
		    $2 == class { print state, $1 - base,
			$4 == old ? "old" : "N", $5 }'
	done | paste -s -d ';' -
}

# --- While one waits ---------------------------------------------------------

#	policy|the old one's state and tries|newcomer's due|what waits then
cat >table <<'END'
queue|new 0|100|new 0 old 0;new 100 N 0
queue|failed 2|100|new 100 N 0;failed 0 old 2
ignore|new 0|-100|new 0 old 0
ignore|failed 2|-100|failed 0 old 2
ignore-running|new 0|-100|new 0 old 0
ignore-running|failed 2|-100|failed 0 old 2
soonest|new 0|-100|new -100 old 0
soonest|new 0|100|new 0 old 0
soonest|failed 2|-100|failed -100 old 2
soonest|failed 2|100|failed 0 old 2
reschedule|new 0|-100|new -100 old 0
reschedule|new 0|100|new 100 old 0
reschedule|new 0||new 0 old 0
reschedule|failed 2|100|failed 100 old 2
reschedule|failed 2|-100|failed -100 old 2
reschedule|failed 2||failed 0 old 2
replace|new 0|100|new 100 N 0
replace|new 0|-100|new -100 N 0
replace|failed 2|-100|new -100 N 0
queue|none|100|new 100 N 0
ignore|none|100|new 100 N 0
ignore-running|none|100|new 100 N 0
soonest|none|100|new 100 N 0
reschedule|none|100|new 100 N 0
replace|none|100|new 100 N 0
END
# place CLASS "STATE TRIES": the old one, due at the base; prints its id.
place()
{
	id=$(taskdir add "$1" --key k --data '"old"' --at "$base" 2>>err)
	name=$(name_of "$id" new)
	[ "$2" = 'new 0' ] ||
	    mv "$SPOOL/new/$name" "$SPOOL/${2% *}/${name%,*},${2#* }.json"
	echo "$id"
}
for how in file add; do
	n=0
	while IFS='|' read -r policy old due want; do
		n=$((n + 1)) old_id=none
		[ "$old" = none ] || old_id=$(place "c$n$how" "$old")
		told=
		bring "$how" "c$n$how" "$policy" "${due:+$((base + due))}"
		echo "$old_id|$told|$policy|$old|$due|$want"
	done <table >"brought.$how"
done
wait_until decided
for how in file add; do
	n=0
	while IFS='|' read -r old_id told policy old due want; do
		n=$((n + 1)) class=c$n$how
		wait_until '[ "$(waiting "$class" "$old_id")" = "$want" ]' 2
		is "$(waiting "$class" "$old_id")" "$want" \
		    "$how: $policy, old one in $old, new one at ${due:-no time}"
		case $policy:$want in
		*N*)
			fate=
			new_id=$(names_in new | grep ",$class," |
			    grep -v ",$old_id," | cut -d , -f 4)
			[ "$policy" != replace ] || [ "$old" = none ] ||
			    fate=withdrawn
			;;
		*)
			# Only --unique looks itself; else the runner decides.
			fate=duplicate new_id=$old_id
			[ "${policy#ignore}" != "$policy" ] || new_id=$told
			;;
		esac
		[ "$how" = file ] || is "$told" "$new_id" 'add prints its id'
		case $fate in
		withdrawn)
			is "$(run_field "$old_id" result)" withdrawn \
			    'the old one is logged as withdrawn'
			is "$(run_field "$old_id" of)" "$new_id" 'for this one'
			like "$(cat "$SPOOL"/new/*,"$new_id",*)" '*"new"*' \
			    'the data is the new one'
			;;
		duplicate)
			like "$(cat "$SPOOL"/*/*,"$old_id",*)" '*"old"*' \
			    'the data is the old one'
			[ "$how $new_id" != "add $old_id" ] || continue
			like "$(runs_of '' | grep "\"class\":\"$class\"")" \
			    "*\"result\":\"duplicate\"*\"of\":\"$old_id\"*" \
			    'the dropped one is logged as duplicate of it'
			;;
		esac
	done <"brought.$how"
done

# --- Of several --------------------------------------------------------------

# Whichever of the two came first.
for class in several others; do
	first=$(place "$class" 'new 0')
	second=$(place "$class" 'new 0')
	[ "$class" = several ] || { third=$first first=$second second=$third; }
	taskdir reschedule "$first" $((base - 500)) >out
	bring file "$class" reschedule $((base + 900))
	wait_until decided
	is "$(waiting "$class" "$second")" 'new 0 old 0;new 900 N 0' \
	    'of several the one due first is moved'
	like "$(name_of "$first" new)" "$((base + 900)),*" 'that one'
done

# --- While one runs ----------------------------------------------------------

for how in file add; do
	for policy in queue ignore ignore-running soonest reschedule replace \
	    unique; do
		class=$policy-$how
		taskdir add "$class" --key k --data '"old"' >"$class.id"
		wait_until '[ "$(states_of "$(cat "$class.id")")" = cur ]'
		[ "$policy" != unique ] || policy=ignore
		bring "$how" "$class" "$policy" "$base"
	done
done
wait_until decided
for how in file add; do
	for policy in queue ignore soonest reschedule replace; do
		is "$(waiting "$policy-$how" '')" 'new 0 N 0' \
		    "$how: $policy while the same runs is queued"
	done
	for policy in ignore-running unique; do
		is "$(waiting "$policy-$how" '')" '' \
		    "$how: $policy while the same runs is dropped"
	done
done
is "$(names_in cur | wc -l | tr -d ' ')" 14 'those that run run on'
is "$(runs_of '' | grep '"class":"unique-file"' |
    sed 's/.*"of":"\([^"]*\)".*/\1/')" "$(cat unique-file.id)" \
    'the log says as duplicate of which'
bring file ignore-file ignore "$base"
wait_until decided
is "$(waiting ignore-file '')" 'new 0 N 0' 'a waiting one decides beside it'
for file in *.id; do
	: >"$SPOOL.go.${file%.id}"
done
wait_for 'all end' '[ -z "$(names_in cur)" ]'

# --- What makes two tasks the same -------------------------------------------

# same WANT NAME A B: whether two tasks of class i$n, members A and B, are one.
i=0
same()
{
	i=$((i + 1))
	for members in "$3" "$4"; do
		printf '{"classname":"i%s",%s,"nextruntime":%s,%s}' "$i" \
		    '"on_duplicate":"ignore"' "$base" "$members" | drop letter
		wait_until decided
	done
	is "$(names_in new | grep -c ",i$i,")" "$1" "$2"
}
same 1 'the same data' '"customdata":{"a":1,"b":[1,2]}' \
    '"customdata": { "b" : [ 1, 2 ], "a" : 1 }'
same 2 'other data' '"customdata":1' '"customdata":2'
same 2 'the same number written otherwise' '"customdata":1.0' '"customdata":1'
same 2 'text and number' '"customdata":"1"' '"customdata":1'
same 2 'integers beyond 2^53' '"customdata":9007199254740993' \
    '"customdata":9007199254740992'
same 1 'no data and null' '"x":1' '"customdata":null'
same 2 'another component' '"component":"a"' '"component":"b"'
same 1 'the default component, written out' '"x":1' '"component":""'
same 2 'another user' '"userid":"a"' '"userid":"b"'
same 1 'a user as text and as number' '"userid":"5"' '"userid":5'
same 1 'one key for different data' '"key":"k","customdata":1' \
    '"key":"k","customdata":2,"component":"c"'
same 2 'another key for the same data' '"key":"k"' '"key":"l"'
same 2 'a key and none' '"key":"null"' '"customdata":null'
same 1 'attempts and time-out do not matter' '"attemptsavailable":5' \
    '"timeout":9,"retry":false'

# Sixteen digits are not the task: a stranger under the newcomer's digits.
newcomer=$(taskdir add digits --data 1 --at "$base" 2>>err)
name=$(name_of "$newcomer" new)
check_exit 0 'its digits are known' taskdir cancel "$newcomer"
echo '{"classname":"digits","customdata":2}' >"$SPOOL/tmp/it"
digits=$(echo "$name" | cut -d , -f 3)
mv "$SPOOL/tmp/it" "$SPOOL/new/$base,digits,$digits,stranger,0.json"
for policy in ignore soonest reschedule replace; do
	rm -f "$SPOOL"/new/*,digits,*,[0-9]*-*,0.json
	printf '{"classname":"digits","customdata":1,%s"%s","nextruntime":%s}' \
	    '"on_duplicate":' "$policy" $((base + 5)) | drop letter
	wait_until decided
	is "$(waiting digits stranger)" 'new 0 old 0;new 5 N 0' \
	    "$policy: equal digits are not equal tasks"
done
check 'the runner stops' stop_runner
done_testing
