#!/bin/sh
# taskdir check: every finding, and what --repair makes of it.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
new_spool
handler x </dev/null
key=$(taskdir add x >/dev/null; names_in new | cut -d , -f 3)
# As a spool in version control has them.
for dir in new cur failed dlq tmp run log; do
	: >"$SPOOL/$dir/.gitkeep"
done
check_exit 0 'a sound spool has no findings' taskdir check
is "$(cat out)" '' 'not one'

# found LEVEL CODE PATH NAME: exactly this one.
found()
{
	is "$(taskdir check --json |
	    sed -n 's/.*"level":"\([^"]*\)","code":"\([^"]*\)",'\
'"path":"\([^"]*\)".*/\1 \2 \3/p')" "$1 $2 $3" "$4"
}

# repaired CODE FILE NAME: repair sets FILE (below the spool) aside.
repaired()
{
	check_exit 0 "$3 is repaired" taskdir check --repair
	like "$(cat out)" "*repaired*$1*" 'and reported'
	check 'by moving it' test -e "$SPOOL/tmp/lost/$(basename "$2")"
	check 'away' test ! -e "$SPOOL/$2"
	rm -rf "$SPOOL/tmp/lost/$(basename "$2")"
	check_exit 0 'after which all is well' taskdir check
	is "$(cat out)" '' 'indeed'
}

task='{"classname":"x"}'

# file PATH [CONTENT]
file()
{
	printf '%s' "${2-$task}" >"$SPOOL/$1"
}

file failed/odd
found problem name-odd failed/odd 'an odd name'
check_exit 1 'a problem is exit 1' taskdir check
repaired name-odd failed/odd 'an odd name'
mkfifo "$SPOOL/new/fifo"
found problem not-regular new/fifo 'a FIFO'
repaired not-regular new/fifo 'a FIFO'
mkdir "$SPOOL/new/1000000000,x,$key,dir,0.json"
found problem not-regular "new/1000000000,x,$key,dir,0.json" \
    'a directory with the name of a task'
repaired not-regular "new/1000000000,x,$key,dir,0.json" 'a directory'
file "new/1000000000,x,$key,twice,0.json"
file "failed/1000000000,x,$key,twice,1.json"
found problem id-twice "failed/1000000000,x,$key,twice,1.json" \
    'an id in two places'
repaired id-twice "new/1000000000,x,$key,twice,0.json" 'the lesser one'
rm "$SPOOL/failed/"*,*

file "new/1000000000,x,$key,torn,0.json" '{'
found problem content-invalid "new/1000000000,x,$key,torn,0.json" \
    'a content that is no task'
rm "$SPOOL"/new/*,torn,*
file "new/1000000000,x,0000000000000000,lies,0.json"
found note name-contradicts "new/1000000000,x,0000000000000000,lies,0.json" \
    'a wrong key'
check_exit 0 'a note is no problem' taskdir check
rm "$SPOOL"/new/*,lies,*
file "new/1000000000,y,$key,lies,0.json"
like "$(taskdir check)" '*name-contradicts*the class x*' 'a wrong class'
rm "$SPOOL"/new/*,lies,*

file dlq/gone.reason '{}'
found problem reason-orphan dlq/gone.reason 'a reason without a letter'
repaired reason-orphan dlq/gone.reason 'a reason without a letter'
file "dlq/1000000000,x,$key,dead,1.json"
found problem reason-missing dlq/dead.reason 'a letter without a reason'
check_exit 0 'which gets one' taskdir check --repair
like "$(cat "$SPOOL/dlq/dead.reason")" '{"time":*lost*}' 'that says so'
check_exit 0 'and is well' taskdir check
file tmp/lost/something
found note tmp-lost tmp/lost 'files set aside are noted'
rm "$SPOOL/tmp/lost/something"

chmod 777 "$SPOOL/new"
found problem dir-mode new 'a directory that others may write'
check_exit 0 'which is repaired' taskdir check --repair
is "$(stat -c %a "$SPOOL/new")" 700 'to 0700'
chmod 755 "$SPOOL"
found note dir-mode . 'one that others may read is noted'
chmod 700 "$SPOOL"
mv "$SPOOL/log/output" "$SPOOL/log/away"
found problem dir-missing log/output 'a missing directory'
mv "$SPOOL/log/away" "$SPOOL/log/output"

chmod 644 "$SPOOL/handlers/x"
found problem handler-missing handlers/x 'a handler that cannot be executed'
chmod 757 "$SPOOL/handlers/x"
found problem handler-untrusted handlers/x 'or that anybody may write'
chmod 755 "$SPOOL/handlers/x"
printf '[runner]\nmax_running = many\n' | settings
like "$(taskdir check 2>/dev/null)" '*settings*taskdir.conf:*' \
    'settings that do not load'
printf '[runner]\nalert = handlers/none\n' >"$SPOOL/taskdir.conf"
found problem alert-missing handlers/none 'an alert that is not there'
printf '[class *]\nalert = /no/such/program\n' >>"$SPOOL/taskdir.conf"
like "$(taskdir check)" '*alert-missing*/no/such/program*is not there*' \
    'and that of a class'
printf '[runner]\nalert = handlers/x\n' >"$SPOOL/taskdir.conf"
check_exit 0 'one that is there is well' taskdir check
chmod 757 "$SPOOL/handlers/x"
like "$(taskdir check)" '*alert-untrusted*handlers/x*can be written*' \
    'one that anybody may write is not'
chmod 644 "$SPOOL/handlers/x"
like "$(taskdir check)" '*alert-missing*handlers/x*cannot be executed*' \
    'nor one that cannot be executed'
chmod 755 "$SPOOL/handlers/x"
: >"$SPOOL/taskdir.conf"
file "cur/1000000000,x,$key,left,0.json"
found problem cur-orphan "cur/1000000000,x,$key,left,0.json" \
    'what a dead runner left'
rm "$SPOOL/cur/"*

handler slow <<'END'
#!/bin/sh
exec sleep 300
END
start_runner
id=$(taskdir add slow)
wait_for 'with a task running' 'taskdir running | grep -q "$id"'
check_exit 0 'a spool at work has no findings' taskdir check
is "$(cat out)" '' 'not one'
check_exit 1 'and is not repaired' taskdir check --repair
like "$(cat err)" '*a runner holds*stop it*' 'which is said'
taskdir cancel "$id" >/dev/null
check 'the runner stops' stop_runner

# Root runs somebody's spool as that user, and so it is judged.
if [ "$(id -u)" -eq 0 ]; then
	taskdir add slow >out
	printf '[runner]\nmax_running = 2\n' >"$SPOOL/taskdir.conf"
	chmod 0711 "$WORK"
	chown -R 65534:65534 "$SPOOL"
	check_exit 0 "root checks somebody's spool" taskdir check
	is "$(cat out err)" '' 'and has no findings'
	check_exit 0 'config check neither' taskdir config check
	is "$(cat err)" '' '... and says nothing more'
	chown 65533 "$SPOOL/taskdir.conf" "$SPOOL/handlers/slow"
	chmod 0644 "$SPOOL/taskdir.conf"
	check_exit 1 'files of a third one are some' taskdir check
	like "$(cat out)" '*settings *chown 65534 *handler-untrusted *' \
	    'which are told'
fi
done_testing
