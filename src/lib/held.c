#include "config.h"

#include "lib/held.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/num.h"

/* A page holds whole lines, so no line is ever seen torn by a kill. */
_Static_assert(4096 % TD_HELD_LINE == 0, "lines must divide a page");

static const char file_name[] = "held";

static const char *const names[TD_HELD_COUNT] = {
	[TD_HELD_START] = "start",
	[TD_HELD_CLAIM] = "claim",
	[TD_HELD_STOP] = "stop",
	[TD_HELD_ONCE] = "once",
};

const char *
td_held_name(enum td_held kind)
{
	return names[kind];
}

int
td_held_set(int fd, enum td_held kind, uint64_t since, const char *words)
{
	char text[TD_HELD_LINE];
	int len = 0;
	ssize_t n;

	if (since != 0)
		len = snprintf(text, sizeof(text), "%s %" PRIu64 " %s",
		    names[kind], since, words);
	if (len > TD_HELD_LINE - 1)
		len = TD_HELD_LINE - 1;
	memset(text + len, ' ', sizeof(text) - (size_t)len);
	text[TD_HELD_LINE - 1] = '\n';
	n = pwrite(fd, text, sizeof(text), (off_t)kind * TD_HELD_LINE);
	if (n < 0)
		return -errno;
	return n == (ssize_t)sizeof(text) ? 0 : -ENOSPC;
}

int
td_held_open(int run_fd)
{
	int fd = openat(run_fd, file_name, O_WRONLY | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW | O_NONBLOCK, 0600);
	int rc = fd < 0 ? -errno : 0;

	for (int kind = 0; rc == 0 && kind < TD_HELD_COUNT; kind++)
		rc = td_held_set(fd, (enum td_held)kind, 0, "");
	if (rc == 0)
		return fd;
	td_io_close(&fd);
	return rc;
}

/* A line that is none says nothing. */
static void
parse_line(struct td_held_line *line, enum td_held kind, const char *text)
{
	size_t name_len = strlen(names[kind]), digits, len = TD_HELD_LINE - 1;
	const char *p = text + name_len + 1;
	uint64_t since;

	if (memcmp(text, names[kind], name_len) != 0 || text[name_len] != ' ')
		return;
	digits = strspn(p, "0123456789");
	if (p[digits] != ' ' ||
	    td_num_parse(&since, p, digits, INT64_MAX) != 0)
		return;
	while (len > 0 && text[len - 1] == ' ')
		len--;
	p += digits + 1;
	line->since = since;
	if (text + len > p)
		(void)snprintf(line->words, sizeof(line->words), "%.*s",
		    (int)(text + len - p), p);
}

int
td_held_read(int run_fd, struct td_held_line lines[static TD_HELD_COUNT])
{
	struct td_buf text = { 0 };
	int rc = td_io_read_file(run_fd, file_name, &text,
	    TD_HELD_COUNT * TD_HELD_LINE);

	memset(lines, 0, TD_HELD_COUNT * sizeof(*lines));
	for (int kind = 0; rc == 0 && kind < TD_HELD_COUNT &&
	    text.len >= (size_t)(kind + 1) * TD_HELD_LINE; kind++)
		parse_line(&lines[kind], (enum td_held)kind, text.data +
		    (size_t)kind * TD_HELD_LINE);
	td_buf_release(&text);
	return rc == -ENOENT ? 0 : rc;
}
