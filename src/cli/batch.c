#include "config.h"

#include "cli/batch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/feed.h"
#include "lib/taskdir.h"

/* One sync for so many: past this the sync is no longer what costs.  A group
 * also ends when no line is at hand, so a slow producer does not wait. */
enum { GROUP_MAX = 10000 };

struct batch {
	struct td_gate *gate;
	struct td_out *out;
	const struct td_batch_kind *kind;
	int status;
	unsigned n;		/* lines in the group */
	unsigned n_added;	/* of them in new/ */
	uint64_t n_full;	/* lines without space, said of the first */
	struct td_batch_item items[GROUP_MAX];
};

static void
refuse(struct batch *batch, uint64_t line, const char *why)
{
	td_cli_complain(batch->kind->cmd, "line %" PRIu64 ": %s", line, why);
	batch->status = TD_EXIT_FAILED;
}

/* The sync failed: what is still there is taken back, and said. */
static void
take_back(struct batch *batch, int code)
{
	(void)td_cli_failed(batch->kind->cmd, code, "cannot make %u %s durable",
	    batch->n_added, batch->kind->what);
	batch->status = TD_EXIT_FAILED;
	for (unsigned i = 0; i < batch->n; i++) {
		struct td_batch_item *item = &batch->items[i];

		if (!item->added)
			continue;
		if (td_spool_remove(batch->gate->spool, TD_STATE_NEW,
		    item->name) != 0)
			td_cli_complain(batch->kind->cmd, "not durable, but "
			    "may have run: %s", item->id);
		item->added = false;
	}
}

static void
print_id(struct td_out *out, const char *id)
{
	if (out->json) {
		td_out_row(out);
		if (id != NULL)
			td_out_text(out, "id", id);
		else
			td_out_json(out, "id", "null", strlen("null"));
		td_out_end(out);
		return;
	}
	td_out_raw(out, id != NULL ? id : "-", id != NULL ? strlen(id) : 1);
	td_out_raw(out, "\n", 1);
}

/* Ids are promises: they are printed after the sync. */
static int
commit(struct batch *batch)
{
	int rc = batch->n_added > 0 ? td_spool_sync(batch->gate->spool) : 0;

	if (rc != 0)
		take_back(batch, rc);
	for (unsigned i = 0; i < batch->n; i++)
		print_id(batch->out, batch->items[i].added ?
		    batch->items[i].id : NULL);
	batch->n = batch->n_added = 0;
	if (td_out_flush(batch->out) != 0)
		rc = -EIO;
	return rc;
}

static void
add_line(struct batch *batch, uint64_t number, const char *line, size_t len)
{
	struct td_batch_item *item = &batch->items[batch->n++];
	struct td_err err = {0};
	int rc;

	*item = (struct td_batch_item){0};
	rc = batch->kind->add(batch->gate, &(struct td_batch_line){ line, len },
	    item, &err);
	if (rc == 0) {
		item->added = true;
		batch->n_added++;
		return;
	}
	/* A full disk is no line's fault, and there may be a million. */
	if (rc != -ENOSPC || batch->n_full++ == 0)
		refuse(batch, number, err.text);
}

static void
say_how_many_more(const struct batch *batch)
{
	if (batch->n_full > 1)
		td_cli_complain(batch->kind->cmd, "no space for %" PRIu64
		    " more", batch->n_full - 1);
}

static void
skip_line(struct batch *batch, uint64_t number)
{
	char why[80];

	(void)snprintf(why, sizeof(why), "longer than max_size, %" PRIu64
	    " bytes", batch->gate->max_size_bytes);
	batch->items[batch->n++] = (struct td_batch_item){0};
	refuse(batch, number, why);
}

/* One step: a line, or the end of a group.  1: go on, 0: the end. */
static int
step(struct batch *batch, struct td_feed *feed)
{
	const char *line;
	size_t len;
	int rc = td_feed_next(feed, batch->n == 0, &line, &len);

	if (rc == TD_FEED_LINE)
		add_line(batch, feed->line, line, len);
	else if (rc == TD_FEED_TOO_LONG)
		skip_line(batch, feed->line);
	if (rc < 0) {
		(void)td_cli_failed(batch->kind->cmd, rc, "cannot read "
		    "standard input");
		batch->status = TD_EXIT_FAILED;
	}
	if ((rc == TD_FEED_LINE || rc == TD_FEED_TOO_LONG) &&
	    batch->n < GROUP_MAX)
		return 1;
	if (commit(batch) != 0)
		return 0;
	return rc > TD_FEED_END;
}

int
td_batch_run(struct td_gate *gate, struct td_out *out,
    const struct td_batch_kind *kind)
{
	/* Too large for a stack that somebody else may have limited, and for
	 * touching more of it than the lines need. */
	static struct batch batch;
	struct td_feed feed = {
		.fd = STDIN_FILENO,
		.max = (size_t)gate->max_size_bytes,
	};

	batch.gate = gate;
	batch.out = out;
	batch.kind = kind;
	while (step(&batch, &feed) == 1)
		;
	say_how_many_more(&batch);
	td_feed_release(&feed);
	return batch.status;
}
