#include "config.h"

#include "hub/breakers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "hub/secret.h"
#include "lib/breakerfile.h"
#include "lib/metrics.h"

/* Beyond its time-outs a probe may wait for its turn. */
enum { PROBE_SLACK_MS = 1000 };

_Static_assert((int)TD_BREAKER_CLOSED == 0 && (int)TD_BREAKER_OPEN == 1 &&
    (int)TD_BREAKER_HALF_OPEN == 2, "the file has them in this order");

/* Which file it is; all 0: none.  The number of one that was replaced may be
 * the next one's: its time tells them apart. */
struct mark {
	ino_t inode;
	struct timespec changed;
};

struct entry {
	const struct td_service *service;
	struct td_breaker breaker;
	struct mark mark;	/* of the file as it was read */
	uint64_t looked_ms;	/* when ask did, by the loop's clock */
	struct entry *next;
};

struct td_breaker_book {
	int dir_fd;
	struct entry *entries;
};

int
td_breakers_open(struct td_hub *hub)
{
	struct td_breaker_book *book = calloc(1, sizeof(*book));

	if (book == NULL)
		return -ENOMEM;
	book->dir_fd = td_breakerfile_open(hub->spool.run_fd);
	if (book->dir_fd < 0) {
		int rc = book->dir_fd;

		free(book);
		return rc;
	}
	hub->breakers = book;
	return 0;
}

void
td_breakers_close(struct td_hub *hub)
{
	struct td_breaker_book *book = hub->breakers;

	if (book == NULL)
		return;
	while (book->entries != NULL) {
		struct entry *entry = book->entries;

		book->entries = entry->next;
		free(entry);
	}
	(void)close(book->dir_fd);
	free(book);
	hub->breakers = NULL;
}

static struct entry *
find(struct td_breaker_book *book, const struct td_service *service)
{
	struct entry *entry = book->entries;

	while (entry != NULL && entry->service != service)
		entry = entry->next;
	if (entry != NULL)
		return entry;
	entry = calloc(1, sizeof(*entry));
	if (entry == NULL)
		return NULL;
	entry->service = service;
	entry->next = book->entries;
	book->entries = entry;
	return entry;
}

static struct td_breaker_limits
limits_of(const struct td_service *service)
{
	return (struct td_breaker_limits){
		.threshold = service->cb_failure_threshold,
		.window_ms = service->cb_window_ms,
		.cooldown_ms = service->cb_cooldown_ms,
		.probe_ms = service->connect_timeout_ms + PROBE_SLACK_MS +
		    (service->type == TD_SERVICE_AMQP ?
		    service->confirm_timeout_ms : service->timeout_ms),
	};
}

static struct mark
look(const struct td_breaker_book *book, const struct entry *entry)
{
	struct stat st;

	if (fstatat(book->dir_fd, entry->service->name, &st,
	    AT_SYMLINK_NOFOLLOW) != 0)
		return (struct mark){ 0 };
	return (struct mark){ st.st_ino, st.st_ctim };
}

static bool
is_same(const struct mark *a, const struct mark *b)
{
	return a->inode == b->inode &&
	    a->changed.tv_sec == b->changed.tv_sec &&
	    a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Takes over what another hub or a person wrote.  Permits that were given
 * before are no good then, also where the file begins to count anew. */
static void
refresh(const struct td_breaker_book *book, struct entry *entry)
{
	struct td_breaker *breaker = &entry->breaker;
	struct mark mark = look(book, entry);
	struct td_breaker_line line;

	if (is_same(&mark, &entry->mark) || td_breakerfile_read(book->dir_fd,
	    entry->service->name, &line) != 0)
		return;
	entry->mark = mark;
	*breaker = (struct td_breaker){
		.state = (enum td_breaker_state)line.state,
		.generation = line.generation > breaker->generation ?
		    line.generation : breaker->generation + 1,
		.since_ms = line.since_ms,
		.until_ms = line.until_ms,
	};
}

/* What cannot be written holds for this process alone. */
static void
write_down(const struct td_breaker_book *book, struct entry *entry)
{
	const struct td_breaker *breaker = &entry->breaker;
	int rc = td_breakerfile_write(book->dir_fd, entry->service->name,
	    &(struct td_breaker_line){
		.state = (unsigned)breaker->state,
		.generation = breaker->generation,
		.since_ms = breaker->since_ms,
		.until_ms = breaker->until_ms,
	    });

	if (rc != 0)
		td_log(TD_LOG_WARNING, "hub", "cannot write run/breaker/%s: "
		    "%s", entry->service->name, strerror(-rc));
	else
		entry->mark = look(book, entry);
}

static int
describe_spawn(posix_spawnattr_t *attr, posix_spawn_file_actions_t *actions)
{
	sigset_t ours;
	int rc;

	(void)sigemptyset(&ours);
	(void)sigaddset(&ours, SIGCHLD);
	(void)sigaddset(&ours, SIGPIPE);
	rc = posix_spawnattr_setsigdefault(attr, &ours);
	if (rc == 0)
		rc = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF);
	/* Not all that libraries open is closed by execve(2). */
	return rc == 0 ? posix_spawn_file_actions_addclosefrom_np(actions,
	    STDERR_FILENO + 1) : rc;
}

/* It ignores none of the signals that we do: 0 or an errno. */
static int
spawn(pid_t *pid, char *const args[], char *const env[])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int rc = posix_spawnattr_init(&attr);

	if (rc != 0)
		return rc;
	rc = posix_spawn_file_actions_init(&actions);
	if (rc == 0) {
		rc = describe_spawn(&attr, &actions);
		if (rc == 0)
			rc = posix_spawn(pid, args[0], &actions, &attr, args,
			    env);
		(void)posix_spawn_file_actions_destroy(&actions);
	}
	(void)posix_spawnattr_destroy(&attr);
	return rc;
}

static void
run_hook(const struct td_hub *hub, const struct td_service *service,
    const char *from, const char *to)
{
	char *path = td_secret_path(service->cb_hook, hub->spool.path);
	char *const args[] = { path, (char *)(uintptr_t)service->name,
		(char *)(uintptr_t)from, (char *)(uintptr_t)to, NULL };
	char **env = td_secret_clean_environ(hub->settings);
	pid_t pid;
	int rc = path == NULL || env == NULL ? ENOMEM :
	    spawn(&pid, args, env);

	if (rc != 0)
		td_log(TD_LOG_WARNING, "hub", "cannot run the hook of service "
		    "%s: %s", service->name, strerror(rc));
	free(env);
	free(path);
}

static void
announce(struct td_hub *hub, const struct td_service *service,
    enum td_breaker_state before, enum td_breaker_state after)
{
	const char *from = td_breaker_state_name((unsigned)before);
	const char *to = td_breaker_state_name((unsigned)after);
	struct td_result_of result = { .fault = TD_FAULT_BREAKER };

	td_log(TD_LOG_NOTICE, "hub", "the breaker of service %s was %s, is %s",
	    service->name, from, to);
	(void)snprintf(result.error, sizeof(result.error), "was %s, is %s",
	    from, to);
	(void)td_reqlog_add(&hub->reqlog, &(struct td_reqlog_line){
		.service = service->name,
		.verb = "BREAKER",
		.result = &result,
	    }, td_clock_wall_us());
	if (*service->cb_hook != '\0')
		run_hook(hub, service, from, to);
}

static uint64_t
now_ms(void)
{
	return td_clock_wall_us() / 1000;
}

/* One who cannot lock decides for himself. */
static int
lock_and_refresh(const struct td_breaker_book *book, struct entry *entry)
{
	int fd = td_breakerfile_lock(book->dir_fd);

	refresh(book, entry);
	return fd;
}

static void
settle(struct td_hub *hub, struct entry *entry,
    enum td_breaker_state before, uint64_t generation)
{
	if (entry->breaker.generation == generation)
		return;
	write_down(hub->breakers, entry);
	announce(hub, entry->service, before, entry->breaker.state);
}

uint64_t
td_breakers_ask(struct td_hub *hub, const struct td_service *service,
    struct td_breaker_permit *permit)
{
	struct td_breaker_limits limits = limits_of(service);
	struct entry *entry = find(hub->breakers, service);
	enum td_breaker_state before;
	uint64_t generation, wait;
	int lock;

	*permit = (struct td_breaker_permit){ 0 };
	if (limits.threshold == 0 || entry == NULL)
		return 0;
	/* Many ask in one turn of the loop. */
	if (entry->looked_ms != hub->loop.now_ms)
		refresh(hub->breakers, entry);
	entry->looked_ms = hub->loop.now_ms;
	if (entry->breaker.state == TD_BREAKER_CLOSED)
		return td_breaker_ask(&entry->breaker, &limits, now_ms(),
		    permit);
	lock = lock_and_refresh(hub->breakers, entry);
	before = entry->breaker.state;
	generation = entry->breaker.generation;
	wait = td_breaker_ask(&entry->breaker, &limits, now_ms(), permit);
	settle(hub, entry, before, generation);
	if (lock >= 0)
		(void)close(lock);
	return wait;
}

void
td_breakers_tell(struct td_hub *hub, const struct td_service *service,
    const struct td_breaker_permit *permit, bool healthy)
{
	struct td_breaker_limits limits = limits_of(service);
	struct entry *entry = find(hub->breakers, service);
	enum td_breaker_state before;
	uint64_t generation;
	int lock = -1;

	if (limits.threshold == 0 || entry == NULL)
		return;
	if (!healthy || permit->is_probe)
		lock = lock_and_refresh(hub->breakers, entry);
	before = entry->breaker.state;
	generation = entry->breaker.generation;
	(void)td_breaker_tell(&entry->breaker, &limits, now_ms(), permit,
	    healthy);
	settle(hub, entry, before, generation);
	if (lock >= 0)
		(void)close(lock);
}

void
td_breakers_format(struct td_buf *out, const struct td_hub *hub)
{
	static const char name[] = "taskdir_breaker_state";

	td_buf_add_format(out, "# HELP %s Of a service: 0 closed, 1 open, 2 "
	    "half open.\n# TYPE %s gauge\n", name, name);
	for (const struct entry *entry = hub->breakers->entries;
	    entry != NULL; entry = entry->next) {
		td_buf_add_format(out, "%s{spool=\"", name);
		td_metrics_add_value(out, hub->spool.path);
		td_buf_add_format(out, "\",service=\"%s\"} %u\n",
		    entry->service->name, (unsigned)entry->breaker.state);
	}
}
