# What the stories of screens share: a terminal, and a person before it.
#
#	. .../tests/tap.sh
#	. "$TD_SRCDIR/tests/screen.sh"	# skips all without python3
#	check 'it shows' screen 24 80 taskdir top <<'END'
#	wait something
#	press q
#	end 0
#	END
# shellcheck shell=sh

command -v python3 >/dev/null || skip_all 'python3 is not here'
TERM=xterm-256color
export TERM
unset NO_COLOR

# ncurses keeps some of its tables until the very end.
printf 'leak:libtinfo\nleak:libncursesw\n' >"$WORK/leaks"
LSAN_OPTIONS=suppressions=$WORK/leaks:print_suppressions=0
export LSAN_OPTIONS

# screen ROWS COLUMNS COMMAND... <STEPS: as tests/screen.py has them.
screen()
{
	python3 "$TD_SRCDIR/tests/screen.py" "$@"
}
