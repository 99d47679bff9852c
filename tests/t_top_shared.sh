#!/bin/sh
# top on a shared spool: whose tasks run, and what a user sees in his box.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/users.sh"
. "$TD_SRCDIR/tests/screen.sh"
new_shared

handler slow <<'END'
#!/bin/sh
exec sleep 600
END
start_runner
hers=$(as "$EVA" taskdir add slow --data 1)
as "$EVA" taskdir add slow --in 1d >/dev/null
as "$ADA" taskdir add slow --data 2 >/dev/null
taskdir add slow --data 3 >/dev/null
wait_until '[ "$(taskdir running | wc -l)" -eq 3 ]'
check 'root sees whose they are' \
    screen 30 120 taskdir top --interval 100ms <<END
wait USER +CLASS
wait $EVA +slow +u[0-9]+-$hers
wait $ADA +slow
wait root +slow
wait \\nslow +0 +1 +3
press q
end 0
END
is "$(taskdir top --json | grep -o '"user":"[^"]*"' | sort)" \
    "$(printf '"user":"%s"\n' "$EVA" "$ADA" root | sort)" 'in JSON too'
is "$(as "$EVA" taskdir top --json | grep -o '"id":"[^"]*"')" \
    "\"id\":\"$hers\"" 'a user sees his own, under the id he knows'
like "$(as "$EVA" taskdir top --json)" \
    '*"class":"slow","due":0,"later":1,"running":1,*' 'and his queue'
cat >steps <<END
wait runner up
wait $hers
press p
wait pause all: .*/users/
press tab c
wait cancel $hers
press y
wait dead 1
wait nothing runs
press q
end 0
END
check 'in his box he cancels his own, and pauses nobody' \
    screen 24 80 setpriv --reuid "$EVA" --regid "$EVA" --init-groups \
    env TASKDIR="$(box_of "$EVA")" taskdir top --interval 100ms <steps
taskdir cancel --class slow >/dev/null
done_testing
