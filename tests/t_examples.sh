#!/bin/sh
# The examples of producers: what they drop is run.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
examples=$TD_SRCDIR/contrib/examples
new_spool
for class in report.daily mod_forum/task/digest; do
	handler "$class" <<-'END'
	#!/bin/sh
	taskdir data
	END
done

# dropped N: all of them are in the run log, done or known as duplicates.
dropped()
{
	[ "$(runs_of | grep -cE '"result":"(ok|duplicate)"')" -eq "$1" ] &&
	    [ "$(count_in new)" -eq 0 ]
}

start_runner
check 'sh drops two' sh "$examples/drop.sh"
wait_for 'which run' 'dropped 2'
total=2
if command -v python3 >"$WORK/.out"; then
	check 'Python drops two' python3 "$examples/drop.py"
	total=$((total + 2))
	wait_for 'which run' "dropped $total"
else
	skip 'python3 is not installed'
fi
if command -v php >"$WORK/.out"; then
	check 'PHP drops one' php "$examples/drop.php"
	total=$((total + 1))
	wait_for 'which runs' "dropped $total"
else
	skip 'php is not installed'
fi
if command -v rsync >"$WORK/.out"; then
	mkdir outbox
	for n in 1 2 3; do
		echo "{\"classname\":\"report.daily\",\"customdata\":$n}" \
		    >"outbox/$n.json"
	done
	check 'rsync sends three' sh "$examples/drop-rsync.sh" outbox "$SPOOL"
	total=$((total + 3))
	wait_for 'which run' "dropped $total"
	is "$(ls outbox)" '' 'and are gone where they came from'
else
	skip 'rsync is not installed'
fi
is "$(count_in dlq) $(count_in failed) $(names_in tmp | grep -v lost)" \
    '0 0 ' 'nothing failed, nothing is left aside'
stop_runner
done_testing
