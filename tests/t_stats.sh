#!/bin/sh
# taskdir stats: tasks by state, class and age, from their names alone.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
new_spool
now=$(date +%s)
n=0

# lies STATE CLASS SECONDS: a file that nobody may open, due so long ago.
lies()
{
	n=$((n + 1))
	: >"$SPOOL/$1/$((now - $3)),$2,0123456789abcdef,id$n,0.json"
	chmod 0 "$SPOOL/$1/$((now - $3)),$2,0123456789abcdef,id$n,0.json"
}

# ages [OPTION...]: the table without headings, one blank between.
ages()
{
	taskdir stats "$@" | sed '1,/TOTAL/{/TOTAL/!d;}' |
	    sed 's/^ *//; s/  */ /g'
}

is "$(ages)" '' 'nothing has no ages'
lies new mail 30
lies new mail 400
lies failed mail 100000
lies new 'mod_x%5Ctask' -3600
lies cur mail 4000
lies dlq dead 4000
is "$(ages)" 'TOTAL 4 1 1 1 0 0 0 0 0 0 0 1
mail 3 0 1 1 0 0 0 0 0 0 0 1
mod_x\task 1 1 0 0 0 0 0 0 0 0 0 0' 'what waits, by class and age'
is "$(ages --state failed)" 'TOTAL 1 0 0 0 0 0 0 0 0 0 0 1
mail 1 0 0 0 0 0 0 0 0 0 0 1' 'of one state'
is "$(ages --state cur,dlq | head -n 1)" 'TOTAL 2 0 0 0 0 0 2 0 0 0 0 0' \
    'of several'
is "$(ages --class 'mod_x:*' | head -n 1)" \
    'TOTAL 1 1 0 0 0 0 0 0 0 0 0 0' 'of one class'
like "$(taskdir stats --class dead --json)" \
    '{"waiting":0,*"dlq":1,*"ages":[[]]}*' 'a class without any has none'
like "$(taskdir stats --json | tr -d ' \n')" \
    '*"ages":[[]{"class":"mail","total":3,"later":0,"5":1,*"1280+":1},{*' \
    'as JSON, without a sum'
check_exit 2 'an unknown state is refused' taskdir stats --state new,old
check_exit 2 'an empty one too' taskdir stats --state new,

head -c 5000 /dev/zero >"$SPOOL/log/runs-20200101.jsonl"
head -c 100 /dev/zero >"$SPOOL/log/output/mail,id,1"
: >"$SPOOL/log/output/slot-0"
printf '[runner]\nlog_max = 3M\noutput_total = 0\n' >>"$SPOOL/taskdir.conf"
like "$(taskdir log --usage)" \
    '* of 3.0M, 1 files, kept for 28d00h*, 1 files, kept for 28d00h' \
    'what log and output take'
like "$(taskdir log --usage --json)" '{"log_bytes":[1-9]*,"log_days":1,'\
'"log_max":3145728,"output_bytes":*,"outputs":1,"output_total":0,*' 'in figures'
like "$(taskdir stats)" '*run log * of 3.0M*kept output *' \
    'which stats has too'

while [ "$n" -lt 10106 ]; do
	n=$((n + 1))
	: >"$SPOOL/new/$now,many,0123456789abcdef,id$n,0.json"
done
like "$(ages --class many)" 'TOTAL 10k 0 10k 0*' 'large counts are rounded'
like "$(taskdir stats --class many --json | tr -d ' \n')" \
    '*"total":10100,*' 'but not in JSON'
done_testing
