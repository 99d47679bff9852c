#!/bin/sh
# What could leave a task waiting for ever, or lose it.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

new_spool
handler note <<'EOF'
#!/bin/sh
echo "$TASKDIR_ID" >>"$TASKDIR_SPOOL/ran"
EOF
handler hard <<'EOF'
#!/bin/sh
exit 100
EOF
: >"$SPOOL/ran"
start_runner

# What is no file keeps its name from nobody else.
fifo=1700000000,note,0123456789abcdef,fifo,0.json
mkfifo "$SPOOL/new/$fifo"
wait_for 'a FIFO is left alone' 'grep -q "not a regular" "$SPOOL.err"'
rm "$SPOOL/new/$fifo"
echo '{"classname":"note"}' | forge new fifo note 0 1700000000
wait_for 'a task that takes its name runs' 'grep -q "^fifo$" "$SPOOL/ran"'

# A sender with ids of his own may send one again that is dead already.
die()
{
	echo '{"classname":"hard"}' | forge new again hard 0 1700000000
}
die
wait_for 'a task dies' '[ "$(count_in dlq)" -eq 1 ]'
reason=$(cat "$SPOOL/dlq/again.reason")
die
wait_for 'sent again it dies once more' '[ "$(count_in dlq)" -eq 2 ]'
is "$(cat "$SPOOL/dlq/again.reason")" "$reason" 'the first reason stays'
is "$(count_in cur)" 0 'and nothing stays in cur'
check 'the second has a reason of its own' sh -c '
    grep -l ",again,0.json" "$TASKDIR"/dlq/*.reason | wc -l | grep -qx 2'

# Where renameat2 is missing a rename is a link and an unlink: in between both
# names are there, and both must stay until its maker has unlinked one.
old=$(taskdir add note --in 1h)
name=$(name_of "$old" new)
ln "$SPOOL/new/$name" "$SPOOL/new/1700000000,${name#*,}"
taskdir add note >next
wait_for 'the runner has met the second name' 'grep -qxf next "$SPOOL/ran"'
rm "$SPOOL/new/$name"
is "$(states_of "$old")" new 'a task that is being renamed is not lost'

stop_runner

echo '{}' >"$SPOOL/log/runs-20200101.jsonl"
touch -d '2020-01-02' "$SPOOL/log/runs-20200101.jsonl"
taskdir run --once >/dev/null
check 'cron alone keeps the log within its retention' \
    [ ! -e "$SPOOL/log/runs-20200101.jsonl" ]
wait_for 'and runs what was being renamed' 'grep -q "^$old$" "$SPOOL/ran"' 1

start_runner
taskdir pause
id=$(taskdir add note --in 1h)
check 'run --once --force does not wait for the end of a pause' \
    timeout 5 taskdir run --once --force --id "$id"
taskdir resume
stop_runner

done_testing
