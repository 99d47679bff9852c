#!/bin/sh
# taskdir check --monitoring: one line and 0, 1, 2 or 3, whatever is broken.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
new_spool
key=0123456789abcdef now=$(date +%s)

# says STATUS PATTERN NAME [OPTION...]: one line, the exit code that belongs
# to its first word, and nothing else.
says()
{
	says_want=$1 says_like=$2 says_name=$3
	shift 3
	says_got=0
	taskdir check --monitoring "$@" >line 2>err || says_got=$?
	case $says_want in
	OK) says_code=0 ;;
	WARNING) says_code=1 ;;
	CRITICAL) says_code=2 ;;
	UNKNOWN) says_code=3 ;;
	esac
	if [ "$says_got" -eq "$says_code" ] && [ ! -s err ] &&
	    [ "$(grep -c '' line)" -eq 1 ]; then
		like "$(cat line)" "$says_want: $says_like" "$says_name"
	else
		not_ok "$says_name"
		diag "exit $says_got: $(cat line err)"
	fi
}

# lies STATE CLASS SECONDS TRIES: a file that is no task, due so long ago.
lies()
{
	lies_file=$((now - $3)),$2,$key,id$3$4$2,$4.json
	: >"$SPOOL/$1/$lies_file"
}

says CRITICAL 'no runner holds this spool |*' 'no runner'
says OK 'all is well | runner=0 *' 'where none is wanted' --no-runner
# What plugins print: label=value[unit][;warn[;crit[;min]]].
sed 's/.*| //' line | tr ' ' '\n' >figures
is "$(grep -vcE '^[a-z_]+=[0-9]+[sB]?(;[0-9:]*){0,3}$' figures)" 0 \
    'figures as monitoring systems read them'
is "$(grep oldest_due figures)" 'oldest_due=0s;600;14400;0' 'with limits'
lies new mail 300 0
says OK 'all is well*' 'due for 5 minutes' -n
lies new mail 700 0
says WARNING 'mail has been due for 11m*oldest_due=7*' 'for 11 minutes' -n
lies new batch 15000 0
says CRITICAL 'batch has been due for 4h*; mail has been due for 11m*' \
    'for 4 hours' -n
settings <<'END'
[class batch]
critical_due = 1d
warn_due = 0
END
says WARNING 'mail has been due*' 'the limits of a class' -n
rm "$SPOOL"/new/*
lies failed mail -90 2
says OK '*backoff=120s;300;14400;0*' 'a short wait after two failures' -n
lies failed mail -900 4
says WARNING 'mail waits between tries for 8m*' 'a long one after four' -n
lies failed mail -90000 9
says CRITICAL 'mail waits between tries for 4h16m*' 'a longer one' -n
rm "$SPOOL"/failed/*
lies dlq mail 10 1
says WARNING '1 dead letter[!s]*dead=1*' 'dead letters' -n
printf '[runner]\ncritical_dead = 2\nwarn_dead = 0\n' | settings
says OK '*' 'as many as may be' -n
lies dlq mail 20 1
says CRITICAL '2 dead letters*' 'and too many' -n
rm "$SPOOL"/dlq/*
taskdir pause
says WARNING 'paused*' 'a pause that nobody ended' -n
taskdir resume

cp "$SPOOL/taskdir.conf" conf
printf '[runner]\nbroken|this = 1\n' | settings
says WARNING 'settings: taskdir.conf:*' 'settings that do not load' -n
is "$(tr -dc '|' <line)" '|' 'one stroke in the line'
cp conf "$SPOOL/taskdir.conf"
chmod 666 "$SPOOL/taskdir.conf"
says WARNING 'settings: *taskdir.conf can be written by others *' \
    'settings that the runner does not obey' -n
echo 'critical_dead = 3' >>"$SPOOL/taskdir.conf"
lies dlq mail 10 1
lies dlq mail 20 1
lies dlq mail 30 1
says CRITICAL '3 dead letters; settings: *' 'which hold here' -n
rm "$SPOOL"/dlq/*
cp conf "$SPOOL/taskdir.conf"
chmod 600 "$SPOOL/taskdir.conf"
echo '{' >"$SPOOL/new/torn"
: >"$SPOOL/new/$(printf 'odd\nname|')"
mkdir "$SPOOL/new/$now,dir,$key,id,0.json" "$SPOOL/failed/dir"
: >"$SPOOL/failed/9999999999,x,$key,id,999999999.json"
says CRITICAL 'x waits between tries for 1d00h |*' 'broken files and names' -n
rm -r "$SPOOL"/new/* "$SPOOL"/failed/*
echo nonsense >"$SPOOL/run/running"
echo nonsense >"$SPOOL/run/lock"
says OK '*' 'a broken scoreboard and lock' -n
mv "$SPOOL/failed" "$SPOOL/away"
says CRITICAL '*failed/ is missing*' 'a directory that is missing'
mv "$SPOOL/away" "$SPOOL/failed"
says UNKNOWN 'there is no spool*' 'no spool' --spool "$WORK/nowhere"
check_exit 3 'a wrong option is unknown' taskdir check --monitoring --wrong
like "$(taskdir check -m --json)" '{"status":"CRITICAL","text":"no runner*' \
    'as JSON'

handler slow <<'END'
#!/bin/sh
exec sleep 300
END
settings <<'END'
[class slow]
warn_running = 1
END
start_runner
says OK 'all is well | runner=1*' 'a runner'
id=$(taskdir add slow)
wait_until 'taskdir running | grep -q "$id"'
wait_until '! taskdir check --monitoring >/dev/null'
says WARNING 'slow has been running for *' 'a long run'
taskdir cancel --no-wait "$id" >/dev/null
stop_runner

# Root judges somebody's spool as that user, who runs the runner.
if [ "$(id -u)" -eq 0 ]; then
	rm -f "$SPOOL"/*/*,slow,*
	chmod 0711 "$WORK"
	chown -R 65534:65534 "$SPOOL"
	says OK '*' "somebody's spool" -n
	chown 65533 "$SPOOL/taskdir.conf"
	says WARNING 'settings: *taskdir.conf belongs to user 65533*' \
	    'with settings of a third one' -n
fi
done_testing
