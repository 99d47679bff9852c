#!/bin/sh
# Folder = floor: who may include whom, and which headers have one owner.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
cd "$TD_SRCDIR" || exit 1

# What a folder may include, as patterns.
floor_of()
{
	case $1 in
	base) echo 'base/*' ;;
	lib) echo 'base/* lib/*' ;;
	loop) echo 'base/* loop/*' ;;
	net) echo 'base/* net/*' ;;
	runner) echo 'base/* lib/* loop/* runner/*' ;;
	hub) echo 'base/* lib/* loop/* net/* hub/*' ;;
	bridge) echo 'base/* lib/* loop/* net/* bridge/*' ;;
	cli) echo 'base/* lib/* cli/* runner/runner.h hub/hub.h' ;;
	esac
}

matches_any()
{
	(
		set -f
		text=$1
		# shellcheck disable=SC2086 # a list of patterns
		set -- $2
		for pattern; do
			# shellcheck disable=SC2254 # patterns are wanted
			case $text in
			$pattern) exit 0 ;;
			esac
		done
		exit 1
	)
}

# "FILE INCLUDED" for every include in quotes (or brackets) below src.
includes()
{
	find src -name '*.[ch]' -exec grep -H \
	    "^[[:space:]]*#[[:space:]]*include[[:space:]]*$1" {} + |
	    sed 's/^\([^:]*\):.*include[[:space:]]*.\([^">]*\).*/\1 \2/'
}

includes '"' | grep -v ' config\.h$' >"$WORK/quoted"
includes '<' >"$WORK/system"

bad=
while read -r file header; do
	folder=${file#src/}
	matches_any "$header" "$(floor_of "${folder%%/*}")" ||
	    bad="$bad $file:$header"
done <"$WORK/quoted"
is "$bad" '' 'every folder includes only from its own floor and below'

is "$(grep -v ' [a-z]*/[a-z_]*\.h$' "$WORK/quoted")" '' \
    'every project include names its folder'

bad=
while read -r file header; do
	owner=
	case $header in
	cjson/* | cJSON*) owner='src/lib/task.c src/lib/json.c' ;;
	openssl/*) owner='src/lib/key.c src/net/sign.c' ;;
	sys/epoll.h | sys/signalfd.h | sched.h) owner='src/loop/*' ;;
	# The command line waits for ends and follows logs without a loop.
	sys/inotify.h) owner='src/loop/* src/cli/*' ;;
	curses.h | term.h) owner=src/cli/screen.c ;;
	curl/*) owner='src/net/http*' ;;
	amqp*.h | rabbitmq-c/*) owner='src/net/amqp.c src/net/amqp_*' ;;
	esac
	[ -z "$owner" ] || matches_any "$file" "$owner" ||
	    bad="$bad $file:$header"
done <"$WORK/system"
is "$bad" '' 'foreign libraries and event headers have one owner'

bad=
find src tests -name '*.c' >"$WORK/c"
while read -r file; do
	[ "$(head -n 1 "$file")" = '#include "config.h"' ] || bad="$bad $file"
done <"$WORK/c"
is "$bad" '' 'config.h is the first line of every .c'
is "$(find src tests -name '*.h' -exec grep -l '"config\.h"' {} +)" '' \
    'and in no header'

# Twice, so that a missing guard shows as well.
bad=
find src -name '*.h' >"$WORK/h"
while read -r file; do
	printf '#include "config.h"\n#include "%s"\n#include "%s"\n' \
	    "${file#src/}" "${file#src/}" |
	    ${TD_CC:-cc} -std=c17 -Wall -Wextra -Werror -fsyntax-only \
		-I"$TD_BUILDDIR" -Isrc -x c - >"$WORK/cc" 2>&1 && continue
	bad="$bad $file"
	diag "$(head -n 3 "$WORK/cc")"
done <"$WORK/h"
is "$bad" '' 'each header compiles alone, and twice'
done_testing
