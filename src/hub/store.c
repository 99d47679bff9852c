#include "config.h"

#include "hub/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "lib/taskdir.h"

enum { FILE_MODE = 0600, DIR_MODE = 0700 };

/* Makes it where it is missing: a descriptor or negated errno. */
static int
open_below(int dir_fd, const char *name)
{
	if (mkdirat(dir_fd, name, DIR_MODE) != 0 && errno != EEXIST)
		return -errno;
	return td_io_open_dir(dir_fd, name);
}

static int
open_dirs(struct td_store *store)
{
	int all_fd = open_below(store->spool->root_fd, "responses");

	if (all_fd < 0)
		return all_fd;
	store->dir_fd = open_below(all_fd, store->service->name);
	(void)close(all_fd);
	if (store->dir_fd < 0)
		return store->dir_fd;
	store->quarantine_fd = open_below(store->dir_fd, "quarantine");
	return store->quarantine_fd < 0 ? store->quarantine_fd : 0;
}

int
td_store_open(struct td_store *store, const struct td_spool *spool,
    const struct td_settings *settings, const struct td_service *service,
    struct td_err *err)
{
	int rc;

	*store = (struct td_store){
		.spool = spool, .service = service,
		.dir_fd = -1, .quarantine_fd = -1, .is_open = true,
	};
	td_gate_init(&store->gate, spool, settings);
	rc = open_dirs(store);
	if (rc == 0)
		rc = td_stage_open(&store->stage, &store->gate,
		    store->dir_fd);
	if (rc == 0)
		return 0;
	td_store_release(store);
	return td_fail_errno(err, rc, "%s/responses/%s", spool->path,
	    service->name);
}

void
td_store_release(struct td_store *store)
{
	if (!store->is_open)
		return;
	td_stage_release(&store->stage);
	td_io_close(&store->quarantine_fd);
	td_io_close(&store->dir_fd);
	td_gate_release(&store->gate);
	td_buf_release(&store->text);
	store->is_open = false;
}

/* Appears whole. */
static int
write_file(int dir_fd, const struct td_response *response, const char *suffix,
    const char *bytes, size_t len)
{
	char name[TD_RESPONSE_NAME_SIZE];

	td_response_name(name, response, suffix);
	return td_io_replace(dir_fd, name, bytes, len, FILE_MODE, 0);
}

static int
write_document(struct td_store *store, int dir_fd,
    const struct td_response *response, const char *reason)
{
	int rc;

	td_buf_clear(&store->text);
	td_response_format(&store->text, response, reason);
	rc = td_buf_status(&store->text);
	return rc != 0 ? rc : write_file(dir_fd, response, ".json",
	    store->text.data, store->text.len);
}

/* Its body first: what has a reason is whole. */
static int
quarantine(struct td_store *store, const struct td_response *response,
    const char *reason)
{
	int rc = write_file(store->quarantine_fd, response, ".body",
	    response->body, response->body_len);

	return rc != 0 ? rc : write_document(store, store->quarantine_fd,
	    response, reason);
}

/* What it becomes is staged first: see hub/stage.h. */
static int
keep(struct td_store *store, struct td_response *response,
    struct td_json_span body, struct td_err *err)
{
	int rc = td_stage_add(&store->stage, store->service, response, body,
	    err);

	if (rc != 0)
		return rc;
	response->body = body.text;
	response->body_len = body.len;
	rc = write_document(store, store->dir_fd, response, NULL);
	return rc == 0 ? 0 : td_fail_errno(err, rc, "%s/responses/%s",
	    store->spool->path, store->service->name);
}

static int
identify(struct td_store *store, struct td_response *response)
{
	uint64_t chance;

	response->service = store->service->name;
	response->received_us = td_clock_wall_us();
	if (getrandom(&chance, sizeof(chance), 0) != sizeof(chance))
		return -errno;
	return td_response_identify(response, chance);
}

/* Only what is delivered again can be there. */
static int
was_kept(struct td_store *store, const struct td_response *response)
{
	int found = 0;

	if (!response->redelivered)
		return 0;
	found = td_response_find(store->dir_fd, response->id);
	if (found == 0)
		found = td_response_find(store->quarantine_fd, response->id);
	/* What a power cut left of it. */
	return found != 0 ? found :
	    td_response_forget(store->dir_fd, response->id);
}

int
td_store_take(struct td_store *store, struct td_response *response,
    enum td_stored *stored, struct td_err *err)
{
	struct td_json_span body = {0};
	int rc = td_space_check(&store->gate.floor, store->dir_fd, err);

	if (rc == 0 && (rc = identify(store, response)) != 0)
		(void)td_fail_errno(err, rc, "cannot store the message");
	if (rc != 0)
		return rc;
	rc = was_kept(store, response);
	if (rc != 0) {
		*stored = TD_STORED_BEFORE;
		return rc > 0 ? 0 : td_fail_errno(err, rc, "responses/%s",
		    store->service->name);
	}
	*stored = TD_STORED;
	rc = td_response_judge(&body, response,
	    store->service->response_max_bytes, err);
	if (rc == 0)
		rc = keep(store, response, body, err);
	if (rc != TASKDIR_EFORMAT && rc != TASKDIR_ETOOBIG)
		return rc;
	*stored = TD_STORED_QUARANTINE;
	rc = quarantine(store, response, err != NULL ? err->text : "");
	return rc == 0 ? 0 : td_fail_errno(err, rc, "responses/%s/quarantine",
	    store->service->name);
}

int
td_store_sync(struct td_store *store, struct td_err *err)
{
	int rc = syncfs(store->dir_fd) != 0 ? -errno : 0;

	/* These moves need no sync: what a power cut takes back lies in
	 * stage/ again. */
	if (rc == 0)
		rc = td_stage_publish(&store->stage);
	return rc == 0 ? 0 : td_fail_errno(err, rc,
	    "the disk did not confirm the messages of %s",
	    store->service->name);
}

void
td_store_purge(struct td_store *store, const struct td_settings *settings)
{
	uint64_t now_s = td_clock_wall_us() / 1000000;
	struct td_runner_settings runner;

	td_settings_runner(settings, &runner);
	(void)td_response_purge(store->dir_fd, now_s,
	    runner.log_retention_ms / 1000);
	(void)td_response_purge(store->quarantine_fd, now_s,
	    runner.dlq_retention_ms / 1000);
}
