# Folder = floor: base < lib, loop < runner < cli.  Each is a convenience
# library, so that tests see hidden symbols and programs link what they use.
noinst_LTLIBRARIES += src/libbase.la src/liblib.la src/libloop.la \
	src/librunner.la

src_libbase_la_SOURCES = \
	src/base/address.c src/base/address.h \
	src/base/amqp_url.c src/base/amqp_url.h \
	src/base/buf.c src/base/buf.h \
	src/base/calendar.c src/base/calendar.h \
	src/base/clock.c src/base/clock.h \
	src/base/err.c src/base/err.h \
	src/base/io.c src/base/io.h \
	src/base/log.c src/base/log.h \
	src/base/near.c src/base/near.h \
	src/base/num.c src/base/num.h \
	src/base/self.c src/base/self.h \
	src/base/thread.c src/base/thread.h

src_liblib_la_SOURCES = \
	src/lib/attempts.c src/lib/attempts.h \
	src/lib/box.c src/lib/box.h \
	src/lib/breakerfile.c src/lib/breakerfile.h \
	src/lib/catalog.c src/lib/catalog.h src/lib/catalog_check.c \
	src/lib/condition.c src/lib/condition.h \
	src/lib/create.c \
	src/lib/cron.c src/lib/cron.h src/lib/cron_fields.h \
	src/lib/cron_next.c src/lib/cron_parse.c src/lib/cron_words.c \
	src/lib/daylog.c src/lib/daylog.h \
	src/lib/eventfile.c src/lib/eventfile.h \
	src/lib/event.c src/lib/event.h \
	src/lib/filesystem.c src/lib/filesystem.h \
	src/lib/find.c \
	src/lib/handler.c src/lib/handler.h \
	src/lib/held.c src/lib/held.h \
	src/lib/ini.c src/lib/ini.h src/lib/ini_edit.c \
	src/lib/ini_line.c src/lib/ini_line.h \
	src/lib/json.c src/lib/json.h \
	src/lib/json_scan.h \
	src/lib/json_walk.c \
	src/lib/json_write.c \
	src/lib/kept.c src/lib/kept.h \
	src/lib/key.c src/lib/key.h \
	src/lib/lines.c src/lib/lines.h \
	src/lib/lock.c src/lib/lock.h \
	src/lib/metrics.c src/lib/metrics.h \
	src/lib/name.c src/lib/name.h \
	src/lib/newevent.c src/lib/newevent.h \
	src/lib/newcomer.c src/lib/newcomer.h \
	src/lib/output.c src/lib/output.h \
	src/lib/parcel.c src/lib/parcel.h \
	src/lib/parts.c src/lib/parts.h \
	src/lib/pattern.c src/lib/pattern.h \
	src/lib/rates.c src/lib/rates.h \
	src/lib/reason.c src/lib/reason.h \
	src/lib/request.c src/lib/request.h \
	src/lib/response.c src/lib/response.h \
	src/lib/retry.c src/lib/retry.h \
	src/lib/rule.c src/lib/rule.h \
	src/lib/runlog.c src/lib/runlog.h src/lib/runlog_read.c \
	src/lib/scan.c src/lib/scan.h \
	src/lib/schedule.c src/lib/schedule.h src/lib/schedule_entry.c \
	src/lib/schedule_load.c src/lib/schedule_read.h \
	src/lib/schedule_sections.c src/lib/schedule_settings.c \
	src/lib/schedule_text.c \
	src/lib/scoreboard.c src/lib/scoreboard.h \
	src/lib/service.c src/lib/service.h \
	src/lib/settings.c src/lib/settings.h src/lib/settings_check.c \
	src/lib/settings_hub.c src/lib/settings_hub.h \
	src/lib/settings_hub_check.c src/lib/settings_load.c \
	src/lib/settings_rows.h src/lib/settings_table.c \
	src/lib/settings_table.h src/lib/settings_value.c \
	src/lib/slotbook.c src/lib/slotbook.h \
	src/lib/slotfile.c src/lib/slotfile.h \
	src/lib/space.c src/lib/space.h \
	src/lib/spool.c src/lib/spool.h src/lib/spool_bury.c \
	src/lib/spool_place.c \
	src/lib/tally.c src/lib/tally.h \
	src/lib/task.c src/lib/task.h \
	src/lib/taskdir.c \
	src/lib/template.c src/lib/template.h \
	src/lib/template_put.c src/lib/template_put.h \
	src/lib/trust.c src/lib/trust.h \
	src/lib/url.c src/lib/url.h \
	src/lib/windows.c src/lib/windows.h \
	src/lib/zone.c src/lib/zone.h \
	src/lib/zone_file.c src/lib/zone_file.h src/lib/zone_rule.c
src_liblib_la_CFLAGS = $(AM_CFLAGS) $(CJSON_CFLAGS) $(CRYPTO_CFLAGS)
src_liblib_la_LIBADD = src/libbase.la $(CJSON_LIBS) $(CRYPTO_LIBS)

src_libloop_la_SOURCES = \
	src/loop/alarm.c src/loop/alarm.h \
	src/loop/cgroup.c src/loop/cgroup.h \
	src/loop/child.c src/loop/child.h \
	src/loop/clone.c src/loop/clone.h \
	src/loop/frame.c src/loop/frame.h \
	src/loop/loop.c src/loop/loop.h \
	src/loop/notify.c src/loop/notify.h \
	src/loop/procs.c src/loop/procs.h \
	src/loop/signals.c src/loop/signals.h \
	src/loop/watch.c src/loop/watch.h
src_libloop_la_LIBADD = src/libbase.la

src_librunner_la_SOURCES = \
	src/runner/core.h \
	src/runner/admit.c \
	src/runner/alert.c src/runner/alert.h \
	src/runner/board.c \
	src/runner/boxes.c src/runner/boxes.h \
	src/runner/errand.c \
	src/runner/bury.c \
	src/runner/capture.c \
	src/runner/census.c src/runner/census.h \
	src/runner/channel.c \
	src/runner/classes.c \
	src/runner/closer.c src/runner/closer.h \
	src/runner/control.c \
	src/runner/crashes.c src/runner/crashes.h \
	src/runner/dedup.c \
	src/runner/drops.c src/runner/drops.h \
	src/runner/environ.c src/runner/environ.h \
	src/runner/eventbook.c src/runner/eventbook.h \
	src/runner/events.c \
	src/runner/expand.c src/runner/expand.h \
	src/runner/expansion.c src/runner/expansion.h \
	src/runner/files.c \
	src/runner/finish.c \
	src/runner/flusher.c src/runner/flusher.h \
	src/runner/hold.c \
	src/runner/index.c src/runner/index.h \
	src/runner/keep.c \
	src/runner/keep_attempts.c \
	src/runner/launch.c \
	src/runner/ledger.c \
	src/runner/letter.c src/runner/letter.h \
	src/runner/letterbox.c \
	src/runner/member.c src/runner/member.h \
	src/runner/note.c \
	src/runner/import.c src/runner/import.h \
	src/runner/planner.c src/runner/planner.h \
	src/runner/queue.c src/runner/queue.h \
	src/runner/quota.c src/runner/quota.h \
	src/runner/ranking.c src/runner/ranking.h \
	src/runner/reap.c src/runner/reap.h \
	src/runner/recover.c \
	src/runner/reload.c \
	src/runner/refuse.c \
	src/runner/reserve.c \
	src/runner/pool.c src/runner/pool.h src/runner/pools.c \
	src/runner/runner.c src/runner/runner.h \
	src/runner/serial.c src/runner/serial.h \
	src/runner/settle.c src/runner/settle.h \
	src/runner/slotplan.c src/runner/slotplan.h \
	src/runner/slots.c src/runner/slots.h src/runner/slots_book.c \
	src/runner/slots_files.c \
	src/runner/standing.c \
	src/runner/start.c \
	src/runner/sweep.c \
	src/runner/syncer.c src/runner/syncer.h \
	src/runner/tokens.c \
	src/runner/tree.c src/runner/tree.h \
	src/runner/user.c src/runner/user.h \
	src/runner/view.c \
	src/runner/worker.c src/runner/worker.h src/runner/worker_talk.c \
	src/runner/worker_line.c src/runner/worker_line.h
src_librunner_la_LIBADD = src/liblib.la src/libloop.la

# AMQP brokers, in a library of its own: rabbitmq-c is linked by those alone
# that ask for it.
noinst_LTLIBRARIES += src/libamqp.la
td_amqp = \
	src/net/amqp.c src/net/amqp_state.h \
	src/net/amqp_error.c \
	src/net/amqp_event.c \
	src/net/amqp_send.c
src_libamqp_la_SOURCES = \
	src/net/amqp.h
if HAVE_AMQP
src_libamqp_la_SOURCES += $(td_amqp)
EXTRA_DIST += src/net/amqp_none.c
else
src_libamqp_la_SOURCES += src/net/amqp_none.c
EXTRA_DIST += $(td_amqp)
endif
src_libamqp_la_CFLAGS = $(AM_CFLAGS) $(RABBITMQ_CFLAGS)
src_libamqp_la_LIBADD = src/libbase.la $(RABBITMQ_LIBS)

# Everything of the program but its main, so that units can link it.
noinst_LTLIBRARIES += src/libcli.la
src_libcli_la_SOURCES = \
	src/cli/ages.c src/cli/ages.h \
	src/cli/agenda.c src/cli/agenda.h \
	src/cli/arg.c src/cli/arg.h \
	src/cli/batch.c src/cli/batch.h \
	src/cli/beside.c src/cli/beside.h \
	src/cli/check.c src/cli/check.h \
	src/cli/check_left.c \
	src/cli/check_names.c \
	src/cli/cli.c src/cli/cli.h \
	src/cli/cmd_add.c \
	src/cli/cmd_cancel.c \
	src/cli/cmd_check.c \
	src/cli/cmd_config.c \
	src/cli/cmd_data.c \
	src/cli/cmd_dlq.c \
	src/cli/cmd_event.c \
	src/cli/cmd_init.c \
	src/cli/cmd_list.c \
	src/cli/cmd_log.c \
	src/cli/cmd_pause.c \
	src/cli/cmd_reschedule.c \
	src/cli/cmd_retry.c \
	src/cli/cmd_run.c \
	src/cli/cmd_running.c \
	src/cli/cmd_rule.c \
	src/cli/cmd_schedule.c \
	src/cli/cmd_service.c \
	src/cli/cmd_show.c \
	src/cli/cmd_stats.c \
	src/cli/cmd_top.c \
	src/cli/cmd_user.c \
	src/cli/cmd_version.c \
	src/cli/cmd_wait.c \
	src/cli/cmd_why.c \
	src/cli/commands.h \
	src/cli/conf.c src/cli/conf.h \
	src/cli/conf_file.c src/cli/conf_file.h \
	src/cli/config_edit.c src/cli/config_edit.h \
	src/cli/dead.c src/cli/dead.h \
	src/cli/detail.c src/cli/detail.h \
	src/cli/dlq.c src/cli/dlq.h src/cli/dlq_end.c \
	src/cli/draft.c src/cli/draft.h \
	src/cli/errors.c src/cli/errors.h \
	src/cli/errand.c src/cli/errand.h \
	src/cli/escape.c src/cli/escape.h \
	src/cli/feed.c src/cli/feed.h \
	src/cli/grid.c src/cli/grid.h \
	src/cli/help.c src/cli/help.h \
	src/cli/history.c src/cli/history.h \
	src/cli/live.c src/cli/live.h \
	src/cli/live_cells.c src/cli/live_cells.h \
	src/cli/live_draw.c \
	src/cli/live_keys.c \
	src/cli/log_output.c src/cli/log_output.h \
	src/cli/log_requests.c src/cli/log_requests.h \
	src/cli/logview.c src/cli/logview.h \
	src/cli/member.c src/cli/member.h \
	src/cli/monitor.c src/cli/monitor.h \
	src/cli/out.c src/cli/out.h \
	src/cli/outcome.c src/cli/outcome.h \
	src/cli/owner.c src/cli/owner.h \
	src/cli/pace.c src/cli/pace.h \
	src/cli/payload.c src/cli/payload.h \
	src/cli/pick.c src/cli/pick.h \
	src/cli/plea.c src/cli/plea.h \
	src/cli/prometheus.c src/cli/prometheus.h \
	src/cli/recount.c src/cli/recount.h \
	src/cli/rename.c src/cli/rename.h \
	src/cli/revive.c src/cli/revive.h \
	src/cli/roll.c src/cli/roll.h \
	src/cli/runs.c src/cli/runs.h \
	src/cli/rule_preview.c src/cli/rule_preview.h \
	src/cli/schedule.h \
	src/cli/schedule_edit.c src/cli/schedule_edit.h \
	src/cli/schedule_enable.c src/cli/schedule_explain.c \
	src/cli/schedule_line.c src/cli/schedule_lint.c \
	src/cli/schedule_list.c src/cli/schedule_reset.c \
	src/cli/schedule_run.c src/cli/schedule_set.c \
	src/cli/schedule_show.c \
	src/cli/schedule_expr.c src/cli/schedule_expr.h \
	src/cli/schedule_next.c \
	src/cli/screen.c src/cli/screen.h \
	src/cli/select.c src/cli/select.h \
	src/cli/service_breaker.c src/cli/service_breaker.h \
	src/cli/service_responses.c src/cli/service_responses.h \
	src/cli/table.c src/cli/table.h \
	src/cli/target.c src/cli/target.h src/cli/target_show.c \
	src/cli/top.c src/cli/top.h \
	src/cli/top_print.c \
	src/cli/top_text.c src/cli/top_text.h \
	src/cli/twin.c src/cli/twin.h \
	src/cli/usage.c src/cli/usage.h \
	src/cli/vigil.c src/cli/vigil.h \
	src/cli/when.c src/cli/when.h \
	src/cli/why.c src/cli/why.h \
	src/cli/why_drop.c src/cli/why_event.c src/cli/why_held.c \
	src/cli/why_service.c \
	src/cli/why_slot.c \
	src/cli/why_user.c \
	src/cli/why_limits.c \
	src/cli/writer.c src/cli/writer.h
src_libcli_la_CFLAGS = $(AM_CFLAGS) $(NCURSES_CFLAGS)
src_libcli_la_LIBADD = src/librunner.la $(NCURSES_LIBS)

bin_PROGRAMS += src/cli/taskdir
src_cli_taskdir_SOURCES = src/cli/main.c
src_cli_taskdir_CFLAGS = $(AM_CFLAGS) $(TD_PIE)
src_cli_taskdir_LDFLAGS = $(AM_LDFLAGS) $(TD_PIE_LDFLAGS)
src_cli_taskdir_LDADD = src/libcli.la

# The outside world, and the hub that delivers to it.  Its program lies beside
# taskdir, where the runner looks for it.
noinst_LTLIBRARIES += src/libnet.la src/libhub.la
src_libnet_la_SOURCES = \
	src/net/breaker.c src/net/breaker.h \
	src/net/http.c src/net/http.h \
	src/net/http_target.c src/net/http_target.h \
	src/net/sign.c src/net/sign.h
src_libnet_la_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(CRYPTO_CFLAGS)
src_libnet_la_LIBADD = src/libbase.la $(CURL_LIBS) $(CRYPTO_LIBS)

src_libhub_la_SOURCES = \
	src/hub/breakers.c src/hub/breakers.h \
	src/hub/broker.c src/hub/broker.h \
	src/hub/consume.c src/hub/consume.h \
	src/hub/core.h \
	src/hub/delivery.c src/hub/delivery.h \
	src/hub/delivery_aim.c \
	src/hub/drain.c src/hub/drain.h \
	src/hub/lane.c src/hub/lane.h \
	src/hub/link.c src/hub/link.h \
	src/hub/messages.c src/hub/messages.h \
	src/hub/meters.c src/hub/meters.h \
	src/hub/order.c src/hub/order.h \
	src/hub/post.c src/hub/post.h \
	src/hub/record.c src/hub/record.h \
	src/hub/reqlog.c src/hub/reqlog.h \
	src/hub/rest.c src/hub/rest.h src/hub/rest_headers.c \
	src/hub/result.c src/hub/result.h \
	src/hub/sampler.c src/hub/sampler.h \
	src/hub/secret.c src/hub/secret.h \
	src/hub/stage.c src/hub/stage.h \
	src/hub/store.c src/hub/store.h \
	src/hub/tables.c src/hub/tables.h \
	src/hub/talk.c src/hub/talk.h \
	src/hub/trial.c src/hub/trial.h \
	src/hub/turns.c src/hub/turns.h
src_libhub_la_LIBADD = src/liblib.la src/libloop.la src/libnet.la \
	src/libamqp.la

bin_PROGRAMS += src/cli/taskdir-hub
src_cli_taskdir_hub_SOURCES = src/hub/main.c
src_cli_taskdir_hub_CFLAGS = $(AM_CFLAGS) $(TD_PIE)
src_cli_taskdir_hub_LDFLAGS = $(AM_LDFLAGS) $(TD_PIE_LDFLAGS)
src_cli_taskdir_hub_LDADD = src/libhub.la

# The public library: all of it is in liblib, the map opens the public names.
# -version-info CURRENT:REVISION:AGE, at a release: only the code changed:
# REVISION + 1; a name was added: CURRENT + 1, AGE + 1, REVISION 0; a name or a
# struct changed: CURRENT + 1, the others 0.
lib_LTLIBRARIES += src/libtaskdir.la
src_libtaskdir_la_SOURCES =
src_libtaskdir_la_LIBADD = src/liblib.la
src_libtaskdir_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0
if HAVE_MAP
src_libtaskdir_la_LDFLAGS += \
	-Wl,--version-script=$(top_srcdir)/src/lib/libtaskdir.map
src_libtaskdir_la_DEPENDENCIES = src/liblib.la src/lib/libtaskdir.map
else
src_libtaskdir_la_LDFLAGS += -export-symbols-regex '^taskdir_'
endif
include_HEADERS += src/lib/taskdir.h

src/lib/libtaskdir.pc: src/lib/libtaskdir.pc.in config.status
	$(AM_V_GEN)$(MKDIR_P) src/lib && $(SED) \
	    -e 's,@prefix\@,$(prefix),g' \
	    -e 's,@exec_prefix\@,$(exec_prefix),g' \
	    -e 's,@libdir\@,$(libdir),g' \
	    -e 's,@includedir\@,$(includedir),g' \
	    -e 's,@version\@,$(PACKAGE_VERSION),g' \
	    $(srcdir)/src/lib/libtaskdir.pc.in >$@.new && mv $@.new $@
pkgconfig_DATA += src/lib/libtaskdir.pc
CLEANFILES += src/lib/libtaskdir.pc
EXTRA_DIST += src/lib/libtaskdir.pc.in src/lib/libtaskdir.map
dist_man_MANS += src/cli/taskdir.1 src/hub/taskdir-hub.8 \
	src/lib/libtaskdir.3 src/lib/taskdir.5
dist_man_MANS += src/lib/taskdir-schedule.5
