#!/bin/sh
# Next runs and time zones as others reckon them: croniter, Python's zoneinfo.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
ask=$TD_BUILDDIR/tests/cron_ask

# A Python of its own in PATH need not see Debian's modules.
python_with()
{
	for python in python3 /usr/bin/python3; do
		if "$python" -c "import $1" >"$WORK/.out" 2>&1; then
			echo "$python"
			return
		fi
	done
}

[ -x "$ask" ] || skip_all 'tests/cron_ask is not built'
python=$(python_with zoneinfo)
if [ -n "$python" ] && [ -e /usr/share/zoneinfo/Europe/Madrid ]; then
	check 'all zones are as in Python' \
	    "$python" "$TD_SRCDIR/tests/zone_oracle.py" "$ask"
	cat "$WORK/.out"
else
	skip 'NOT COMPARED: no Python with zoneinfo, or no tzdata'
fi
python=$(python_with croniter)
if [ -n "$python" ]; then
	check '100,000 next runs are as in croniter' \
	    "$python" "$TD_SRCDIR/tests/cron_oracle.py" "$ask" 100000
	cat "$WORK/.out"
else
	skip 'NOT COMPARED: python3-croniter is not installed'
fi
done_testing
