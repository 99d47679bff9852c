# What the stories of shared spools share: two users made for the test, and
# gone at its end, a spool with their letter boxes, a program they can reach.
#
#	. .../tests/tap.sh
#	. "$TD_SRCDIR/tests/users.sh"	# skips all unless root
#	new_shared			# $SPOOL with boxes of $EVA, $ADA
#	as "$EVA" taskdir add x		# in her box
# shellcheck shell=sh

[ "$(id -u)" -eq 0 ] || skip_all 'only root can have a shared spool'
command -v setpriv >/dev/null && command -v useradd >/dev/null ||
    skip_all 'useradd and setpriv make and become the users'

EVA=tdeva$$ ADA=tdada$$

clean_up_users()
{
	for tap_user in "$EVA" "$ADA"; do
		for tap_proc in /proc/[0-9]*; do
			[ "$(stat -c %U "$tap_proc" 2>/dev/null)" != \
			    "$tap_user" ] || kill -s KILL "${tap_proc#/proc/}"
		done
		userdel "$tap_user"
	done >"$WORK/.userdel" 2>&1
}

make_users()
{
	for tap_user in "$EVA" "$ADA"; do
		useradd --system --user-group --no-create-home \
		    --shell /usr/sbin/nologin "$tap_user" >"$WORK/.useradd" \
		    2>&1 || bail "useradd: $(cat "$WORK/.useradd")"
	done
}

end_story()
{
	tap_end=$?
	clean_up_users
	(exit "$tap_end")
	clean_up
}
trap end_story EXIT
chmod 0711 "$WORK"
mkdir -m 0755 "$WORK/bin"
cp "$TD_BUILDDIR/src/cli/taskdir" "$WORK/bin/taskdir" ||
    bail 'no program to try'
PATH=$WORK/bin:$PATH
make_users

box_of()
{
	printf '%s\n' "$SPOOL/users/$1"
}

# as USER COMMAND...: with his letter box as the spool.
as()
{
	tap_user=$1
	shift
	TASKDIR=$(box_of "$tap_user") setpriv --reuid "$tap_user" \
	    --regid "$tap_user" --init-groups "$@"
}

new_shared()
{
	tap_spools=$((tap_spools + 1))
	SPOOL=$WORK/spool$tap_spools
	taskdir init --shared "$SPOOL" >"$WORK/.out" 2>&1 ||
	    bail "taskdir init: $(cat "$WORK/.out")"
	TASKDIR=$SPOOL
	export TASKDIR
	taskdir user add "$EVA" "$ADA" >"$WORK/.out" 2>&1 ||
	    bail "taskdir user add: $(cat "$WORK/.out")"
}

# Names in a directory of a user's box.
in_box()
{
	find "$(box_of "$1")/$2" -mindepth 1 -maxdepth 1 ! -name '*.reason' \
	    -printf '%f\n' | sort
}
