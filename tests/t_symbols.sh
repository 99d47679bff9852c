#!/bin/sh
# The prefix is the promise: what objects define and what libtaskdir exports.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
cd "$TD_BUILDDIR" || exit 1

command -v nm >"$WORK/nm" || skip_all 'nm is not installed'
set -- src/lib/.libs/*.o
[ -e "$1" ] || skip_all 'there are no shared objects here'

# The compilers' own names for sanitizers and coverage begin with "__".
find src -name '*.o' ! -name '*main.o' -exec nm -A --defined-only \
    --extern-only {} + | awk '$NF !~ /^(td_|taskdir_|__)/' >"$WORK/foreign"
is "$(head "$WORK/foreign")" '' 'every global name begins with td_ or taskdir_'
is "$(nm -A --defined-only --extern-only src/lib/.libs/*name.o |
    grep -c ' td_name_parse$')" 1 'and they were looked at'

map=$TD_SRCDIR/src/lib/libtaskdir.map
awk '/^local:/ { exit } /;/ { sub(/;/, ""); print $1 }' "$map" |
    sort >"$WORK/mapped"
nm -D --defined-only src/.libs/libtaskdir.so | awk '$2 == "T" { print $3 }' |
    sed 's/@.*//' | sort >"$WORK/exported"
is "$(diff "$WORK/mapped" "$WORK/exported")" '' 'the map is what is exported'
nm -D --defined-only src/.libs/libtaskdir.so |
    awk '$2 ~ /[BDR]/' >"$WORK/data"
is "$(cat "$WORK/data")" '' 'no data is exported'

grep -o 'taskdir_[a-z_]*(' "$TD_SRCDIR/src/lib/taskdir.h" | tr -d '(' |
    sort -u >"$WORK/declared"
is "$(diff "$WORK/declared" "$WORK/exported")" '' \
    'the header declares what is exported'
done_testing
