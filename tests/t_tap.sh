#!/bin/sh
# The stories' own helper: what it says about right and wrong.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

# What a story with this one line prints.
said()
{
	printf '. "%s/tests/tap.sh"\n%s\n' "$TD_SRCDIR" "$1" >inner.sh
	TMPDIR=$WORK sh inner.sh 2>&1
}

like "$(said 'is 1 1 same; done_testing')" 'ok 1 - same
1..1' 'a test that holds'
like "$(said 'is 1 2 other; done_testing')" 'not ok 1 - other*1..1' \
    'a test that does not'
like "$(said 'check name false; done_testing')" 'not ok 1*exit 1: false*' \
    'a command that fails'
like "$(said 'check_exit 3 name sh -c "exit 3"; done_testing')" \
    'ok 1 - name*' 'a command that exits as it should'
like "$(said 'wait_for name false 0; done_testing')" '*not ok 1*' \
    'a condition that never comes'
like "$(said 'skip_all why')" '1..0 # SKIP why' 'a story that cannot be told'
check_exit 1 'failing shows in the exit status' said 'not_ok x; done_testing'
like "$(said 'echo "$WORK" >../kept; ok x; done_testing' >/dev/null
    cat kept)" "*/taskdir-inner-*" 'a story has a directory of its own'
check 'which is gone at its end' test ! -e "$(cat kept)"
sh -c 'sleep 300 & echo $! >stranger'
read -r stranger <stranger
said "adopt_runner $stranger; ok x; done_testing" >"$WORK/.out"
check 'a pid that became somebody else'"'"'s is left alone' is_alive "$stranger"
kill "$stranger"
sleep 300 &
child=$!
check 'a process lives' is_alive "$child"
# The shell that is to become it would swallow the signal.
wait_until 'grep -q "^sleep" "/proc/$child/comm"'
kill "$child"
wait_for 'a zombie does not' '! is_alive '"$child"
done_testing
