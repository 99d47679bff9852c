#!/bin/sh
# On a terminal: colour, headings, 80 columns, nothing that it would obey.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
command -v script >/dev/null || skip_all 'script(1) is not here'
script -qec true /dev/null </dev/null >"$WORK/.out" 2>&1 ||
    skip_all 'no terminal can be made here'
new_spool
key=0123456789abcdef
id=0643f1c2a9b04-7c1e93ab
class=a.class.with.a.name.that.is.much.longer.than.any.terminal.is.wide.today
echo '{}' >"$SPOOL/failed/4000000000,$class,$key,$id,3.json"
: >"$SPOOL/new/evil$(printf '\033')[2J"

# on_terminal COMMAND...: its output there.
on_terminal()
{
	script -qefc "$*" /dev/null </dev/null | tr -d '\r'
}

esc=$(printf '\033')
on_terminal taskdir list >shown
like "$(cat shown)" "*${esc}[[]1mSTATE$esc*" 'there is a heading'
like "$(cat shown)" "*${esc}[[]33mfailed${esc}[[]0m*" 'and colour'
like "$(grep failed shown)" "*$id" 'an id is never cut'
is "$(sed "s/$esc\[[0-9]*m//g" shown | awk 'length > 80')" '' \
    'no line is wider than the terminal'
on_terminal taskdir stats --state failed >ages
is "$(sed "s/$esc\[[0-9]*m//g" ages | awk 'length > 80')" '' \
    'nor is a table of ages'
check_exit 1 'no control byte comes through' grep -q "$esc\[2J" shown
on_terminal env NO_COLOR=1 taskdir list >shown
check_exit 1 'NO_COLOR is obeyed' grep -q "$esc" shown
on_terminal env TERM=dumb taskdir list >shown
check_exit 1 'so is a terminal that knows none' grep -q "$esc" shown
like "$(taskdir list)" "drop*failed*$class*" 'a pipe gets lines, uncut'
check_exit 1 'without colour' sh -c "taskdir list | grep -q '$esc'"
done_testing
