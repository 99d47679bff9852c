#!/bin/sh
# The frame of the command line: help, versions, exit codes, messages.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

lines()
{
	wc -l <"$1" | tr -d ' '
}

check_exit 0 '--version answers' taskdir --version
like "$(cat out)" 'taskdir [0-9]*' 'with the version'
check_exit 0 'version --json answers' taskdir version --json
like "$(cat out)" '{"version":"[0-9]*"}' 'with an object'
check_exit 0 '--help answers' taskdir --help
like "$(cat out)" '*init*version*' 'with the commands'
check_exit 2 'no command is a wrong use' taskdir
is "$(lines err)" 1 'said in one line'
check_exit 2 'an unknown command is a wrong use' taskdir versoin
like "$(cat err)" '*"taskdir version"*' 'that names the nearest'
check_exit 2 'two letters changed places' taskdir lsit
like "$(cat err)" '*"taskdir list"*' 'which is one mistake'
check_exit 2 'two of three letters are another word' taskdir foo
is "$(cat err)" \
    'taskdir: there is no command "foo"; "taskdir --help" lists them' \
    'for which there is only the help'
check_exit 2 'an unknown option is a wrong use' taskdir version --frob
like "$(cat err)" 'taskdir version: *--frob*taskdir version --help*' \
    'that names it and the help'
check_exit 2 'as is one before the command' taskdir --frob version
check_exit 2 'as is a missing value' taskdir version --spool
check_exit 2 'as is an argument too many' taskdir version more
check_exit 0 'common options stand before the command' \
    taskdir --spool=/nowhere --json version
like "$(cat out)" '{"version":*' 'and count'

check_exit 0 'and before a command of a command' \
    taskdir --spool "$WORK/early" init
check_exit 0 'which is found' taskdir --spool "$WORK/early" --json dlq list
check_exit 3 'and for log output' taskdir --spool "$WORK/early" log output x
check_exit 2 'an unknown one is named' taskdir --utc dlq purg
like "$(cat err)" '*"taskdir dlq purge"*' 'with the nearest'
is "$(taskdir --help | awk 'length > 80')" '' 'the help has 80 columns'

taskdir --help | sed -n 's/^  \([a-z]*\)  .*/\1/p' >commands
while read -r cmd; do
	[ "$cmd" != help ] || continue
	check_exit 0 "$cmd --help answers" taskdir "$cmd" --help
	cp out help
	check_exit 0 "help $cmd" taskdir help "$cmd"
	check 'says the same' cmp -s out help
	is "$(awk 'length > 80' help)" '' 'in 80 columns'
done <commands

check_exit 1 'a full disk is noticed' sh -c 'taskdir --version >/dev/full'
like "$(cat err)" 'taskdir version: *standard output*' 'and said'
is "$(lines err)" 1 'in one line'
check_exit 1 'so is a closed output' sh -c 'taskdir --version >&-'
check_exit 1 'help notices it too' sh -c 'taskdir --help >/dev/full'
check_exit 1 'of a command as well' sh -c 'taskdir init --help >/dev/full'

check_exit 0 'init makes a spool' taskdir init "$WORK/s p"
is "$(cat out)" "$WORK/s p is a spool" 'and says where'
is "$(stat -c %a "$WORK/s p")" 700 'for its owner alone'
check_exit 0 'init of a spool is no error' taskdir init "$WORK/s p"
check_exit 0 'init takes --spool' taskdir --spool "$WORK/b" init --json
is "$(cat out)" "{\"spool\":\"$WORK/b\"}" 'and says it as JSON'
check_exit 1 'init below a file fails' taskdir init /dev/null/x
is "$(lines err)" 1 'in one line'
done_testing
