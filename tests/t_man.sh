#!/bin/sh
# The manuals: well-formed, and complete as the program itself tells.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
command=$TD_SRCDIR/src/cli/taskdir.1
format=$TD_SRCDIR/src/lib/taskdir.5
hub=$TD_SRCDIR/src/hub/taskdir-hub.8

if command -v mandoc >"$WORK/.out"; then
	for page in "$TD_SRCDIR"/src/*/*.[1-9]; do
		is "$(mandoc -T lint -W warning "$page" | head)" '' \
		    "$(basename "$page") is well-formed"
	done
else
	skip 'mandoc is not installed'
fi

# The part of taskdir(1) about one command: from its heading to the next.
section_of()
{
	awk -v want="$1" '
	    /^\.S[sh]/ {
		name = $2
		for (i = 3; i <= NF && $i ~ /^[a-z-]+$/; i++)
			name = name " " $i
		inside = /^\.Ss/ && name == want
	    }
	    inside' "$command"
}

# The options that --help of a command lists, common ones left out, as .Fl has
# them: "-name" or "n , -name".
options_of()
{
	# shellcheck disable=SC2086 # a command of one or two words
	taskdir $1 --help | awk '
	    /^[a-z]/ { inside = /^options/ }
	    inside && /^  (-[a-zA-Z],|   ) --[a-z-]+/ {
		letter = substr($0, 4, 1)
		sub(/^......--/, "")
		sub(/[^a-z-].*/, "")
		print letter == " " ? "-" $0 : letter " , -" $0
	    }'
}

# The words of a table in a help text: two blanks, a name, two blanks.
commands_in()
{
	awk '/^  [a-z][a-z-]*  / { print $1 }'
}

taskdir --help | commands_in | grep -v help >commands
check 'the program lists its commands' grep -qx version commands
while read -r name; do
	taskdir "$name" --help | sed '/^options:/,$d' | commands_in |
	    sed "s/^/$name /"
done <commands >subs
awk '/^\.Ss [a-z]/ {
	name = $2
	for (i = 3; i <= NF && $i ~ /^[a-z-]+$/; i++)
		name = name " " $i
	print name
    }' "$command" >described

missing=
cat commands subs described | sort -u >all
while read -r name; do
	if [ -z "$(section_of "$name")" ]; then
		# A family may have a heading for each of its members only.
		grep -q "^$name " subs || missing="$missing $name"
		continue
	fi
	section_of "$name" >section
	options_of "$name" >options
	while read -r option; do
		grep -qE "^\.It (.*, )?Fl $option( |\$)" section ||
		    missing="$missing $name:$option"
	done <options
done <all
is "$missing" '' 'taskdir(1) has every command and option'

# The other way round: nothing is described that the program does not have.
foreign=
while read -r name; do
	# shellcheck disable=SC2086 # a command of one or two words
	taskdir $name --help 2>&1 | grep -q "^usage: taskdir $name " ||
	    foreign="$foreign $name"
	section_of "$name" | grep '^\.It.* Fl ' | tr ' ' '\n' |
	    sed -n 's/^-\([a-z][a-z-]*\)$/\1/p' >options
	while read -r option; do
		# shellcheck disable=SC2086
		taskdir $name --help 2>&1 | grep -q -e " --$option" ||
		    foreign="$foreign $name:--$option"
	done <options
done <described
is "$foreign" '' 'and no others'

# Settings, as "runner max_running 0": place, name and default.
v='"\([^"]*\)"'
taskdir config list --json | tr '{' '\n' |
    sed -n "s/^\"place\":$v,\"name\":$v.*,\"default\":$v.*/\1 \2 \3/p" |
    sed 's/ $/ empty/' | sort >settings
check 'config list names the settings' grep -qx 'class permanent_exit 100' \
    settings
settings_in()
{
	awk '/^\.S[hs] / { place = "" }
	    /^\.Ss Settings of \[/ { place = $4; gsub(/[^a-z]/, "", place) }
	    /^\.It Cm [a-z0-9_.A-Z]+ = / { name = $3 }
	    place != "" && sub(/^Default: /, "") {
		sub(/[.,]? .*|[.,]$/, "")
		print place, name, $0
	    }' "$1" | sort
}
grep -E '^(service|rule) ' settings >of_hub
grep -vE '^(service|rule) ' settings >of_runner
settings_in "$format" >described
is "$(comm -23 of_runner described)" '' 'taskdir(5) has every setting'
is "$(comm -13 of_runner described)" '' 'and no others'
settings_in "$hub" >described
is "$(comm -23 of_hub described)" '' 'taskdir-hub(8) has those of the hub'
is "$(comm -13 of_hub described)" '' 'and no others'
done_testing
