# Units (check_*.c, Check) and stories (t_*.sh); both speak TAP.
TEST_EXTENSIONS = .sh
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) \
	$(top_srcdir)/contrib/build-aux/tap-driver.sh
SH_LOG_DRIVER = $(LOG_DRIVER)
SH_LOG_COMPILER = $(SHELL)
AM_TESTS_ENVIRONMENT = \
	TD_SRCDIR='$(abs_top_srcdir)'; export TD_SRCDIR; \
	TD_BUILDDIR='$(abs_top_builddir)'; export TD_BUILDDIR; \
	TD_CC='$(CC)'; export TD_CC; \
	TD_CC_FLAGS='$(TD_CFLAGS) $(CFLAGS)'; export TD_CC_FLAGS; \
	PATH='$(abs_top_builddir)/src/cli':"$$PATH"; export PATH;

# A unit is one line here: its source is tests/NAME.c.
td_units = \
	tests/check_amqp_url \
	tests/check_frame \
	tests/check_cgroup \
	tests/check_cron \
	tests/check_cron_model \
	tests/check_cron_next \
	tests/check_held \
	tests/check_condition \
	tests/check_event \
	tests/check_ini \
	tests/check_json \
	tests/check_json_walk \
	tests/check_key \
	tests/check_limits \
	tests/check_lines \
	tests/check_lock \
	tests/check_name \
	tests/check_num \
	tests/check_output \
	tests/check_pattern \
	tests/check_rates \
	tests/check_reason \
	tests/check_request \
	tests/check_response \
	tests/check_retry \
	tests/check_runlog \
	tests/check_scan \
	tests/check_schedule \
	tests/check_scoreboard \
	tests/check_parcel \
	tests/check_service \
	tests/check_settings \
	tests/check_template \
	tests/check_settings_text \
	tests/check_spool \
	tests/check_tally \
	tests/check_task \
	tests/check_taskdir \
	tests/check_trust \
	tests/check_windows \
	tests/check_worker_line \
	tests/check_zone

# Units of the loop and the runner.
td_units += \
	tests/check_apart \
	tests/check_child \
	tests/check_closer \
	tests/check_crashes \
	tests/check_eventbook \
	tests/check_eventfile \
	tests/check_flusher \
	tests/check_index \
	tests/check_letter \
	tests/check_loop \
	tests/check_planner \
	tests/check_planner_model \
	tests/check_procs \
	tests/check_queue \
	tests/check_settle \
	tests/check_slots \
	tests/check_shares \
	tests/check_user
EXTRA_DIST += tests/cron.h tests/model.h tests/planner.h

# Units of the outside world and the hub.
td_hub_units = \
	tests/check_address \
	tests/check_attempts \
	tests/check_breaker \
	tests/check_breakers \
	tests/check_sampler \
	tests/check_sign \
	tests/check_store \
	tests/check_tables \
	tests/check_turns
td_units += $(td_hub_units)

# Units of the command line, which link its modules too.
td_cli_units = \
	tests/check_check \
	tests/check_escape \
	tests/check_feed \
	tests/check_grid \
	tests/check_pace \
	tests/check_recount \
	tests/check_select \
	tests/check_table \
	tests/check_when
td_units += $(td_cli_units)

# Faults at every call that changes a file, by the linker (tests/fault.h).
td_faults = \
	tests/faults_boxes \
	tests/check_minute \
	tests/check_parts \
	tests/check_start \
	tests/faults_events \
	tests/faults_runner \
	tests/faults_slots \
	tests/faults_spool
td_fault_run = tests/fault.c tests/fault.h tests/fault_run.c tests/fault_run.h
td_fault_ldflags = $(AM_LDFLAGS) \
	-Wl,--wrap=open -Wl,--wrap=openat -Wl,--wrap=close \
	-Wl,--wrap=write -Wl,--wrap=pwrite -Wl,--wrap=fsync \
	-Wl,--wrap=syncfs -Wl,--wrap=ftruncate -Wl,--wrap=fallocate \
	-Wl,--wrap=fchown -Wl,--wrap=fchmod -Wl,--wrap=linkat \
	-Wl,--wrap=unlinkat -Wl,--wrap=renameat -Wl,--wrap=renameat2 \
	-Wl,--wrap=getdents64 -Wl,--wrap=memfd_create -Wl,--wrap=pipe2 \
	-Wl,--wrap=syscall -Wl,--wrap=epoll_wait \
	-Wl,--wrap=inotify_init1 -Wl,--wrap=td_clock_mono_ms
tests_check_start_SOURCES = tests/check_start.c tests/fault.c tests/fault.h
tests_check_start_LDFLAGS = $(td_fault_ldflags)
tests_check_minute_SOURCES = tests/check_minute.c tests/fault.c tests/fault.h
tests_check_minute_LDFLAGS = $(td_fault_ldflags)
tests_check_parts_SOURCES = tests/check_parts.c tests/fault.c tests/fault.h
tests_check_parts_LDFLAGS = $(td_fault_ldflags)
tests_faults_boxes_SOURCES = tests/faults_boxes.c $(td_fault_run)
tests_faults_boxes_LDFLAGS = $(td_fault_ldflags)
tests_faults_spool_SOURCES = tests/faults_spool.c tests/fault.c tests/fault.h
tests_faults_spool_LDFLAGS = $(td_fault_ldflags)
tests_faults_events_SOURCES = tests/faults_events.c $(td_fault_run)
tests_faults_events_LDFLAGS = $(td_fault_ldflags)
tests_faults_runner_SOURCES = tests/faults_runner.c $(td_fault_run) \
	tests/fault_scene.c tests/fault_scene.h
tests_faults_runner_LDFLAGS = $(td_fault_ldflags)
tests_faults_slots_SOURCES = tests/faults_slots.c $(td_fault_run)
tests_faults_slots_LDFLAGS = $(td_fault_ldflags)
td_units += $(td_faults)

# What a sanitizer cannot change.
td_forms = \
	tests/t_form.sh \
	tests/t_includes.sh \
	tests/t_man.sh \
	tests/t_quickstart.sh

td_stories = \
	tests/t_notify.sh \
	tests/t_space.sh \
	tests/t_examples.sh \
	tests/t_libtaskdir.sh \
	tests/t_symbols.sh \
	tests/t_tap.sh \
	tests/t_vectors.sh

td_stories += \
	tests/t_add.sh \
	tests/t_alert.sh \
	tests/t_attacks.sh \
	tests/t_worker.sh \
	tests/t_worker_end.sh \
	tests/t_worker_faults.sh \
	tests/t_worker_languages.sh \
	tests/t_worker_pools.sh \
	tests/t_batch.sh \
	tests/t_beside.sh \
	tests/t_boxes.sh \
	tests/t_breaker_cli.sh \
	tests/t_cancel.sh \
	tests/t_cgroups.sh \
	tests/t_check.sh \
	tests/t_cli.sh \
	tests/t_completion.sh \
	tests/t_config.sh \
	tests/t_cron_oracle.sh \
	tests/t_limits.sh \
	tests/t_list.sh \
	tests/t_log.sh \
	tests/t_metrics.sh \
	tests/t_monitoring.sh \
	tests/t_process.sh \
	tests/t_recover.sh \
	tests/t_service.sh \
	tests/t_shared.sh \
	tests/t_shared_workers.sh \
	tests/t_stats.sh \
	tests/t_term.sh \
	tests/t_top.sh \
	tests/t_top_keys.sh \
	tests/t_top_shared.sh \
	tests/t_why.sh \
	tests/t_why_shared.sh \
	tests/t_why_worker.sh

# Stories of the runner.
td_stories += \
	tests/t_admit.sh \
	tests/t_badinput.sh \
	tests/t_clock.sh \
	tests/t_dedup.sh \
	tests/t_due.sh \
	tests/t_event.sh \
	tests/t_event_crash.sh \
	tests/t_event_hub.sh \
	tests/t_event_shared.sh \
	tests/t_handlers.sh \
	tests/t_hub.sh \
	tests/t_hub_breaker.sh \
	tests/t_hub_kill.sh \
	tests/t_hub_tls.sh \
	tests/t_keep.sh \
	tests/t_keep_shared.sh \
	tests/t_letters.sh \
	tests/t_kill.sh \
	tests/t_names.sh \
	tests/t_once.sh \
	tests/t_powercut.sh \
	tests/t_property.sh \
	tests/t_requests.sh \
	tests/t_retry.sh \
	tests/t_run_env.sh \
	tests/t_run_exit.sh \
	tests/t_rule.sh \
	tests/t_schedule.sh \
	tests/t_schedule_cli.sh \
	tests/t_schedule_expr.sh \
	tests/t_schedule_powercut.sh \
	tests/t_schedule_shared.sh \
	tests/t_shortage.sh \
	tests/t_stop.sh \
	tests/t_stuck.sh

if HAVE_CHECK
check_LTLIBRARIES = tests/libharness.la
tests_libharness_la_SOURCES = tests/harness.c tests/harness.h
tests_libharness_la_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
LDADD = tests/libharness.la src/librunner.la $(CHECK_LIBS)
td_cli_ldadd = src/libcli.la $(LDADD)
tests_check_amqp_url_LDADD = src/libamqp.la $(LDADD)
td_hub_ldadd = src/libhub.la $(LDADD)
tests_check_attempts_LDADD = $(td_hub_ldadd)
tests_check_breaker_LDADD = $(td_hub_ldadd)
tests_check_breakers_LDADD = $(td_hub_ldadd)
tests_check_sampler_LDADD = $(td_hub_ldadd)
tests_check_sign_LDADD = $(td_hub_ldadd)
tests_check_store_LDADD = $(td_hub_ldadd)
tests_check_tables_LDADD = $(td_hub_ldadd)
tests_check_turns_LDADD = $(td_hub_ldadd)
tests_check_check_LDADD = $(td_cli_ldadd)
tests_check_escape_LDADD = $(td_cli_ldadd)
tests_check_feed_LDADD = $(td_cli_ldadd)
tests_check_grid_LDADD = $(td_cli_ldadd)
tests_check_pace_LDADD = $(td_cli_ldadd)
tests_check_recount_LDADD = $(td_cli_ldadd)
tests_check_select_LDADD = $(td_cli_ldadd)
tests_check_table_LDADD = $(td_cli_ldadd)
tests_check_when_LDADD = $(td_cli_ldadd)
check_PROGRAMS += $(td_units)
TESTS += $(td_units)
endif

# A fuzzer is a line in td_fuzzers and three below (tests/fuzz.h says how they
# are run); its corpus is tests/corpus/NAME.
td_fuzzers = \
	tests/fuzz_amqp_url \
	tests/fuzz_condition \
	tests/fuzz_cron \
	tests/fuzz_event \
	tests/fuzz_ini \
	tests/fuzz_json \
	tests/fuzz_name \
	tests/fuzz_schedule \
	tests/fuzz_template \
	tests/fuzz_worker_line \
	tests/fuzz_zone
tests_fuzz_amqp_url_SOURCES = tests/fuzz_amqp_url.c tests/fuzz.h \
	$(td_fuzz_main)
tests_fuzz_amqp_url_LDADD = src/libamqp.la
tests_fuzz_amqp_url_LDFLAGS = $(td_fuzz_ldflags)
tests_fuzz_condition_SOURCES = tests/fuzz_condition.c tests/fuzz.h \
	$(td_fuzz_main)
tests_fuzz_condition_LDADD = src/librunner.la
tests_fuzz_condition_LDFLAGS = $(td_fuzz_ldflags)
tests_fuzz_cron_SOURCES = tests/fuzz_cron.c tests/fuzz.h $(td_fuzz_main)
tests_fuzz_cron_LDADD = src/librunner.la
tests_fuzz_cron_LDFLAGS = $(td_fuzz_ldflags)
tests_fuzz_event_SOURCES = tests/fuzz_event.c tests/fuzz.h \
	$(td_fuzz_main)
tests_fuzz_event_LDADD = src/librunner.la
tests_fuzz_event_LDFLAGS = $(td_fuzz_ldflags)
tests_fuzz_ini_SOURCES = tests/fuzz_ini.c tests/fuzz.h $(td_fuzz_main)
tests_fuzz_ini_LDADD = src/librunner.la
tests_fuzz_ini_LDFLAGS = $(td_fuzz_ldflags)
tests_fuzz_json_SOURCES = tests/fuzz_json.c tests/fuzz.h $(td_fuzz_main)
tests_fuzz_json_LDADD = src/librunner.la
tests_fuzz_json_LDFLAGS = $(td_fuzz_ldflags)
tests_fuzz_name_SOURCES = tests/fuzz_name.c tests/fuzz.h $(td_fuzz_main)
tests_fuzz_name_LDADD = src/librunner.la
tests_fuzz_name_LDFLAGS = $(td_fuzz_ldflags)
tests_fuzz_schedule_SOURCES = tests/fuzz_schedule.c tests/fuzz.h \
	$(td_fuzz_main)
tests_fuzz_schedule_LDADD = src/librunner.la
tests_fuzz_schedule_LDFLAGS = $(td_fuzz_ldflags)
tests_fuzz_template_SOURCES = tests/fuzz_template.c tests/fuzz.h \
	$(td_fuzz_main)
tests_fuzz_template_LDADD = src/librunner.la
tests_fuzz_template_LDFLAGS = $(td_fuzz_ldflags)
tests_fuzz_worker_line_SOURCES = tests/fuzz_worker_line.c tests/fuzz.h \
	$(td_fuzz_main)
tests_fuzz_worker_line_LDADD = src/librunner.la
tests_fuzz_worker_line_LDFLAGS = $(td_fuzz_ldflags)
tests_fuzz_zone_SOURCES = tests/fuzz_zone.c tests/fuzz.h $(td_fuzz_main)
tests_fuzz_zone_LDADD = src/librunner.la
tests_fuzz_zone_LDFLAGS = $(td_fuzz_ldflags)
if FUZZERS
td_fuzz_main =
td_fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
noinst_PROGRAMS += $(td_fuzzers)
else
td_fuzz_main = tests/fuzz_main.c
td_fuzz_ldflags = $(AM_LDFLAGS)
check_PROGRAMS += $(td_fuzzers)
TESTS += $(td_fuzzers)
endif
EXTRA_DIST += tests/fuzz_main.c tests/corpus

# Asked by t_cron_oracle.sh.
check_PROGRAMS += tests/cron_ask
tests_cron_ask_SOURCES = tests/cron_ask.c
tests_cron_ask_LDADD = src/liblib.la
EXTRA_DIST += tests/cron_oracle.py tests/zone_oracle.py

# What speaks AMQP, asked by stories with a broker of their own.
if HAVE_AMQP
check_PROGRAMS += tests/amqp_tool
tests_amqp_tool_SOURCES = tests/amqp_tool.c
tests_amqp_tool_LDADD = src/libamqp.la
check_PROGRAMS += tests/broker_tool
tests_broker_tool_SOURCES = tests/broker_tool.c
tests_broker_tool_LDADD = src/libhub.la
td_stories += tests/t_amqp.sh tests/t_broker.sh tests/t_consume.sh
td_stories += tests/t_hub_amqp.sh

# "make bench-amqp": beside a bare loop of rabbitmq-c.
EXTRA_PROGRAMS += tests/bench/amqp
tests_bench_amqp_SOURCES = tests/bench/amqp.c
tests_bench_amqp_CFLAGS = $(AM_CFLAGS) $(RABBITMQ_CFLAGS)
tests_bench_amqp_LDADD = src/libhub.la
CLEANFILES += tests/bench/amqp
bench-amqp: tests/amqp_tool tests/bench/amqp
	$(AM_V_at)TD_BUILDDIR='$(abs_top_builddir)' \
	    TD_SRCDIR='$(abs_top_srcdir)' \
	    $(SHELL) $(srcdir)/tests/bench/amqp.sh
endif
EXTRA_DIST += tests/bench/amqp.sh
EXTRA_DIST += tests/rabbit.sh tests/broker.py tests/t_amqp.sh \
	tests/t_broker.sh tests/t_consume.sh tests/t_hub_amqp.sh

TESTS += $(td_stories)
if !SANITIZERS
TESTS += $(td_forms)
endif
EXTRA_DIST += tests/prometheus.awk tests/property.awk tests/soak.sh \
	tests/valgrind.sh tests/openat2.c tests/vm.sh
EXTRA_DIST += tests/screen.py tests/screen.sh
EXTRA_DIST += tests/why.sh tests/worker.py tests/worker.sh
EXTRA_DIST += tests/http.py tests/hub.sh
EXTRA_DIST += tests/clock.sh tests/disk.sh tests/tap.sh tests/users.sh \
	$(td_forms) $(td_stories)
EXTRA_DIST += tests/vectors/keys.json tests/vectors/make_keys.py

# Figures beside their limits, never a test: "make bench", BENCH="case ...",
# ROUNDS=n, SCALE=x.
EXTRA_PROGRAMS += tests/bench/bench
tests_bench_bench_SOURCES = \
	tests/bench/bench.h \
	tests/bench/add.c \
	tests/bench/batch.c \
	tests/bench/cron.c \
	tests/bench/flat.c \
	tests/bench/http.c \
	tests/bench/language.c \
	tests/bench/latency.c \
	tests/bench/main.c \
	tests/bench/million.c \
	tests/bench/quiet.c \
	tests/bench/run.c \
	tests/bench/spool.c \
	tests/bench/tools.c \
	tests/bench/worker.c
tests_bench_bench_LDADD = src/liblib.la $(CURL_LIBS)
EXTRA_PROGRAMS += tests/bench/answer
tests_bench_answer_SOURCES = tests/bench/answer.c
tests_bench_answer_LDADD =
# Without a C library's start, so outside of the usual flags.
tests/bench/stamp: tests/bench/stamp.c
	$(AM_V_CC)$(MKDIR_P) tests/bench && $(CC) $(DEFS) $(DEFAULT_INCLUDES) \
	    -O2 -static -nostartfiles -fno-stack-protector \
	    -o $@ $(srcdir)/tests/bench/stamp.c
tests/bench/ballast.so: tests/bench/ballast.c
	$(AM_V_CC)$(MKDIR_P) tests/bench && $(CC) $(DEFS) $(DEFAULT_INCLUDES) \
	    -O2 -fPIC -shared -o $@ $(srcdir)/tests/bench/ballast.c
td_bench = tests/bench/bench tests/bench/answer tests/bench/stamp \
	tests/bench/ballast.so
CLEANFILES += $(td_bench)
EXTRA_DIST += tests/bench/ballast.c tests/bench/handler.php \
	tests/bench/handler.py tests/bench/run.sh tests/bench/stamp.c
.PHONY: bench bench-amqp
bench: src/cli/taskdir src/cli/taskdir-hub $(td_bench)
	$(AM_V_at)TD_BUILDDIR='$(abs_top_builddir)' \
	    TD_SRCDIR='$(abs_top_srcdir)' \
	    $(SHELL) $(srcdir)/tests/bench/run.sh
