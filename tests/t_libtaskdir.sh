#!/bin/sh
# The example of libtaskdir(3), built as a stranger would, against the library.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

page=$TD_SRCDIR/src/lib/libtaskdir.3
lib=$TD_BUILDDIR/src/.libs
[ -e "$lib/libtaskdir.so" ] || skip_all 'there is no shared library here'

sed -n '/^\.Sh EXAMPLES/,/^\.Ed/p' "$page" | sed '1,/^\.Bd/d; /^\.Ed/d' |
    sed 's/\\e/\\/g' >add.c
mkdir include
cp "$TD_SRCDIR/src/lib/taskdir.h" include/
# shellcheck disable=SC2086 # words, both
check 'the example compiles without a warning' \
    ${TD_CC:-cc} ${TD_CC_FLAGS:-} -std=c99 -Wall -Wextra -pedantic -Werror \
    -Iinclude -o add add.c -L"$lib" -ltaskdir -Wl,-rpath,"$lib"

check 'the header is C++ too' sh -c 'command -v c++ >cxx || exit 0
    printf "#include <taskdir.h>\n" >h.cc && c++ -Werror -Iinclude -c h.cc'

new_spool
check_exit 0 'it runs' ./add "$SPOOL"
id=$(cat out)
like "$(names_in new)" "*,mail.digest,*,$id,0.json" 'the task lies in new/'
is "$(cat "$SPOOL"/new/*)" \
    '{"classname":"mail.digest","customdata":{"userid":5}}' \
    'byte for byte'
TASKDIR=$SPOOL check_exit 0 'the environment names the spool' ./add
is "$(count_in new)" 2 'where the second task went'
is "$(names_in tmp | grep -v '^lost$')" '' 'nothing is left in tmp/'

check_exit 1 'no spool is a failure' ./add "$WORK/nowhere"
like "$(cat err)" "./add: *$WORK/nowhere*" 'that names the path'
done_testing
