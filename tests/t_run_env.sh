#!/bin/sh
# What a handler gets: environment, standard input, descriptors, session.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

new_spool
# A user without an entry, as in a container, is called by his number.
me=$(id -un 2>"$WORK/.out") || me=$(id -u)
home=$(getent passwd "$me" | cut -d : -f 6)
: "${home:=/}"

# Each leaves what it saw in $WORK, in a file that appears whole.
handler env <<'END'
#!/bin/sh
cd "${TASKDIR_SPOOL%/*}" || exit 1
tr '\0' '\n' </proc/$$/environ | sort >"env.$TASKDIR_ID.part"
mv "env.$TASKDIR_ID.part" "env.$TASKDIR_ID"
END
mkdir "$SPOOL/handlers/mod_x"
cp "$SPOOL/handlers/env" "$SPOOL/handlers/mod_x/y"
handler bytes <<'END'
#!/bin/sh
cd "${TASKDIR_SPOOL%/*}" || exit 1
cat >bytes.1
cat /dev/stdin >bytes.2
{ echo x >&0; } 2>/dev/null && echo 'descriptor 0 was written'
{ echo x >>/dev/stdin; } 2>/dev/null && echo 'it was appended to'
{ echo x 1<>/dev/stdin; } 2>/dev/null && echo 'it was overwritten'
{ true >/dev/stdin; } 2>/dev/null && echo 'it was emptied'
cat /dev/stdin >bytes.3
echo done
END
handler place <<'END'
#!/bin/sh
pwd
umask
read -r pid comm state ppid pgrp session rest </proc/$$/stat
[ "$pid $pid" = "$pgrp $session" ] && echo 'own session and group'
grep -E '^Sig(Blk|Ign)' /proc/self/status
ulimit -c
END
cp "$SPOOL/handlers/place" "$SPOOL/handlers/else"
printf 'ulimit -n\nnice\n' >>"$SPOOL/handlers/else"
handler order <<'END'
#!/bin/sh
for n in 1 2 3; do
	echo "out $n"
	echo "err $n" >&2
done
END
handler fds <<'END'
#!/bin/ls /proc/self/fd
END
handler silent <<'END'
#!/bin/true
END
mkdir "$WORK/place"
settings <<END
[class else]
cwd = $WORK/place
umask = 077
nice = 3
limit_nofile = 99
limit_core = 4096
END

# What the runner has must not get through.
FOREIGN=1 LD_FOREIGN=1 PYTHONPATH=/x TASKDIR_TRY=77
export FOREIGN LD_FOREIGN PYTHONPATH TASKDIR_TRY
start_runner 7</dev/null 9>"$WORK/other"
unset FOREIGN LD_FOREIGN PYTHONPATH TASKDIR_TRY
due=$(($(date +%s) - 5))

# saw FILE: the environment a handler wrote, without PATH.
saw()
{
	wait_until "[ -e '$WORK/$1' ]" && grep -v '^PATH=' "$WORK/$1"
}

# The rest of it, after TASKDIR_CLASS and the like were put in place.
expected()
{
	cat <<END
HOME=$home
LANG=C.UTF-8
LOGNAME=$me
SHELL=/bin/sh
$1
TASKDIR_SPOOL=$SPOOL
$2
USER=$me
END
}

echo '{"classname":"env"}' | forge new e-1 env 0 "$due"
is "$(saw env.e-1)" "$(expected "TASKDIR_CLASS=env
TASKDIR_COMPONENT=
TASKDIR_DUE=$due
TASKDIR_ID=e-1" "TASKDIR_TRIES_LEFT=11
TASKDIR_TRY=1
TASKDIR_USERID=$me")" 'the environment is this and nothing else'
path=$(sed -n 's/^PATH=//p' env.e-1)
is "${path%%:*}" "$(dirname "$(command -v taskdir)")" \
    'taskdir comes first in the path'
like "$path" '*:/usr/bin:*:/bin' 'and the usual directories follow'

printf '{"classname":"\\\\mod_x\\\\y","userid":"%s","attemptsavailable":9}' \
    "$me" | forge new e-2 mod_x%5Cy 3 "$due"
is "$(saw env.e-2)" "$(expected "TASKDIR_CLASS=mod_x\\y
TASKDIR_COMPONENT=mod_x
TASKDIR_DUE=$due
TASKDIR_ID=e-2" "TASKDIR_TRIES_LEFT=5
TASKDIR_TRY=4
TASKDIR_USERID=$me")" 'the class with its component; the fourth try'

# left ID NAME WANT
left()
{
	is "$(saw "env.$1" | sed -n 's/^TASKDIR_TRIES_LEFT=/left /p')" \
	    "left $3" "$2"
}
echo '{"classname":"env","attemptsavailable":null}' |
    forge new e-3 env 700 "$due"
left e-3 'without limit TRIES_LEFT is empty' ''
echo '{"classname":"env","retry":false}' | forge new e-4 env 0 "$due"
left e-4 'without retry none is left' 0
echo '{"classname":"env","attemptsavailable":1}' | forge new e-5 env 0 "$due"
left e-5 'after the only one none is left' 0
echo '{"classname":"env","attemptsavailable":2}' | forge new e-6 env 7 "$due"
left e-6 'beyond the last one none is left' 0
printf '{"classname":"env","component":"a b=\\u00fc\\"$x"}' |
    forge new e-7 env 0 "$due"
is "$(saw env.e-7 | grep COMPONENT)" \
    "$(printf 'TASKDIR_COMPONENT=a b=\303\274"$x')" 'a component of any text'

# What the run printed (class, id).
printed()
{
	wait_until "ended $2" && cat "$SPOOL/log/output/$1,$2,1"
}

{
	printf ' {\t"x-2": 9007199254740993, "customdata" :\r\n'
	printf '{"b":1.10,"a":-0,"big":18446744073709551615,"b":"\\/\303\274"}'
	printf ',"classname":"bytes" }\n\n '
} >sent
forge new b-1 bytes 0 "$due" <sent
is "$(printed bytes b-1)" 'done' 'standard input cannot be changed'
check 'it is the task, byte for byte' cmp sent bytes.1
check 'it can be read again by name' cmp sent bytes.2
check 'and is still the same at the end' cmp sent bytes.3
{
	printf '{"classname":"bytes","customdata":"'
	head -c 300000 /dev/zero | tr '\0' a
	printf '"}'
} >sent
forge new b-2 bytes 0 "$due" <sent
is "$(printed bytes b-2)" 'done' 'a long one comes through'
check 'byte for byte too' cmp sent bytes.1

echo '{"classname":"place"}' | forge new p-1 place 0 "$due"
is "$(printed place p-1)" '/
0022
own session and group
SigBlk:	0000000000000000
SigIgn:	0000000000000000
0' 'directory, umask, session, signals, no core files'
echo '{"classname":"else"}' | forge new p-2 else 0 "$due"
is "$(printed else p-2)" "$WORK/place
0077
own session and group
SigBlk:	0000000000000000
SigIgn:	0000000000000000
8
99
3" 'the same as the class says'

echo '{"classname":"order"}' | forge new o-1 order 0 "$due"
is "$(printed order o-1)" 'out 1
err 1
out 2
err 2
out 3
err 3' 'output and errors are kept in their order'
is "$(run_field o-1 output)" order,o-1,1 'the run log names the file'
is "$(stat -c %a "$SPOOL/log/output/order,o-1,1")" 600 'for the owner alone'
echo '{"classname":"silent"}' | forge new o-2 silent 0 "$due"
wait_for 'a silent one ends' 'ended o-2'
check 'and leaves no file' test ! -e "$SPOOL/log/output/silent,o-2,1"
is "$(run_field o-2 output)" '' 'and no name in the run log'

# ls itself has the directory open, as 4.
echo '{"classname":"fds"}' | forge new f-1 fds 0 "$due"
is "$(printed fds f-1 | sed 1,/:/d | paste -s -d ' ' -)" '0 1 2 3 4' \
    'descriptors 0 to 3 are open, and no other'

check 'the runner stops' stop_runner
done_testing
