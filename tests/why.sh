# What the stories of "why" share, after tap.sh.
# shellcheck shell=sh

# reasons ID: the codes, blank-separated.
reasons()
{
	taskdir why "$1" --json | codes
}

# codes: those of "why --json" on standard input.
codes()
{
	sed -n 's/.*"code":"\([a-z-]*\)".*/\1/p' | paste -s -d ' ' -
}
