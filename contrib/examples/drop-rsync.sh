#!/bin/sh
# Sends a folder of task files to the letter box of another machine:
#
#	sh drop-rsync.sh OUTBOX HOST:/var/spool/taskdir
#
# rsync writes under a hidden name and renames, so that every file appears
# whole.  --remove-source-files makes a second call send only what is left;
# never --partial or --inplace, which leave cut files under their final names.
set -eu
[ $# -eq 2 ] || { echo "usage: $0 OUTBOX SPOOL" >&2; exit 2; }
exec rsync -t --remove-source-files "$1"/*.json "$2/new/"
