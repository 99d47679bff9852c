#include "config.h"

#include "hub/stage.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "lib/eventfile.h"
#include "lib/scan.h"
#include "lib/taskdir.h"

enum {
	FILE_MODE = 0600,
	FILE_MAX = 128 << 20,	/* an answer has 64 MiB at most */
	NAME_SIZE = TD_RESPONSE_ID_SIZE + sizeof(".event"),
};

/* One staged file: its name is "ID.task" or "ID.event". */
struct staged {
	char name[NAME_SIZE];
	char id[TD_RESPONSE_ID_SIZE];
	bool is_event;
	struct td_buf text;
};

static bool
parse_name(struct staged *staged, const char *name)
{
	const char *dot = strchr(name, '.');

	if (dot == NULL || dot - name != TD_RESPONSE_ID_SIZE - 1 ||
	    (strcmp(dot, ".task") != 0 && strcmp(dot, ".event") != 0))
		return false;
	(void)snprintf(staged->name, sizeof(staged->name), "%s", name);
	(void)snprintf(staged->id, sizeof(staged->id), "%.*s",
	    TD_RESPONSE_ID_SIZE - 1, name);
	staged->is_event = dot[1] == 'e';
	return true;
}

/* The name that it will have in new/. */
static int
name_task(struct td_stage *stage, const char *text, size_t len, const char *id,
    char out[static TD_NAME_SIZE], struct td_err *err)
{
	struct td_newcomer newcomer;
	char whole_id[TD_RESPONSE_ID_SIZE + 2];
	int rc = td_newcomer_check(&newcomer, stage->gate, text, len, err);

	if (rc != 0)
		return rc;
	(void)snprintf(whole_id, sizeof(whole_id), "r-%s", id);
	rc = td_newcomer_rename(&newcomer, whole_id);
	if (rc == 0)
		memcpy(out, newcomer.name, TD_NAME_SIZE);
	td_newcomer_release(&newcomer);
	return rc;
}

static int
name_of(struct td_stage *stage, const struct staged *staged,
    char out[static TD_NAME_SIZE])
{
	char whole_id[TD_RESPONSE_ID_SIZE + 2];

	if (!staged->is_event)
		return name_task(stage, staged->text.data, staged->text.len,
		    staged->id, out, NULL);
	(void)snprintf(whole_id, sizeof(whole_id), "r-%s", staged->id);
	td_eventfile_name(out, whole_id);
	return 0;
}

/* Where responses/ is another file system: a copy, and then the move. */
static int
copy_out(struct td_stage *stage, const struct staged *staged, const char *name)
{
	int rc = td_spool_add(stage->gate->spool, name, staged->text.data,
	    staged->text.len, stage->gate->sync);

	return rc != 0 ? rc : unlinkat(stage->fd, staged->name, 0) != 0 ?
	    -errno : 0;
}

static int
move_out(struct td_stage *stage, const struct staged *staged)
{
	char name[TD_NAME_SIZE];
	int rc = name_of(stage, staged, name);

	if (rc == 0)
		rc = td_io_rename_new(stage->fd, staged->name,
		    stage->gate->spool->drop_fd, name);
	if (rc == -EXDEV)
		rc = copy_out(stage, staged, name);
	/* The same event waits there already. */
	if (rc == -EEXIST)
		rc = unlinkat(stage->fd, staged->name, 0) != 0 ? -errno : 0;
	return rc;
}

static bool
is_whole(const struct td_buf *text)
{
	return td_json_check(NULL, td_buf_text(text), text->len, NULL) == 0;
}

/* After a crash: see the table in the header. */
static int
settle(struct td_stage *stage, const struct staged *staged)
{
	int found = td_response_find(stage->answers_fd, staged->id);

	if (found < 0)
		return found;
	if (found > 0 && is_whole(&staged->text))
		return move_out(stage, staged);
	found = td_response_forget(stage->answers_fd, staged->id);
	return found < 0 ? found :
	    unlinkat(stage->fd, staged->name, 0) != 0 ? -errno : 0;
}

/* Calls EACH with every staged file. */
static int
walk(struct td_stage *stage, int (*each)(struct td_stage *stage,
    const struct staged *staged))
{
	struct td_scan scan = {0};
	const char *name;
	int rc = td_scan_open(&scan, stage->fd);

	while (rc == 0 && (rc = td_scan_next(&scan, &name, NULL)) > 0) {
		struct staged staged = {0};

		rc = 0;
		if (!parse_name(&staged, name))
			continue;
		rc = td_io_read_file(stage->fd, name, &staged.text, FILE_MAX);
		if (rc == 0)
			rc = each(stage, &staged);
		td_buf_release(&staged.text);
	}
	td_scan_close(&scan);
	return rc;
}

int
td_stage_open(struct td_stage *stage, struct td_gate *gate, int answers_fd)
{
	int rc;

	*stage = (struct td_stage){ .gate = gate, .answers_fd = answers_fd };
	if (mkdirat(answers_fd, "stage", 0700) != 0 && errno != EEXIST)
		return -errno;
	stage->fd = td_io_open_dir(answers_fd, "stage");
	if (stage->fd < 0)
		return stage->fd;
	stage->is_open = true;
	rc = walk(stage, settle);
	if (rc != 0)
		td_stage_release(stage);
	return rc;
}

void
td_stage_release(struct td_stage *stage)
{
	if (stage->is_open)
		td_io_close(&stage->fd);
	stage->is_open = false;
}

/* What it is asked to become, and whence it came. */
static int
format(struct td_buf *text, const struct td_service *service,
    const struct td_response *response, struct td_json_span body)
{
	bool is_task = *service->response_class != '\0';

	td_buf_add_text(text, is_task ? "{\"classname\":" : "{\"eventname\":");
	td_json_quote_text(text, is_task ? service->response_class :
	    service->response_event);
	td_buf_add_text(text, is_task ? ",\"customdata\":" : ",\"data\":");
	td_buf_add(text, body.text, body.len);
	td_buf_add_format(text, "%s\"id\":\"r-%s\"", is_task ?
	    ",\"x-response\":{" : ",", response->id);
	td_response_add_origin(text, response);
	td_buf_add_text(text, is_task ? "}}\n" : "}\n");
	return td_buf_status(text);
}

int
td_stage_add(struct td_stage *stage, const struct td_service *service,
    const struct td_response *response, struct td_json_span body,
    struct td_err *err)
{
	bool is_task = *service->response_class != '\0';
	char name[NAME_SIZE], later[TD_NAME_SIZE];
	struct td_buf text = {0};
	int rc;

	if (!is_task && *service->response_event == '\0')
		return 0;
	rc = format(&text, service, response, body);
	/* Now is the time to hear that it can be none. */
	if (rc == 0 && is_task)
		rc = name_task(stage, text.data, text.len, response->id, later,
		    err);
	if (rc == TASKDIR_EFORMAT || rc == TASKDIR_ETOOBIG)
		goto out;
	(void)snprintf(name, sizeof(name), "%s%s", response->id,
	    is_task ? ".task" : ".event");
	if (rc == 0)
		rc = td_io_replace(stage->fd, name, text.data, text.len,
		    FILE_MODE, 0);
	if (rc != 0)
		(void)td_fail_errno(err, rc, "cannot stage the answer");
out:
	td_buf_release(&text);
	return rc;
}

int
td_stage_publish(struct td_stage *stage)
{
	return walk(stage, move_out);
}
