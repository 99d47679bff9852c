#!/bin/sh
# top: what it shows, on terminals of several sizes and without one, and that
# it leaves the terminal as it was.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/screen.sh"
new_spool

# top ROWS COLUMNS <STEPS
top()
{
	screen "$1" "$2" taskdir top --interval 100ms
}

handler slow <<'END'
#!/bin/sh
echo '{"progress":0.4}' >&3
exec sleep 600
END
handler bad <<'END'
#!/bin/sh
exit 1
END
handler good <<'END'
#!/bin/sh
END
settings <<'END'
[runner]
max_running = 3
END

# Without a runner, and without a terminal.
taskdir add mail.digest --in 2h >/dev/null 2>&1
taskdir add mail.digest --in 1h >/dev/null 2>&1
printf 'nonsense' >"$SPOOL/new/drop"
check_exit 0 'without a terminal it prints once' taskdir top
like "$(cat out)" "*spool *$SPOOL
runner *none
slots *0
*dead *0
not yet admitted *1
free *[0-9]*
*CLASS *DUE *LATER *RUNNING *FAILED *DEAD*
*mail.digest  *0  *2  *0  *0  *0*" 'all that there is'
check_exit 0 'with --json as well' taskdir top --json
like "$(cat out)" '*"up":false,*"dlq":0,"drops":1,*"slots":[[]*]*"classes":[[]
{"class":"mail.digest","due":0,"later":2,"running":0,"failed":0,"dlq":0,*' \
    'as an object'
check_exit 0 'a filter' taskdir top --class 'x*'
check_exit 1 'filters' grep -q mail out
check_exit 2 'an interval that keeps it busy is refused' taskdir top \
    --interval 1ms
check_exit 2 'and one that never ends' taskdir top --interval 50d
rm "$SPOOL/new/drop"

start_runner
slow=$(taskdir add slow)
wait_until "taskdir running | grep -q '40%'"
# shellcheck disable=SC2034 # used by text for eval
bad=$(taskdir add bad)
# shellcheck disable=SC2034
good=$(taskdir add good)
# shellcheck disable=SC2034
dead=$(taskdir add bad --no-retry)
# shellcheck disable=SC2016 # text for eval
wait_until 'ended "$dead" && ended "$good" && [ -n "$(runs_of "$bad")" ]'
taskdir pause --class 'mail.*'
# This second is not over: only whole ones count.
wait_for 'four starts, one good end and two bad ones within a minute' \
    'taskdir top --json | grep -q "\"started_per_second_minute\":0.067,\
.*\"done_per_second_minute\":0.017,.*\"failed_per_second_minute\":0.033,"'
check_exit 0 '--once beside a runner' taskdir top --once
like "$(cat out)" "*runner *up *pid $RUNNER
slots *1 of 3
started *[0-9]*/s, 0.07/s in a minute
*[0-9]  *40%  slow  *$slow*" 'shows what runs'
like "$(taskdir top --json)" "*\"up\":true,\"pid\":$RUNNER,*\"busy\":1,\
\"places\":3,*\"progress\":0.400,\"class\":\"slow\",\"id\":\"$slow\"*" \
    'in JSON too'
like "$(taskdir top --json)" '*"class":"mail.digest"*"paused":true}*' \
    'and what is paused'
check '24 x 80' top 24 80 <<END
wait ^$SPOOL
wait runner up [0-9sm]+, pid $RUNNER  slots 1 of 3  start/s
wait dead 1.*counted [0-9]+s ago  free [0-9]
wait SLOT +PID +FOR +PROGRESS +CLASS +ID
wait [0-9]+ +[0-9]+ +[0-9ms]+ \\[##--+\\]  40% +slow +$slow\\n
wait CLASS +DUE +LATER +RUN +FAIL +DEAD +OLDEST
wait \\nall +0 +3 +1 +1 +1
wait \\nmail.digest +0 +2 +0 +0 +0 +paused
wait \\nslow +0 +0 +1 +0 +0
wait \\n\\? help  q quit  p pause  c cancel  r retry  / filter
colour
press q
end 0
END
check '10 x 40' top 10 40 <<END
wait runner up [0-9sm]+, pid $RUNNER
wait FOR +PROGRESS +CLASS\\n
wait \\[##--+\\]  40% +slow
wait CLASS +DUE +RUN +FAIL +DEAD
wait \\nall +0 +1 +1 +1
press q
end 0
END
check '50 x 132' top 50 132 <<END
wait sorted by due\\n
wait \\[####------\\]  40% +slow +$slow\\n
wait mail.digest +0 +2 +0 +0 +0 +paused\\n
press q
end 0
END
check 'any size, and another later' top 2 8 <<END
wait runner
size 24 80
wait [0-9]+ +[0-9]+ +[0-9ms]+ \\[##--+\\]  40% +slow +$slow\\n
size 1 1
size 6 30
wait \\nall
size 24 80
wait OLDEST
press q
end 0
END
check 'it follows the spool' top 24 80 <<'END'
wait slow
until taskdir add appears --in 1d
wait \nappears +0 +1
until taskdir cancel --class appears
gone \nappears +0 +1
press q
end 0
END

for set in NO_COLOR=1 TERM=vt100; do
	check "no colour with $set" screen 24 80 env "$set" taskdir top <<'END'
wait slow
press tab
wait paused
plain
press q
end 0
END
done
check 'a terminal that cannot be drawn on gets it once' \
    screen 24 80 env TERM=dumb taskdir top <<END
end 0
wait max_running|slots
plain
END

# However it ends, the terminal is as it was.
for how in TERM:-15 INT:-2 HUP:-1 QUIT:-3 ABRT:-6; do
	printf '%s\n' 'wait slow' "signal ${how%:*}" "end ${how#*:}" >steps
	check "restored after SIG${how%:*}" top 24 80 <steps
done
check 'and after ^C' top 24 80 <<'END'
wait slow
press ^C
end -2
END
check 'stopped it gives the terminal back, and takes it again' screen 24 80 \
    sh -mc 'taskdir top; echo it has stopped; read line; fg; exit 7' <<'END'
wait slow
press ^Z
wait it has stopped
restored
size 12 50
press enter
wait slow
press q
end 7
END
check 'it ends with its terminal' top 24 80 <<'END'
wait slow
hangup -1
END

taskdir cancel "$slow" >/dev/null

# What would be obeyed by a terminal is not sent to one.
esc=$(printf '\033')
evil="$WORK/evil${esc}[31mspool"
taskdir init "$evil" >/dev/null
check 'no control byte of a path comes through' \
    screen 24 80 env NO_COLOR=1 TASKDIR="$evil" taskdir top <<'END'
wait evil\\x1b\[31mspool
plain
press q
end 0
END
done_testing
