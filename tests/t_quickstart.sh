#!/bin/sh
# The quick start, in a copy of the tree, with the program that was built.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
command -v rsync >"$WORK/.out" || skip_all 'rsync is not installed'
command -v python3 >"$WORK/.out" || skip_all 'python3 is not installed'
chmod 0755 "$WORK"

# A checkout as git makes it: what people wrote, modes 0755 and 0644, and
# nothing of a spool that may be in use.
copy_tree()
{
	mkdir -p "$1/spool"
	(
		cd "$TD_SRCDIR" || exit 1
		cp -R contrib "$1/"
		cd spool || exit 1
		cp -R handlers schedule taskdir.conf README.md "$1/spool/"
		[ ! -e .gitignore ] || cp .gitignore "$1/spool/"
		find . -name .gitkeep | while read -r file; do
			mkdir -p "$1/spool/${file%/*}"
			cp "$file" "$1/spool/$file"
		done
	)
	chmod -R u+w "$1"
}

# The tree's git, free of the caller's settings.
tree_git()
{
	env -i PATH="$PATH" HOME="$WORK" git -C "$WORK/tree" \
	    -c user.name=Nobody -c user.email=nobody@localhost \
	    -c safe.directory='*' "$@"
}

# shellcheck disable=SC2120 # check_exit passes them
quickstart()
{
	sh "$WORK/tree/contrib/quickstart.sh" --build="$TD_BUILDDIR" "$@" \
	    </dev/null
}

copy_tree "$WORK/tree"
has_git=no
if command -v git >"$WORK/.out" && [ -e "$WORK/tree/spool/.gitignore" ]; then
	has_git=yes
	tree_git init -q
	tree_git add -A
	tree_git commit -q -m all
fi
SPOOL=$WORK/tree/spool
TASKDIR=$SPOOL
export TASKDIR

check_exit 2 'it refuses what it does not know' quickstart --what
check_exit 0 'it runs to its end' quickstart
like "$(tail -n 1 "$WORK/out")" 'Taskdir works: *' 'and says so in one line'
# But for the schedule's, which always waits.
waiting()
{
	names_in new | grep -vc ',s-'
}
is "$(waiting) $(count_in cur) $(count_in failed)" '0 0 0' \
    'nothing is left waiting'
is "$(names_in new | grep -c ',s-')" 2 "but for the schedule's next runs"
like "$(cat "$WORK/out")" '*taskdir schedule list*every-minute *every minute*
nightly *working-days*disabled*taskdir schedule run nightly*ok *' \
    'the schedule is shown, and an entry of it runs'
is "$(taskdir log --type scheduled --json | grep -c '"ok".*"forced":true')" 1 \
    'as the log has it'
is "$(find "$WORK/tree" -type f -path '*work/nights/*' | wc -l | tr -d ' ')" 1 \
    'and its archive is there'
is "$(count_in dlq)" 1 'the broken file is a dead letter'
if [ "$has_git" = yes ]; then
	is "$(tree_git status --porcelain)" '' 'git sees no change'
else
	skip 'no git, or a tree without .gitignore'
fi
check 'the spool is as it should be' taskdir check
taskdir add flaky --data '{"fails": 0}' >"$WORK/.out" 2>&1
check 'and usable' taskdir run --once
is "$(waiting)" 0 'what is added then runs'

start_runner
check_exit 0 'it runs again, beside a runner' quickstart
like "$(cat "$WORK/out")" "*a runner already, pid $RUNNER*" 'which it uses'
check 'and leaves alone' is_alive "$RUNNER"
stop_runner

# Not through the function: its pid would be a subshell's.
sh tree/contrib/quickstart.sh --build="$TD_BUILDDIR" --keep \
    </dev/null >keep.out 2>&1 &
adopt_runner "$!"
wait_for '--keep leaves a runner in the foreground' \
    'sed "1,/^The runner stays/d" keep.out | grep -q ready' 40
check 'which ends in order' stop_runner

# As "| head" does.
quickstart 2>&1 | sed -n '/^==> Four ways/q'
# shellcheck disable=SC2034 # for the condition
pid=$(cut -d ' ' -f 1 "$SPOOL/run/lock")
wait_for 'a reader who has seen enough leaves no runner behind' \
    '! is_alive "$pid"' 5

# Root in somebody else's checkout; 4711 has no name here, as in a container.
if [ "$(id -u)" -ne 0 ]; then
	skip 'not root: no checkout of another user'
elif ! setpriv --reuid 4711 --regid 4711 --clear-groups \
    test -x "$TD_BUILDDIR/src/cli/taskdir" -a -r "$WORK/tree"; then
	skip 'another user cannot reach the build or the scratch directory'
else
	chown -R 4711:4711 "$WORK/tree"
	check_exit 0 "root runs it in somebody's checkout" quickstart
	is "$(find "$WORK/tree" ! -user 4711 | head)" '' \
	    'and leaves no file of his own there'
fi
done_testing
