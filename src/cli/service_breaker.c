#include "config.h"

#include "cli/service_breaker.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "cli/arg.h"
#include "cli/owner.h"
#include "cli/rename.h"
#include "cli/target.h"
#include "cli/when.h"
#include "lib/daylog.h"
#include "lib/runlog.h"
#include "lib/service.h"

enum { CLOSED, OPEN };	/* of the file's states */

struct options {
	struct td_common common;
	struct td_opt_number time;
};

static const struct td_usage reset_usage = {
	.name = "service reset-breaker",
	.args = "NAME",
	.about = "Closes the circuit breaker of a service: the next task is "
	    "sent at once, and those that it has postponed are due now.",
	.examples = "taskdir service reset-breaker crm\n",
	.min_args = 1,
	.max_args = 1,
};

static const struct td_opt open_opts[] = {
	{ "for", 0, "DUR", TD_OPT_DURATION, offsetof(struct options, time), 0,
	  "so long; else the service's cb_cooldown" },
	{0},
};

static const struct td_usage open_usage = {
	.name = "service open-breaker",
	.args = "NAME",
	.about = "Opens the circuit breaker of a service: its tasks are "
	    "postponed, which costs them no try.  When the time is over one "
	    "probe is let through.",
	.opts = open_opts,
	.examples = "taskdir service open-breaker crm --for 1h\n",
	.min_args = 1,
	.max_args = 1,
};

/* Tasks of a service that were postponed until its breaker may close, and a
 * little longer, so that not all come at once. */
struct postponed {
	const struct td_spool *spool;
	const char *service;
	uint64_t from, to;	/* Unix seconds */
	int error;
};

/* The hub's (hub/delivery.c), and a second for its rounding. */
enum { SPREAD_S = 5 };

static int
release_one(void *arg, enum td_state state, const char *text,
    const struct td_name *name)
{
	struct postponed *postponed = arg;
	char class_name[TD_NAME_CLASS_SIZE];
	const char *service;
	struct td_found found;
	int rc;

	if (name->due < postponed->from || name->due > postponed->to)
		return 0;
	td_name_decode_class(class_name, name->class_enc, name->class_len);
	service = td_service_of_class(class_name);
	if (service == NULL || strcmp(service, postponed->service) != 0)
		return 0;
	td_found_set(&found, state, text, name);
	rc = td_rename_due(postponed->spool, &found, td_clock_wall_us() /
	    1000000);
	if (rc != 0 && rc != -ENOENT)
		postponed->error = rc;
	return 0;
}

static int
release(const struct td_spool *spool, const char *service, uint64_t until_ms)
{
	struct postponed postponed = { .spool = spool, .service = service,
		.from = until_ms / 1000, .to = until_ms / 1000 + SPREAD_S };
	int rc;

	if (until_ms == 0)
		return 0;
	rc = td_select_walk(spool, TD_SELECT_WAITING,
	    &(struct td_select_walk){ .each = release_one,
		.arg = &postponed });
	return rc != 0 ? rc : postponed.error;
}

/* As a change of its own: what was under way no longer counts for it. */
static int
write_line(int dir_fd, const char *service, unsigned state, uint64_t for_ms,
    struct td_breaker_line *was)
{
	uint64_t now_ms = td_clock_wall_us() / 1000;
	struct td_breaker_line line = { 0 };
	int rc, lock_fd = td_breakerfile_lock(dir_fd);

	if (lock_fd < 0)
		return lock_fd;
	rc = td_breakerfile_read(dir_fd, service, &line);
	if (rc == 0) {
		*was = line;
		line.state = state;
		line.generation++;
		line.since_ms = now_ms;
		line.until_ms = state == OPEN ? now_ms + for_ms : 0;
		rc = td_breakerfile_write(dir_fd, service, &line);
	}
	(void)close(lock_fd);
	return rc;
}

/* As the hub's own changes are. */
static int
log_change(const struct td_spool *spool, const char *service, unsigned from,
    unsigned to)
{
	uint64_t now_us = td_clock_wall_us();
	struct td_buf line = {0};
	int fd, rc;

	td_buf_add_format(&line, "{\"time\":%" PRIu64 ".%06u,"
	    "\"direction\":\"out\",\"service\":\"%s\","
	    "\"verb\":\"BREAKER\",\"result\":\"ok\","
	    "\"class\":\"breaker\",\"error\":\"was %s, is %s, by hand\","
	    "\"latency\":0}\n", now_us / 1000000,
	    (unsigned)(now_us % 1000000), service,
	    td_breaker_state_name(from), td_breaker_state_name(to));
	fd = td_daylog_open(spool->log_fd, TD_REQLOG_PREFIX,
	    td_runlog_day(now_us / 1000000));
	rc = fd < 0 ? fd : td_buf_status(&line);
	if (rc == 0)
		rc = td_daylog_append(fd, &line);
	td_io_close(&fd);
	td_buf_release(&line);
	return rc;
}

/* As the spool's owner, so that his hub may write the file as well. */
static int
change(const struct td_spool *spool, const char *service, unsigned state,
    uint64_t for_ms)
{
	struct td_breaker_line was = {0};
	int dir_fd, logged, rc = td_owner_become(spool);

	if (rc != 0)
		return rc;
	dir_fd = td_breakerfile_open(spool->run_fd);
	if (dir_fd < 0)
		return dir_fd;
	rc = write_line(dir_fd, service, state, for_ms, &was);
	(void)close(dir_fd);
	if (rc != 0)
		return rc;
	/* What could not be logged is done all the same. */
	if (state == CLOSED)
		rc = release(spool, service, was.until_ms);
	logged = log_change(spool, service, was.state, state);
	return rc != 0 ? rc : logged;
}

void
td_service_breaker(struct td_breaker_line *line, const struct td_spool *spool,
    const char *service)
{
	int dir_fd = td_breakerfile_look(spool->run_fd);

	*line = (struct td_breaker_line){0};
	/* Without the folder no hub has ever run. */
	if (dir_fd < 0)
		return;
	(void)td_breakerfile_read(dir_fd, service, line);
	(void)close(dir_fd);
}

void
td_service_breaker_text(struct td_buf *text, const struct td_out *out,
    const struct td_breaker_line *line)
{
	char when[TD_WHEN_SIZE];

	td_buf_add_text(text, td_breaker_state_name(line->state));
	if (line->state != OPEN)
		return;
	if (line->until_ms <= td_clock_wall_us() / 1000) {
		td_buf_add_text(text, ", the next one finds out");
		return;
	}
	td_when_format(when, (int64_t)(line->until_ms / 1000), out->utc);
	td_buf_add_format(text, " until %s", when);
}

void
td_service_breaker_out(struct td_out *out, const struct td_spool *spool,
    const char *service)
{
	struct td_breaker_line line;
	struct td_buf text = {0};

	td_service_breaker(&line, spool, service);
	if (out->json)
		td_buf_add_text(&text, td_breaker_state_name(line.state));
	else
		td_service_breaker_text(&text, out, &line);
	td_out_styled(out, "breaker", td_buf_text(&text),
	    line.state == CLOSED ? TD_STYLE_PLAIN : TD_STYLE_BAD);
	if (out->json && line.until_ms != 0)
		td_out_time(out, "breaker_until",
		    (int64_t)(line.until_ms / 1000));
	td_buf_release(&text);
}

static int
report(const struct td_usage *usage, const struct td_common *common,
    const struct td_spool *spool, const char *service)
{
	static const struct td_column columns[] = {
		{ "service", "service", 0 }, { "breaker", "breaker", 0 },
		{0},
	};
	struct td_out out;

	td_out_open(&out, common);
	td_out_record(&out, columns);
	td_out_text(&out, "service", service);
	td_service_breaker_out(&out, spool, service);
	td_out_end(&out);
	return td_out_close(&out, usage->name, TD_EXIT_DONE);
}

static int
find(const struct td_service **service, const struct td_conf *conf,
    const char *name, const char *cmd)
{
	*service = td_service_find(conf->settings, name);
	if (*service == NULL)
		return td_target_missing(conf, "service", name, cmd);
	if ((*service)->cb_failure_threshold > 0)
		return TD_EXIT_DONE;
	td_cli_complain(cmd, "%s has no breaker: its cb_failure_threshold is "
	    "0", name);
	return TD_EXIT_FAILED;
}

static int
run(const struct td_usage *usage, unsigned state, int argc, char **argv)
{
	const struct td_service *service = NULL;
	struct options options = {0};
	struct td_conf conf = {0};
	struct td_args args;
	int rc = td_arg_parse(usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	rc = td_target_look(&conf, &options.common, usage->name);
	if (rc == TD_EXIT_DONE)
		rc = find(&service, &conf, args.words[0], usage->name);
	if (rc == TD_EXIT_DONE) {
		rc = change(&conf.spool, service->name, state,
		    options.time.given ? options.time.n :
		    service->cb_cooldown_ms);
		rc = rc == 0 ? report(usage, &options.common, &conf.spool,
		    service->name) : td_cli_failed(usage->name, rc,
		    "run/breaker/%s", service->name);
	}
	td_conf_release(&conf);
	return rc;
}

int
td_service_reset_breaker(int argc, char **argv)
{
	return run(&reset_usage, CLOSED, argc, argv);
}

int
td_service_open_breaker(int argc, char **argv)
{
	return run(&open_usage, OPEN, argc, argv);
}
