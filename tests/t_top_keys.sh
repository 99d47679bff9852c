#!/bin/sh
# The keys of top do what they say.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/screen.sh"
new_spool
export SPOOL

# top <STEPS
top()
{
	screen 24 80 taskdir top --interval 100ms "$@"
}

handler slow <<'END'
#!/bin/sh
exec sleep 600
END
for class in a.one b.two; do
	handler "$class" <<'END'
#!/bin/sh
END
done
forge failed f1 a.one 1 4000000000 <<'END'
{"classname":"a.one"}
END
forge failed f2 b.two 1 4000000000 <<'END'
{"classname":"b.two"}
END
start_runner
first=$(taskdir add slow --data 1)
second=$(taskdir add slow --data 2)
wait_until '[ "$(taskdir running | wc -l)" -eq 2 ]'

check 'a class is paused and resumed' top <<'END'
wait \na.one +0 +1
press / ^U
type two
press enter
gone \na.one
wait \nall \*two\*
press j p
until test -e "$SPOOL/run/ctl/pause.b.two"
wait pause b.two: done
wait \nb.two .* paused
press p
until ! test -e "$SPOOL/run/ctl/pause.b.two"
wait resume b.two: done
press q
end 0
END
check 'all that the filter shows is paused' top --class 'a.*' <<'END'
wait \nall a\.\* +0 +1
press p
until test -e "$SPOOL/run/ctl/pause.a.*"
wait pause a\.\*: done
wait \na.one .* paused
press j p
wait a.one is paused by the pause of a\.\*
press k p
until ! test -e "$SPOOL/run/ctl/pause.a.*"
press q
end 0
END

taskdir pause
check 'a pause really pauses' top <<'END'
wait runner paused
until taskdir add a.one --data '"waits"'
wait \na.one +1 +1
press P
wait runner up
wait \na.one +0 +1
press q
end 0
END

check 'failed tasks of the class are made due' top --class a.one <<'END'
wait \na.one +0 +1
press j r
wait retry a.one: f1
gone \na.one
press q
end 0
END
is "$(states_of f1) $(states_of f2)" ' failed' 'only of that class'

check 'a running task is cancelled after a question' top <<END
wait $first
press tab c
wait cancel $first\\? y/n
press n
wait cancel $first: no
press j c
wait cancel $second\\? y/n
press y
gone slow +$second
wait dead 1
press q
end 0
END
is "$(states_of "$first") $(states_of "$second")" 'cur dlq' 'it alone'

taskdir add later --in 1h >/dev/null 2>&1
taskdir add later --in 2h >/dev/null 2>&1
check 'and so are all of a class' top <<'END'
wait \nlater +0 +2
press /
type later
press enter
wait \nall \*later\*
press j c
wait cancel later\? y/n
press y
wait cancel later: done, 2 tasks
gone \nlater
press q
end 0
END
is "$(count_in new)" 0 'they are gone'

check 'dead letters come back' top <<'END'
wait \nslow +0 +0 +1 +0 +1
press /
type slow
press enter
wait all \*slow\*
press j R
wait retry slow\? y/n
press y
wait \nslow +0 +0 +2 +0 +0
press q
end 0
END
check 'sorting, help, and typing' top <<'END'
wait sorted by due
press s
wait sorted by later
press tab s
wait sorted by age
press ?
wait make failed tasks of the class due now
press x
gone make failed tasks
press /
type ab;c
wait classes: ab;c$
press escape
gone classes:
gone filter [a*]
press ^L
wait \nslow +0
press q
end 0
END
taskdir cancel --class slow >/dev/null
done_testing
