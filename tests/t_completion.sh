#!/bin/sh
# What bash completes.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"
command -v bash >/dev/null || skip_all 'bash is not here'
new_spool

# completes WORD...: what may follow the last one.
completes()
{
	bash -c '. "$TD_SRCDIR/contrib/completions/taskdir"
	    COMP_WORDS=(taskdir "$@") COMP_CWORD=$#
	    _taskdir
	    echo "${COMPREPLY[@]}"' bash "$@"
}

id=$(taskdir add x 2>/dev/null)
is "$(completes re)" 'retry reschedule resume' 'commands'
is "$(completes --sp)" '--spool' 'common options before them'
is "$(completes dlq p)" purge 'commands of commands'
is "$(completes add --re)" '--reschedule --replace' 'options'
is "$(completes dlq purge --o)" '--older' 'options of their commands'
is "$(completes list --s)" '--summary --spool' 'common ones too'
is "$(completes list f)" failed 'states'
is "$(completes stats --state f)" failed 'as the value of an option'
is "$(completes cancel "${id%????}")" "$id" 'ids'
is "$(TASKDIR='' completes --spool "$SPOOL" show "${id%????}")" "$id" \
    'of the spool that is meant'
is "$(completes retry "${id%????}")" '' 'where they make sense'
printf '0 9 * * * x id=morning\n0 9 * * * mod_x\\y\n' >"$SPOOL/schedule"
is "$(completes schedule ex)" explain 'commands of the schedule'
is "$(completes schedule run mod)" 'mod_x/y' 'entries of the schedule'
is "$(completes schedule set mor)" morning 'for all that take one'
is "$(completes schedule list mor)" '' 'and for them alone'
is "$(completes schedule set morning --mis)" '--missed' 'with their options'
taskdir service add crm type=rest base_url=http://x >out
taskdir rule add new-users event=u service=crm >out
is "$(completes service en)" enable 'commands of services'
is "$(completes service reset)" reset-breaker 'with hyphens too'
is "$(completes service show c)" crm 'services'
is "$(completes service list c)" '' 'where they make sense'
is "$(completes rule preview n)" new-users 'rules'
is "$(completes rule preview n --da)" '--data' 'with their options'
done_testing
