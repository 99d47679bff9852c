#include "config.h"

#include "cli/log_output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "cli/arg.h"
#include "cli/escape.h"
#include "cli/out.h"
#include "cli/pick.h"
#include "lib/output.h"
#include "lib/scoreboard.h"

struct options {
	struct td_common common;
	uint64_t try;
};

static const struct td_opt opts[] = {
	{ "try", 't', "N", TD_OPT_COUNT, offsetof(struct options, try), 0,
	  "of its N-th run; else what it prints now, or printed last" },
	{0},
};

static const struct td_usage usage = {
	.name = "log output",
	.args = "ID",
	.about = "Prints what a task's handler wrote to standard output and "
	    "error, as far as it is kept; to a terminal without control "
	    "bytes.",
	.opts = opts,
	.examples = "taskdir log output 93ab\n"
	    "taskdir log output 93ab --try 2\n",
	.min_args = 1,
	.max_args = 1,
};

/* The slot in which ID runs now: 1, 0 if in none, negated errno. */
static int
running_slot(const struct td_spool *spool, const char *id, unsigned *slot)
{
	struct td_scoreboard_line *lines = NULL;
	size_t n = 0;
	int rc = td_scoreboard_read(spool->run_fd, &lines, &n);

	for (size_t i = 0; rc == 0 && i < n; i++)
		if (strcmp(lines[i].id, id) == 0) {
			*slot = lines[i].slot;
			rc = 1;
		}
	free(lines);
	return rc;
}

static int
find_file(char out[static TD_OUTPUT_NAME_SIZE], const struct td_spool *spool,
    const char *id, uint32_t try)
{
	unsigned slot = 0;
	int rc = try == 0 ? running_slot(spool, id, &slot) : 0;

	if (rc == 1) {
		td_output_slot_name(out, slot);
		return 0;
	}
	return rc < 0 ? rc : td_output_find(spool->log_fd, id, try, out);
}

static int
read_end(struct td_buf *out, int fd, size_t max)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return -errno;
	if (st.st_size > (off_t)max &&
	    lseek(fd, st.st_size - (off_t)max, SEEK_SET) < 0)
		return -errno;
	return td_io_read(fd, out, max);
}

int
td_log_output_read(struct td_buf *out, const struct td_spool *spool,
    const char *id, uint32_t try, size_t max)
{
	char name[TD_OUTPUT_NAME_SIZE], path[TD_OUTPUT_NAME_SIZE + 8];
	int fd, rc = find_file(name, spool, id, try);

	if (rc != 0)
		return rc;
	(void)snprintf(path, sizeof(path), "output/%s", name);
	fd = td_io_open_beneath(spool->log_fd, path, O_RDONLY);
	if (fd < 0)
		return fd;
	rc = read_end(out, fd, max);
	(void)close(fd);
	return rc == -EFBIG ? 0 : rc;
}

/* To a terminal the lines stay, but nothing that it would obey. */
static void
print_lines(struct td_out *out, const char *text, size_t len)
{
	struct td_buf line = {0};

	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t n = end != NULL ? (size_t)(end - text) : len;

		td_buf_clear(&line);
		td_escape(&line, text, n);
		td_buf_add_char(&line, '\n');
		td_out_raw(out, td_buf_text(&line), line.len);
		text += n + (end != NULL);
		len -= n + (end != NULL);
	}
	td_buf_release(&line);
}

static void
print(struct td_out *out, const char *id, const struct td_buf *text)
{
	static const struct td_column columns[] = { { "id", "id", 0 }, {0} };

	if (out->json) {
		td_out_record(out, columns);
		td_out_text(out, "id", id);
		td_out_bytes(out, "output", td_buf_text(text), text->len);
		td_out_end(out);
	} else if (out->terminal) {
		print_lines(out, td_buf_text(text), text->len);
	} else {
		td_out_raw(out, td_buf_text(text), text->len);
	}
}

static int
run(struct td_out *out, const struct options *options, const char *word)
{
	struct td_spool spool = {0};
	struct td_buf text = {0};
	struct td_err err = {0};
	struct td_found found;
	int rc = td_cli_open(&spool, &options->common, usage.name);

	if (rc != TD_EXIT_DONE)
		return rc;
	rc = td_select_any(&found, &spool, word, &err);
	if (rc < 0) {
		td_spool_release(&spool);
		return td_pick_missing(usage.name, rc, &err);
	}
	rc = td_log_output_read(&text, &spool, found.id,
	    (uint32_t)options->try, SIZE_MAX / 4);
	if (rc == 0)
		print(out, found.id, &text);
	td_buf_release(&text);
	td_spool_release(&spool);
	if (rc == -ENOENT) {
		td_cli_complain(usage.name, "no output of %s is kept",
		    found.id);
		return TD_EXIT_NONE;
	}
	return rc == 0 ? TD_EXIT_DONE : td_cli_failed(usage.name, rc,
	    "cannot read the output of %s", found.id);
}

int
td_log_output(int argc, char **argv)
{
	struct options options = {0};
	struct td_args args;
	struct td_out out;
	int rc = td_arg_parse(&usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	td_out_open(&out, &options.common);
	rc = run(&out, &options, args.words[0]);
	return td_out_close(&out, usage.name, rc);
}
