#!/bin/sh
# The vectors in the tree are what their program writes.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

command -v python3 >"$WORK/python" || skip_all 'python3 is not installed'
python3 "$TD_SRCDIR/tests/vectors/make_keys.py" >"$WORK/keys.json"
is "$(diff "$TD_SRCDIR/tests/vectors/keys.json" "$WORK/keys.json" 2>&1)" '' \
    'keys.json is up to date'
done_testing
