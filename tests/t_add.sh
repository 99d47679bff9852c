#!/bin/sh
# taskdir add: what lands in new/, what is refused, and how.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
new_spool
handler greet </dev/null

# refused STATUS NAME OPTION...: one line on standard error, nothing added.
refused()
{
	status=$1 name=$2
	shift 2
	before=$(find "$SPOOL/new" "$SPOOL/tmp" | sort)
	check_exit "$status" "$name is refused" taskdir add "$@"
	is "$(grep -c '^taskdir add: ' err) $(wc -l <err | tr -d ' ')" '1 1' \
	    'in one line'
	is "$(find "$SPOOL/new" "$SPOOL/tmp" | sort)" "$before" \
	    'and leaves nothing'
}

content()
{
	cat "$SPOOL"/new/*,"$1",*
}

check_exit 0 'a task is added' taskdir add greet
is "$(cat err)" '' 'without a word but'
id=$(cat out)
like "$id" '[0-9a-f]*-[0-9a-f]*' 'its id'
like "$(names_in new)" "??????????,greet,*,$id,0.json" 'under its name'
is "$(content "$id")" '{"classname":"greet"}' 'with no more than was said'
is "$(stat -c %a "$SPOOL"/new/*)" 600 'for its owner alone'

data='{ "b":1, "a":  [1,2e3,9007199254740993], "a":"\u00e9\/" }'
id=$(taskdir add greet --data "$data")
is "$(content "$id")" "{\"classname\":\"greet\",\"customdata\":$data}" \
    'data comes through byte for byte'
printf ' [1,\n2]\n' >data.json
want='{"classname":"greet","customdata":[1,
2]}'
id=$(taskdir add greet --data @data.json)
is "$(content "$id")" "$want" 'from a file'
id=$(taskdir add greet --data - <data.json)
is "$(content "$id")" "$want" 'or from standard input'

id=$(taskdir add ':mod_x:task:y' 2>/dev/null)
like "$(names_in new | grep "$id")" '*,mod_x%5Ctask%5Cy,*' \
    'a class is written with "\"'
check_exit 0 'a class without a handler is accepted' taskdir add nobody
like "$(cat err)" 'taskdir add: warning: *handlers/nobody*' 'with a warning'

id=$(taskdir add greet --at 1795132800)
like "$(names_in new | grep "$id")" '1795132800,*' '--at is the due time'
id=$(taskdir add greet --at '2027-01-01T00:00Z' --attempts unlimited \
    --no-retry --timeout 1500ms --component 'mod "x"' --user eva --key k)
is "$(content "$id")" '{"classname":"greet","component":"mod \"x\"",'\
'"userid":"eva","nextruntime":1798761600,"attemptsavailable":null,'\
'"retry":false,"key":"k","timeout":1.500}' 'every option has its member'
before=$(($(date +%s) + 300))
id=$(taskdir add greet --in 5m)
due=$(names_in new | sed -n "s/,.*,$id,.*//p")
check '--in counts from now' test "$due" -ge "$before" -a \
    "$due" -le $((before + 60))

refused 2 'a class with ..' a/../b
refused 2 'no class'
refused 2 'broken JSON' greet --data '{"a":1'
refused 2 'trailing bytes' greet --data '1 2'
refused 2 'a wrong time' greet --at soon
refused 2 'a wrong duration' greet --in 5q
refused 2 'two times' greet --at 12:00 --in 5
refused 2 'zero attempts' greet --attempts 0
refused 2 'a reserved key' greet --key schedule:x
refused 2 'two policies' greet --soonest --replace
refused 2 'unique and a policy' greet --unique --replace
refused 2 'unique with another word' greet --unique=perhaps
refused 2 'an unknown option' greet --frob
refused 1 'a file that is not there' greet --data @nowhere
head -c 17000000 /dev/zero | tr '\0' 1 >big
refused 1 'more data than max_size' greet --data @big
refused 1 'no spool' --spool "$WORK" greet
like "$(cat err)" '*taskdir init*' 'that says what to do'

# --unique
id=$(taskdir add greet --data 1 --key u)
check_exit 0 'unique finds the twin' taskdir add greet --data 2 --key u --unique
is "$(cat out)" "$id" 'and names it'
check_exit 3 'strict says so' taskdir add greet --key u --unique --strict
check_exit 0 'a JSON one too' taskdir add greet --key u --unique --json
is "$(cat out)" "{\"id\":\"$id\",\"added\":false}" 'with its id'
id=$(taskdir add greet --key v --unique)
like "$(names_in new | grep "$id")" '*.ask' 'without one the runner decides'
is "$(taskdir add greet --key v --unique)" "$id" 'and is not asked twice'
id2=$(taskdir add greet --key v --unique=running)
check 'but for other conditions' test "$id2" != "$id"
for policy in soonest reschedule replace; do
	id=$(taskdir add greet --key v --$policy)
	like "$(content "$id")" "*\"on_duplicate\":\"$policy\"*" "--$policy"
done

like "$(taskdir add greet --json)" '{"id":"*-*","added":true}' \
    '--json prints an object'
is "$(ls -A "$SPOOL/tmp")" lost 'nothing stays in tmp/'

printf '[runner]\nmax_sise = 1\n' | settings
check_exit 0 'broken settings do not stop work' taskdir add greet
like "$(cat err)" 'taskdir add: taskdir.conf:*using the defaults' \
    'but are complained of'
: >"$SPOOL/taskdir.conf"
chmod 500 "$SPOOL/new"
if [ "$(id -u)" -ne 0 ]; then
	refused 1 'a spool that cannot be written' greet
else
	skip 'root writes anywhere'
fi
chmod 700 "$SPOOL/new"
before=$(find "$SPOOL/new" "$SPOOL/tmp" | sort)
check_exit 1 'a file that cannot grow is refused' sh -c \
    "ulimit -f 1; head -c 2000 /dev/zero | tr '\\0' 1 |
    taskdir add greet --data -"
is "$(wc -l <err | tr -d ' ')" 1 'in one line'
is "$(find "$SPOOL/new" "$SPOOL/tmp" | sort)" "$before" 'and leaves nothing'

# A file system of its own that is full, or read-only.
if unshare -rm mount -t tmpfs -o size=64k none /mnt 2>/dev/null; then
	cat >full.sh <<'END'
mount -t tmpfs -o size=256k none "$1" && taskdir init "$1/s" >&2 &&
mkdir -p "$1/s/handlers" && : >"$1/s/handlers/x" && chmod 755 "$1/s/handlers/x"
printf '[runner]\nmin_free = 0\nmin_inodes = 0\n' >"$1/s/taskdir.conf"
cat /dev/zero >"$1/filler" 2>/dev/null
before=$(find "$1/s/new" "$1/s/tmp")
taskdir --spool "$1/s" add x
echo "full $?"
[ "$(find "$1/s/new" "$1/s/tmp")" = "$before" ] || echo "something is left"
mount -o remount,bind,ro "$1"
taskdir --spool "$1/s" add x
echo "read-only $?"
END
	mkdir mnt
	unshare -rm sh full.sh "$WORK/mnt" >out 2>err
	is "$(paste -s -d ' ' out)" 'full 1 read-only 1' \
	    'a full disk and a read-only one are refused'
	like "$(cat err)" '*taskdir add: *No space left*make room*
taskdir add: *Read-only*mount*writable*' 'with what to do'
else
	skip 'no mounts here: a full disk cannot be made'
fi
done_testing
