#!/bin/sh
# What is kept of runs in a letter box: no more than in the spool.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
. "$TD_SRCDIR/tests/users.sh"
new_shared
BOX=$(box_of "$EVA")
handler say <<'END'
#!/bin/sh
echo said
[ "$(taskdir data)" = null ]
END
settings <<'END'
[runner]
log_retention = 30d
log_max = 20K
output_total = 5M
[class *]
handler = handlers/say
attempts = 1
keep_runs = 2
[class logfail]
keep_log = fail
[class lognone]
keep_log = none
END

# Copies of the days of the log, and what nobody else counts.
for day in 20200101 20200102 20200103; do
	head -c 8192 /dev/zero >"$SPOOL/log/runs-$day.jsonl"
	cp "$SPOOL/log/runs-$day.jsonl" "$BOX/log/"
done
for file in runs-20190101.jsonl output/x,old-1,1; do
	echo '{}' >"$BOX/log/$file"
	touch -d '2020-01-02' "$BOX/log/$file"
done
echo '{}' >"$BOX/log/runs-20190102.jsonl"
chown "$EVA" "$BOX"/log/runs-* "$BOX"/log/output/*
start_runner
wait_for 'the oldest day goes when the log is too large' \
    '[ ! -e "$SPOOL/log/runs-20200101.jsonl" ]'
wait_for 'there too' '[ ! -e "$BOX/log/runs-20200101.jsonl" ]'
is "$(cd "$BOX/log" && echo runs-20200*)" \
    'runs-20200102.jsonl runs-20200103.jsonl' 'the others stay'
is "$(in_box "$EVA" log | grep 2019)" runs-20190102.jsonl \
    'what is older than its time is gone'
is "$(in_box "$EVA" log/output)" '' 'so is output'
like "$(as "$EVA" taskdir log --usage)" '* of 20K,*kept for 30d00h*of 5.0M*' \
    'a user sees what holds for him'
for _ in 1 2 3 4; do
	id=$(as "$EVA" taskdir add x)
	as "$EVA" timeout 20 taskdir wait "$id" >"$WORK/out"
	echo "x,$id,1"
done | tail -n 2 >want
is "$(in_box "$EVA" log/output)" "$(cat want)" \
    'as many outputs of a class as in the spool'

# both CLASS: one that goes well, one that fails.
both()
{
	good=$(as "$EVA" taskdir add "$1")
	bad=$(as "$EVA" taskdir add "$1" --data 1)
	wait_until '[ "$(in_box "$EVA" new | wc -l)$(in_box "$EVA" queue |
	    wc -l)$(in_box "$EVA" cur | wc -l)" = 000 ]'
}
# lines: of either in her log.
lines()
{
	cat "$BOX"/log/runs-202[1-9]* | grep -c -e "\"$good\"" -e "\"$bad\""
}
both x
is "$(lines)" 2 'keep_log = all'
both logfail
is "$(lines)" 1 'keep_log = fail'
both lognone
is "$(lines)" 0 'keep_log = none'
stop_runner
done_testing
