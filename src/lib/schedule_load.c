#include "config.h"

/*
 * The files of a spool's schedule, and the settings that change it.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "lib/ini_line.h"
#include "lib/parts.h"
#include "lib/schedule_read.h"
#include "lib/service.h"
#include "lib/taskdir.h"
#include "lib/trust.h"

enum { SEED_MAX = 256 };

struct load {
	struct td_schedule *schedule;
	const struct td_settings *settings;
	int root_fd;
	char *spool;		/* its path */
	bool only_trusted;
};

static int
tell_file(const struct load *load, const char *name, const char *what)
{
	struct td_schedule_value where = { .file = name };

	return td_schedule_tell(load->schedule, true, &where, "%s", what);
}

static bool
is_regular(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* Links are followed only where it has been judged who may turn them. */
static int
read_file(const struct load *load, const char *name, struct td_buf *text,
    struct td_err *err)
{
	int rc = td_trust_check(load->spool, name, err), fd;

	if (rc == -ENOENT || (rc != 0 && rc != TASKDIR_ETRUST) ||
	    (rc != 0 && load->only_trusted))
		return rc;
	if (rc != 0) {
		rc = td_io_read_file(load->root_fd, name, text,
		    TD_INI_SIZE_MAX);
		return rc == 0 ? 0 : td_fail_errno(err, rc, "%s", name);
	}
	fd = openat(load->root_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK |
	    O_NOCTTY);
	if (fd < 0)
		return td_fail_errno(err, -errno, "%s", name);
	/* A FIFO would read as empty, and all entries as taken out. */
	rc = is_regular(fd) ? td_io_read(fd, text, TD_INI_SIZE_MAX) : -EINVAL;
	(void)close(fd);
	return rc == 0 ? 0 : td_fail_errno(err, rc, "%s", name);
}

/* A file that cannot be read is a problem, not the end. */
static int
load_file(const struct load *load, const char *name, bool is_default)
{
	struct td_buf text = { 0 };
	struct td_err err = { 0 };
	int rc = read_file(load, name, &text, &err);

	if (rc == 0)
		rc = td_schedule_add_text(load->schedule, name,
		    td_buf_text(&text), text.len, is_default, load->settings);
	else if (rc == -ENOENT && !is_default)
		rc = 0;		/* none is an empty one */
	else if (rc != -ENOMEM) {
		load->schedule->n_unread++;
		rc = tell_file(load, name, err.text);
	}
	td_buf_release(&text);
	return rc;
}

static int
load_default(void *load, const char *path, struct td_err *err)
{
	int rc = load_file(load, path, true);

	return rc == 0 ? 0 : td_fail_errno(err, rc, "%s", path);
}

/* Without a spool-id R is fixed all the same, but like in other such spools. */
static int
load_seed(const struct load *load)
{
	struct td_buf text = { 0 };
	int rc = td_io_read_file(load->root_fd, "spool-id", &text, SEED_MAX);
	size_t len = strcspn(td_buf_text(&text), "\n");

	load->schedule->seed = td_schedule_keep(load->schedule, rc == 0 ?
	    td_buf_text(&text) : "", rc == 0 ? len : 0);
	td_buf_release(&text);
	if (load->schedule->seed == NULL)
		return -ENOMEM;
	return rc == 0 || rc == -ENOENT ? 0 :
	    tell_file(load, "spool-id", strerror(-rc));
}

static int
path_of(char **path, int fd)
{
	char link[64];

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	*path = realpath(link, NULL);
	return *path == NULL ? -errno : 0;
}

/* Whether somebody says when; what replaces the built-in entry by its id keeps
 * it as its default. */
static bool
has_consumer(const struct td_schedule *schedule)
{
	for (size_t i = 0; i < schedule->n; i++) {
		const struct td_schedule_entry *entry = &schedule->entries[i];

		if (strcmp(entry->class_name, TD_SERVICE_CONSUMER) == 0 &&
		    (entry->is_default ||
		    strcmp(entry->id, TD_SERVICE_CONSUMER) != 0))
			return true;
	}
	return false;
}

static bool
has_answers(const struct td_settings *settings)
{
	for (size_t i = 0; i < td_service_count(settings); i++) {
		const struct td_service *service = td_service_at(settings, i);

		if (service->enabled && *service->response_queue != '\0')
			return true;
	}
	return false;
}

/* Answers of services are fetched each minute, unless somebody says when. */
static int
add_built_in(struct td_schedule *schedule, const struct td_settings *settings)
{
	static const char text[] = "* * * * * " TD_SERVICE_CONSUMER "\n";

	if (has_consumer(schedule) || !has_answers(settings))
		return 0;
	return td_schedule_add_text(schedule, TD_SCHEDULE_BUILT_IN, text,
	    sizeof(text) - 1, true, settings);
}

int
td_schedule_load(struct td_schedule *schedule, int root_fd,
    const struct td_settings *settings, bool only_trusted,
    struct td_err *err)
{
	struct load load = { .schedule = schedule, .settings = settings,
		.root_fd = root_fd, .only_trusted = only_trusted };
	int rc = path_of(&load.spool, root_fd);

	*schedule = (struct td_schedule){ 0 };
	if (rc != 0)
		return td_fail_errno(err, rc, "the spool's path");
	rc = load_seed(&load);
	if (rc == 0)
		rc = load_file(&load, TD_SCHEDULE_FILE, false);
	if (rc == 0)
		rc = td_parts_each(root_fd, TD_SCHEDULE_DIR,
		    TD_SCHEDULE_SUFFIX, load_default, &load, err);
	if (rc == 0 && settings != NULL)
		rc = add_built_in(schedule, settings);
	if (rc == 0 && settings != NULL)
		rc = td_schedule_check_settings(schedule, settings);
	free(load.spool);
	if (rc == -ENOMEM)
		(void)td_fail_errno(err, rc, "the schedule");
	if (rc != 0)
		td_schedule_release(schedule);
	return rc;
}
