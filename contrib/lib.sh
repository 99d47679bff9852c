# What quickstart.sh and check.sh share: packages, whose tree this is, a build.
# The caller has set TOP to the top of the tree.
# shellcheck shell=sh
# shellcheck disable=SC2034 # used by them

# What a build needs: "package command" and "package pkg-config-module".
BUILD_TOOLS='gcc:gcc make:make autoconf:autoconf automake:automake
libtool:libtoolize pkg-config:pkg-config'
BUILD_LIBS='libcjson-dev:libcjson libssl-dev:libcrypto
libcurl4-openssl-dev:libcurl librabbitmq-dev:librabbitmq
libncurses-dev:ncursesw'
# What the sample spool and the quick start use.
DEMO_TOOLS='python3:python3 rsync:rsync'
# What the tests use besides.
TEST_TOOLS='php-cli:php nodejs:node shellcheck:shellcheck mandoc:mandoc git:git
valgrind:valgrind openssl:openssl'
TEST_LIBS='check:check'
TEST_FILES='tzdata:/usr/share/zoneinfo/Europe/Madrid
python3-croniter:/usr/lib/python3/dist-packages/croniter
nginx-light:/usr/sbin/nginx
rabbitmq-server:/usr/lib/rabbitmq/bin/rabbitmq-server'

say()
{
	printf '%s\n' "$*"
}

step()
{
	printf '\n==> %s\n' "$*"
}

die()
{
	printf '%s: %s\n' "$(basename "$0")" "$*" >&2
	exit 1
}

# missing TOOLS LIBS [FILES]: the packages of what is not there.
missing()
{
	for pair in $1; do
		command -v "${pair#*:}" >/dev/null 2>&1 || echo "${pair%%:*}"
	done
	for pair in $2; do
		pkg-config --exists "${pair#*:}" 2>/dev/null ||
		    echo "${pair%%:*}"
	done
	for pair in ${3-}; do
		[ -e "${pair#*:}" ] || echo "${pair%%:*}"
	done
	# A compiler without the C library's headers compiles nothing.
	[ -e /usr/include/stdlib.h ] || echo libc6-dev
}

# need TOOLS LIBS [FILES]: installs what is missing; stops where it may not.
need()
{
	# shellcheck disable=SC2046 # a list of words
	set -- $(missing "$1" "$2" "${3-}")
	[ $# -gt 0 ] || return 0
	command -v apt-get >/dev/null 2>&1 ||
	    die "missing here (by their Debian names): $*"
	if [ "$(id -u)" -ne 0 ]; then
		say "These packages are missing; please install them first:"
		say
		say "    sudo apt-get install --no-install-recommends $*"
		say
		exit 1
	fi
	step "Installing $*"
	DEBIAN_FRONTEND=noninteractive
	export DEBIAN_FRONTEND
	install_log=$(mktemp)
	install_packages "$@" >"$install_log" 2>&1 </dev/null || {
		tail -n 20 "$install_log" >&2
		rm -f "$install_log"
		die "apt-get could not install: $*"
	}
	rm -f "$install_log"
}

# Old package lists name files that are no longer there, so one retry.
apt_install()
{
	apt-get install -qq -y --no-install-recommends "$@" || {
		apt-get update -qq &&
		    apt-get install -qq -y --no-install-recommends "$@"
	}
}

# The tests start servers of their own: the packages start none, as long as
# nobody has a policy of his own about that.
install_packages()
{
	policy=/usr/sbin/policy-rc.d
	[ ! -e "$policy" ] || {
		apt_install "$@"
		return
	}
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 0755 "$policy"
	install_status=0
	apt_install "$@" || install_status=$?
	rm -f "$policy"
	return "$install_status"
}

# as_owner ARG...: where root works in somebody else's tree, the script goes on
# as that user, so that no file of root's is left there and git is content.
as_owner()
{
	owner=$(stat -c %u "$TOP")
	group=$(stat -c %g "$TOP")
	if [ "$(id -u)" -ne 0 ] || [ "$owner" -eq 0 ]; then
		return 0
	fi
	entry=$(getent passwd "$owner") || entry=
	if [ -n "$entry" ]; then
		groups=--init-groups
		group=$(echo "$entry" | cut -d: -f4)
		HOME=$(echo "$entry" | cut -d: -f6)
		USER=${entry%%:*}
	else
		groups=--clear-groups
		HOME=/
		USER=$owner
	fi
	LOGNAME=$USER
	export HOME USER LOGNAME
	say "This tree belongs to $USER: going on as that user."
	set -- setpriv --reuid "$owner" --regid "$group" "$groups" \
	    sh "$TOP/contrib/$(basename "$0")" "$@"
	cd "$TOP" || exit 1
	setpriv --reuid "$owner" --regid "$group" "$groups" \
	    test -r "$TOP/contrib/lib.sh" ||
	    die "$USER cannot read $TOP: a directory above it is closed"
	exec "$@"
}

# quietly LOG COMMAND...: the last lines of its output where it fails.
quietly()
{
	quiet_log=$1
	shift
	"$@" >>"$quiet_log" 2>&1 </dev/null && return 0
	tail -n 30 "$quiet_log" >&2
	die "failed: $* (all of it: $quiet_log)"
}

# build DIR [CONFIGURE-OPTION...]: out of tree; the second time only what
# changed.
build()
{
	dir=$TOP/$1
	shift
	[ ! -e "$TOP/config.status" ] ||
	    die "the source itself is configured: make distclean there first"
	mkdir -p "$dir"
	log=$dir/build.log
	: >"$log"
	step "Building in ${dir##*/}/"
	# Later changes of configure.ac are make's business.
	if [ ! -e "$TOP/configure" ]; then
		say "autoreconf"
		(cd "$TOP" && quietly "$log" autoreconf -fi) || exit 1
	fi
	# A tree that was copied or moved brings another tree's makefile.
	if ! grep -q "^abs_top_builddir = $dir\$" "$dir/Makefile" 2>/dev/null
	then
		say "configure${*:+ $*}"
		(cd "$dir" && quietly "$log" ../configure "$@") || exit 1
	fi
	say "make"
	quietly "$log" make -C "$dir" -j"$(nproc)"
}
