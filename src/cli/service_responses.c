#include "config.h"

#include "cli/service_responses.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "cli/arg.h"
#include "cli/out.h"
#include "lib/json.h"
#include "lib/response.h"
#include "lib/scan.h"
#include "lib/service.h"

/* Bodies may have 64 MiB, and so much again around them. */
enum { FILE_MAX = 128 << 20 };

struct options {
	struct td_common common;
	struct td_opt_number since;
	const char *correlation;
	bool quarantined;
};

static const struct td_opt opts[] = {
	{ "correlation", 'c', "ID", TD_OPT_TEXT,
	  offsetof(struct options, correlation), 0, "only answers to this "
	  "request, that is the task that sent it" },
	{ "since", 's', "TIME", TD_OPT_TIME_LAST,
	  offsetof(struct options, since), 0, "only what came then or later" },
	{ "quarantined", 'q', NULL, TD_OPT_FLAG,
	  offsetof(struct options, quarantined), 0, "what was set aside "
	  "instead, and why" },
	{0},
};

static const struct td_usage usage = {
	.name = "service responses",
	.args = "[SERVICE]",
	.about = "Lists the answers that came back by AMQP, the oldest first. "
	    " With --json each has its body and its headers.",
	.opts = opts,
	.examples = "taskdir service responses crm --since -1h\n"
	    "taskdir service responses --correlation "
	    "0643f1c2a9b04-7c1e93ab --json\n"
	    "taskdir service responses --quarantined\n",
	.max_args = 1,
};

static const struct td_column columns[] = {
	{ "received", "RECEIVED", 0 }, { "service", "SERVICE", 0 },
	{ "correlation_id", "CORRELATION", 0 }, { "type", "TYPE", 0 },
	{ "body", "BODY", TD_COLUMN_CUT }, {0},
};
static const struct td_column quarantine_columns[] = {
	{ "received", "RECEIVED", 0 }, { "service", "SERVICE", 0 },
	{ "correlation_id", "CORRELATION", 0 }, { "file", "FILE", 0 },
	{ "reason", "REASON", TD_COLUMN_CUT }, {0},
};

/* One file, found and not yet read. */
struct entry {
	uint64_t time;
	char service[TD_SERVICE_NAME_MAX + 1];
	char name[TD_RESPONSE_NAME_SIZE];
};

struct listing {
	const struct options *options;
	const char *service;		/* NULL: all */
	int all_fd;			/* responses/ */
	struct entry *entries;
	size_t n, size;
};

static int
add_entry(struct listing *listing, const char *service, const char *name,
    uint64_t time)
{
	struct entry *entries = listing->entries;

	if (listing->n == listing->size) {
		size_t size = listing->size == 0 ? 64 : 2 * listing->size;

		entries = reallocarray(entries, size, sizeof(*entries));
		if (entries == NULL)
			return -ENOMEM;
		listing->entries = entries;
		listing->size = size;
	}
	entries += listing->n++;
	entries->time = time;
	(void)snprintf(entries->service, sizeof(entries->service), "%s",
	    service);
	(void)snprintf(entries->name, sizeof(entries->name), "%s", name);
	return 0;
}

/* A service's directory, or what it has set aside. */
static int
open_service(const struct listing *listing, const char *service)
{
	int fd = td_io_open_dir(listing->all_fd, service), quarantine_fd;

	if (fd < 0 || !listing->options->quarantined)
		return fd;
	quarantine_fd = td_io_open_dir(fd, "quarantine");
	td_io_close(&fd);
	return quarantine_fd;
}

static int
find_files(struct listing *listing, const char *service)
{
	const struct options *options = listing->options;
	struct td_scan scan = {0};
	const char *name;
	int fd = open_service(listing, service);
	int rc = fd < 0 ? fd : td_scan_open(&scan, fd);

	while (rc == 0 && (rc = td_scan_next(&scan, &name, NULL)) > 0) {
		char id[TD_RESPONSE_ID_SIZE];
		uint64_t time;

		rc = 0;
		if (td_response_parse_name(name, &time, id) &&
		    (!options->since.given || time >= options->since.n))
			rc = add_entry(listing, service, name, time);
	}
	td_scan_close(&scan);
	td_io_close(&fd);
	return rc == -ENOENT ? 0 : rc;
}

static int
find_all(struct listing *listing)
{
	struct td_scan scan = {0};
	const char *name;
	unsigned char type;
	int rc;

	if (listing->service != NULL)
		return find_files(listing, listing->service);
	rc = td_scan_open(&scan, listing->all_fd);
	while (rc == 0 && (rc = td_scan_next(&scan, &name, &type)) > 0) {
		rc = 0;
		if ((type == DT_DIR || type == DT_UNKNOWN) &&
		    strlen(name) <= TD_SERVICE_NAME_MAX)
			rc = find_files(listing, name);
		if (rc == -ENOTDIR)
			rc = 0;
	}
	td_scan_close(&scan);
	return rc;
}

static int
by_time(const void *a, const void *b)
{
	const struct entry *one = a, *other = b;

	if (one->time != other->time)
		return one->time < other->time ? -1 : 1;
	return strcmp(one->name, other->name);
}

/* A string member, decoded. */
static void
print_text(struct td_out *out, struct td_json_span document, const char *key)
{
	struct td_buf text = {0};
	struct td_json_span value = td_json_member(document, key);

	if (value.text != NULL && td_json_decode(&text, value, NULL) == 0)
		td_out_text(out, key, td_buf_text(&text));
	td_buf_release(&text);
}

static void
print_json(struct td_out *out, struct td_json_span document, const char *key)
{
	struct td_json_span value = td_json_member(document, key);

	if (value.text != NULL)
		td_out_json(out, key, value.text, value.len);
}

static void
print_document(struct td_out *out, const struct entry *entry,
    struct td_json_span document)
{
	static const char *const texts[] = { "id", "message_id",
		"correlation_id", "type", "content_type", "reply_to",
		"exchange", "routing_key", "reason" };

	td_out_row(out);
	td_out_time(out, "received", (int64_t)entry->time);
	td_out_text(out, "service", entry->service);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		print_text(out, document, texts[i]);
	td_out_text(out, "file", entry->name);
	print_json(out, document, "timestamp");
	print_json(out, document, "redelivered");
	print_json(out, document, "headers");
	print_json(out, document, "body");
	td_out_end(out);
}

static bool
is_wanted(const struct listing *listing, struct td_json_span document)
{
	const char *correlation = listing->options->correlation;
	struct td_json_span value = td_json_member(document, "correlation_id");

	return correlation == NULL ||
	    (value.text != NULL && td_json_equals(value, correlation));
}

/* One that is gone by now, or damaged, is left out. */
static void
print_entry(struct td_out *out, const struct listing *listing,
    const struct entry *entry)
{
	struct td_buf text = {0};
	struct td_json_span document;
	int fd = open_service(listing, entry->service);

	if (fd >= 0 && td_io_read_file(fd, entry->name, &text, FILE_MAX) == 0 &&
	    td_json_check(&document, text.data, text.len, NULL) == 0 &&
	    is_wanted(listing, document))
		print_document(out, entry, document);
	td_io_close(&fd);
	td_buf_release(&text);
}

static int
print_all(const struct listing *listing)
{
	struct td_out out;

	td_out_open(&out, &listing->options->common);
	td_out_list(&out, NULL, listing->options->quarantined ?
	    quarantine_columns : columns);
	for (size_t i = 0; i < listing->n; i++)
		print_entry(&out, listing, &listing->entries[i]);
	td_out_end(&out);
	return td_out_close(&out, usage.name, TD_EXIT_DONE);
}

int
td_service_responses(int argc, char **argv)
{
	struct options options = {0};
	struct listing listing = { .options = &options, .all_fd = -1 };
	struct td_spool spool = {0};
	struct td_args args;
	int rc = td_arg_parse(&usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	rc = td_cli_open(&spool, &options.common, usage.name);
	if (rc == TD_EXIT_DONE) {
		int status;

		listing.service = args.n > 0 ? args.words[0] : NULL;
		listing.all_fd = td_io_open_dir(spool.root_fd, "responses");
		status = listing.all_fd < 0 ? listing.all_fd :
		    find_all(&listing);
		if (listing.n > 0)
			qsort(listing.entries, listing.n,
			    sizeof(*listing.entries), by_time);
		rc = status != 0 && status != -ENOENT ?
		    td_cli_failed(usage.name, status, "%s/responses",
		    spool.path) : print_all(&listing);
	}
	td_io_close(&listing.all_fd);
	free(listing.entries);
	td_spool_release(&spool);
	return rc;
}
