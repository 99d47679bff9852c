#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "hub/breakers.h"
#include "hub/broker.h"
#include "hub/consume.h"
#include "hub/core.h"
#include "hub/rest.h"
#include "hub/sampler.h"
#include "hub/talk.h"
#include "hub/trial.h"
#include "lib/attempts.h"
#include "lib/metrics.h"

enum { METRICS_MS = 5000, SETTINGS_MAX = 1 << 30 };

static const char help[] =
    "usage: taskdir-hub [--test SERVICE]\n"
    "\n"
    "Delivers events to REST and AMQP services: the runner of a Taskdir spool\n"
    "starts it as a persistent worker.  See taskdir-hub(8).\n"
    "\n"
    "  --test SERVICE   send one real request, say how it went\n"
    "  --spool DIR      the spool; else $TASKDIR_SPOOL, $TASKDIR\n"
    "  --json           print --test's result as JSON\n"
    "  --help, --version\n";

struct options {
	const char *spool, *test;
	bool json;
};

/* Whether to go on; else *status is the exit code. */
static bool
parse_options(struct options *options, int argc, char **argv, int *status)
{
	static const struct option all[] = {
		{ "test", required_argument, NULL, 't' },
		{ "spool", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	int c;

	*status = 0;
	while ((c = getopt_long(argc, argv, "", all, NULL)) != -1) {
		switch (c) {
		case 't':
			options->test = optarg;
			break;
		case 's':
			options->spool = optarg;
			break;
		case 'j':
			options->json = true;
			break;
		case 'h':
			(void)fputs(help, stdout);
			return false;
		case 'v':
			(void)puts("taskdir-hub " PACKAGE_VERSION);
			return false;
		default:
			*status = 2;
			return false;
		}
	}
	*status = optind < argc ? 2 : 0;
	if (optind < argc)
		(void)fprintf(stderr, "taskdir-hub: too many arguments\n");
	return optind == argc;
}

/* A hook would have the secrets among them as its standard input. */
static void
forget_stdin(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
		(void)close(STDIN_FILENO);
	td_io_close(&fd);
}

/* From the runner, on standard input: what he has not taken over yet, or what
 * has a mistake, is not in force. */
static int
read_kept(struct td_hub *hub, struct td_err *err)
{
	struct td_buf kept = { 0 };
	int rc = td_io_read(STDIN_FILENO, &kept, SETTINGS_MAX);

	rc = rc == 0 ? td_settings_load_kept(&hub->settings, &kept, err) :
	    td_fail_errno(err, rc, "the runner's settings");
	/* It has been upgraded since, and so have we. */
	if (rc == -ESTALE)
		rc = td_settings_load(&hub->settings, hub->spool.root_fd, err);
	forget_stdin();
	if (kept.data != NULL)
		explicit_bzero(kept.data, kept.size);
	td_buf_release(&kept);
	return rc;
}

static int
load_settings(struct td_hub *hub, bool is_worker, struct td_err *err)
{
	struct stat st;

	if (is_worker && fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode))
		return read_kept(hub, err);
	return td_settings_load(&hub->settings, hub->spool.root_fd, err);
}

/* Whatever was opened is closed by close_hub. */
static int
open_hub(struct td_hub *hub, const char *path, bool is_worker,
    struct td_err *err)
{
	int rc = td_spool_open(&hub->spool, path, err);

	hub->attempts_fd = -1;
	if (rc == 0)
		rc = load_settings(hub, is_worker, err);
	if (rc != 0)
		return rc;
	hub->attempts_fd = td_attempts_open(hub->spool.log_fd);
	if (hub->attempts_fd < 0)
		return td_fail_errno(err, hub->attempts_fd, "log/attempts");
	rc = td_loop_open(&hub->loop);
	if (rc == 0)
		rc = td_breakers_open(hub);
	if (rc == 0)
		rc = td_rest_open(hub);
	return rc == 0 ? 0 : td_fail_errno(err, rc, "cannot start");
}

static void
close_hub(struct td_hub *hub)
{
	td_consumers_close(hub);
	td_brokers_close(hub->brokers);
	td_rest_close(hub);
	td_sampler_free(hub->sampler);
	td_breakers_close(hub);
	td_reqlog_close(&hub->reqlog, hub->spool.log_fd);
	td_talk_close(hub);
	td_loop_close(&hub->loop);
	if (hub->attempts_fd >= 0)
		(void)close(hub->attempts_fd);
	td_buf_release(&hub->last_url);
	td_buf_release(&hub->last_bare);
	td_settings_free(hub->settings);
	td_spool_release(&hub->spool);
}

/* A while after the first change. */
static void
write_metrics(struct td_hub *hub)
{
	struct td_buf text = { 0 };

	td_meters_format(&text, hub->reqlog.meters, hub->spool.path);
	td_breakers_format(&text, hub);
	if (td_buf_status(&text) == 0)
		(void)td_io_replace(hub->spool.run_fd, TD_METRICS_HUB,
		    text.data, text.len, 0644, 0);
	td_buf_release(&text);
}

static void
on_metrics(struct td_timer *timer)
{
	write_metrics((struct td_hub *)((char *)timer -
	    offsetof(struct td_hub, metrics)));
}

/* What cannot be written is lost, and said once. */
static void
write_log(struct td_hub *hub)
{
	int rc;

	if (hub->reqlog.held.len > 0 && hub->metrics.place == 0)
		(void)td_loop_set_timer(&hub->loop, &hub->metrics,
		    hub->loop.now_ms + METRICS_MS);
	rc = td_reqlog_flush(&hub->reqlog, hub->spool.log_fd);
	if (rc != 0 && rc != hub->log_error)
		td_log(TD_LOG_ERR, "hub", "cannot write the request log: %s",
		    strerror(-rc));
	hub->log_error = rc;
}

/* Events first; what came of them is told together, before a sleep. */
static int
serve(struct td_hub *hub)
{
	int rc = td_talk_open(hub);

	hub->metrics.fire = on_metrics;

	while (rc >= 0 && !td_talk_is_over(hub)) {
		td_loop_tick(&hub->loop);
		rc = td_loop_wait(&hub->loop, true);
		if (td_talk_is_lost(hub))
			return -ENOMEM;
		if (rc != 0)
			continue;
		write_log(hub);
		td_talk_flush(hub);
		if (!td_talk_is_over(hub))
			rc = td_loop_wait(&hub->loop, false);
	}
	td_talk_flush(hub);
	if (hub->reqlog.meters != NULL)
		write_metrics(hub);
	return rc < 0 ? rc : 0;
}

static int
run(struct td_hub *hub, const struct options *options)
{
	struct stat st;
	int rc;

	if (options->test != NULL)
		return td_trial_run(hub, options->test, options->json);
	if (fstat(TD_TALK_FD, &st) != 0 || !S_ISSOCK(st.st_mode)) {
		(void)fprintf(stderr, "taskdir-hub: no runner started it; see "
		    "taskdir-hub(8), and --test\n");
		return 2;
	}
	(void)fcntl(TD_TALK_FD, F_SETFD, FD_CLOEXEC);
	rc = serve(hub);
	if (rc == 0)
		return 0;
	td_log(TD_LOG_ERR, "hub", "%s", strerror(-rc));
	return 1;
}

int
main(int argc, char **argv)
{
	struct options options = { 0 };
	struct td_hub hub = { 0 };
	struct td_err err = { 0 };
	int status;

	if (!parse_options(&options, argc, argv, &status))
		return status;
	/* Hooks are not waited for; a broken connection is an error code. */
	(void)signal(SIGCHLD, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	if (options.spool == NULL)
		options.spool = getenv("TASKDIR_SPOOL");
	if (open_hub(&hub, td_spool_default_path(options.spool),
	    options.test == NULL, &err) == 0) {
		status = run(&hub, &options);
	} else {
		(void)fprintf(stderr, "taskdir-hub: %s\n", err.text);
		status = 1;
	}
	close_hub(&hub);
	return status;
}
