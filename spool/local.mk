# The sample spool, as the quick start runs it.  Its empty directories are
# not in the tarball: taskdir init makes them.
EXTRA_DIST += \
	%D%/README.md \
	%D%/handlers/backup.directory \
	%D%/handlers/convert.table \
	%D%/handlers/flaky \
	%D%/handlers/mod_example/mail \
	%D%/schedule \
	%D%/taskdir.conf
