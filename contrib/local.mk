# Examples and scripts: nothing here is needed to build.
td_units_in = %D%/systemd/taskdir.service.in %D%/systemd/taskdir@.service.in
EXTRA_DIST += $(td_units_in) \
	%D%/check.sh \
	%D%/examples/drop-rsync.sh \
	%D%/examples/drop.php \
	%D%/examples/drop.py \
	%D%/examples/drop.sh \
	%D%/examples/receiver.py \
	%D%/handlers/example.js \
	%D%/handlers/example.php \
	%D%/handlers/example.py \
	%D%/handlers/example.sh \
	%D%/handlers/taskdir_worker.js \
	%D%/handlers/taskdir_worker.php \
	%D%/handlers/taskdir_worker.py \
	%D%/handlers/taskdir_worker.sh \
	%D%/lib.sh \
	%D%/quickstart.sh

bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = %D%/completions/taskdir

# Installed only where configure was told to, so that an ordinary user can
# install below a prefix of his own.
if HAVE_SYSTEMD
systemdsystemunit_DATA = \
	%D%/systemd/taskdir.service \
	%D%/systemd/taskdir@.service
CLEANFILES += $(systemdsystemunit_DATA)
endif

SUFFIXES = .service.in .service
.service.in.service:
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
	$(SED) 's,[@]bindir[@],$(bindir),g' $< >$@.new && mv $@.new $@
