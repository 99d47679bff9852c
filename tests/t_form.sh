#!/bin/sh
# The form of the source: columns, tabs, sizes, forbidden marks.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
cd "$TD_SRCDIR" || exit 1

# What people write: no generated file, nothing that lies in a used spool.
find . \( -path './build*' -o -path ./contrib/build-aux -o -path './.git' \
    -o -path './_*' -o -path './taskdir-*' -o -path ./autom4te.cache \) \
    -prune -o -type f \
    \( -name '*.[ch15378]' -o -name '*.sh' -o -name '*.py' -o -name '*.mk' \
    -o -name 'td_*.m4' -o -name configure.ac -o -name Makefile.am \
    -o -name '*.in' -o -name '*.map' -o -name '*.md' -o -name '*.php' \
    -o -path './spool/handlers/*' -o -path './contrib/examples/*' \
    -o -path ./.ci/run \) \
    ! -name config.h.in ! -name Makefile.in ! -name '*.pyc' -print |
    sed 's,^\./,,' | sort >"$WORK/files"
grep '\.[ch]$' "$WORK/files" >"$WORK/c"
grep -v '\.md$' "$WORK/files" >"$WORK/code"
while read -r file; do
	case $file in
	*.sh) echo "$file" ;;
	*) ! head -n 1 "$file" | grep -q '^#!/bin/sh' || echo "$file" ;;
	esac
done <"$WORK/files" >"$WORK/sh"

# in_all LIST COMMAND...: the command with every file of the list.
in_all()
{
	list=$1
	shift
	tr '\n' '\0' <"$WORK/$list" | xargs -0 "$@"
}

# Tables between "clang-format off" and "on" may be wider.
while read -r file; do
	expand "$file" | awk -v file="$file" '
	    /clang-format off/ { off = 1 }
	    /clang-format on/ { off = 0 }
	    length > 80 && !off { print file ":" NR ": " length " columns" }'
done <"$WORK/code" >"$WORK/wide"
is "$(head "$WORK/wide")" '' 'no line is wider than 80 columns'

is "$(in_all files grep -nE '[[:blank:]]+$' | head)" '' 'no trailing blanks'
is "$(in_all c grep -nE '^(	* {8}| +	)' | head)" '' \
    'indentation is by tabs'
in_all files sh -c 'for f; do
	[ ! -s "$f" ] || [ -z "$(tail -c 1 "$f")" ] || echo "$f"
    done' sh >"$WORK/newline"
is "$(cat "$WORK/newline")" '' 'the last line of every file ends'

grep -E '\.([ch]|sh|py)$' "$WORK/files" | while read -r file; do
	n=$(wc -l <"$file")
	[ "$n" -le 500 ] || echo "$file: $n"
done >"$WORK/long"
is "$(cat "$WORK/long")" '' 'no file is longer than 500 lines'

is "$(in_all files grep -nwE '[T]ODO|[F]IXME|[X]XX' | head)" '' \
    'no marks of unfinished work'
is "$(in_all files grep -nE '/[r]oot/|/[w]ork/(main|shared)|/tmp/[w]t' |
    head)" '' "no paths of somebody's machine"

# A test waits for conditions.  A long sleep is a stand-in for a task that does
# not end by itself; a short one is a guess, unless the line says "poll".
grep '^tests/' "$WORK/files" | while read -r file; do
	awk -v file="$file" '
	    { line = $0 }
	    FILENAME ~ /\.sh$/ &&
	    match(line, /(^|[[:blank:];|&(`"])sleep [0-9.]+/) {
		s = substr(line, RSTART, RLENGTH)
		sub(/.*sleep /, "", s)
		if (s + 0 < 30 && line !~ /poll/)
			print file ":" FNR ": " line
	    }
	    FILENAME ~ /\.[ch]$/ && line !~ /poll/ &&
	    line ~ /(^|[^a-z_])(u|nano|clock_nano)?sleep\(/ {
		print file ":" FNR ": " line
	    }' "$file"
done >"$WORK/sleeps"
is "$(cat "$WORK/sleeps")" '' 'no test guesses how long something takes'

if command -v shellcheck >"$WORK/.out"; then
	# Its remarks below a warning do not understand text for eval.
	in_all sh shellcheck -s sh -S warning >"$WORK/shellcheck" 2>&1
	is "$(head -n 40 "$WORK/shellcheck")" '' 'shellcheck is content'
else
	skip 'shellcheck is not installed'
fi

# The lengths of functions are for reviewers: no verdict, but the tail.
in_all c awk '
    FNR == 1 { inside = 0 }
    /^[a-z_0-9]+\(/ { name = $0; sub(/\(.*/, "", name) }
    /^\{/ { inside = 1; start = FNR; next }
    /^\}/ && inside {
	inside = 0
	print FNR - start - 1, FILENAME, name
    }' | sort -n >"$WORK/lengths"
awk '{ n[NR] = $1 } END {
	if (NR) printf "# %d functions: median %d lines, 90th percentile %d\n",
	    NR, n[int((NR + 1) / 2)], n[int(NR * 0.9 + 0.5)]
    }' "$WORK/lengths"
tail -n 12 "$WORK/lengths" | awk '$1 > 45 {
	print "#   " $1 " lines: " $3 " (" $2 ")" }'
done_testing
