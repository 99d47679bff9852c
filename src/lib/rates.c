#include "config.h"

#include "lib/rates.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/num.h"

/* A page holds whole lines, so no line is ever seen torn by a kill. */
_Static_assert(4096 % TD_RATES_LINE == 0, "lines must divide a page");
_Static_assert(20 + 1 + (int)TD_NAME_CLASS_MAX < (int)TD_RATES_LINE,
    "a line with the longest class must fit");

enum { FILE_MAX = 64 << 20 };

static const char file_name[] = "rates";

int
td_rates_open(int run_fd)
{
	int fd = openat(run_fd, file_name, O_WRONLY | O_CREAT | O_TRUNC |
	    O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

	return fd < 0 ? -errno : fd;
}

int
td_rates_set(int fd, unsigned number, const struct td_rates_line *line)
{
	char text[TD_RATES_LINE];
	int len = snprintf(text, sizeof(text), "%" PRIu64 ".%03u %.*s",
	    line->next_ms / 1000, (unsigned)(line->next_ms % 1000),
	    TD_NAME_CLASS_MAX, line->class_enc);
	ssize_t n;

	memset(text + len, ' ', sizeof(text) - (size_t)len);
	text[sizeof(text) - 1] = '\n';
	n = pwrite(fd, text, sizeof(text), (off_t)number * TD_RATES_LINE);
	if (n < 0)
		return -errno;
	return n == sizeof(text) ? 0 : -ENOSPC;
}

static bool
parse_line(struct td_rates_line *line, const char *text)
{
	size_t len = strcspn(text, " "), class_len;
	const char *class_enc = text + len + 1;
	uint64_t s, ms;

	if (len < 5 || text[len - 4] != '.' ||
	    td_num_parse(&s, text, len - 4, TD_NAME_DUE_MAX) != 0 ||
	    td_num_parse(&ms, text + len - 3, 3, 999) != 0)
		return false;
	class_len = strcspn(class_enc, " ");
	if (class_len > TD_NAME_CLASS_MAX ||
	    !td_name_class_is_valid(class_enc, class_len))
		return false;
	line->next_ms = s * 1000 + ms;
	memcpy(line->class_enc, class_enc, class_len);
	line->class_enc[class_len] = '\0';
	return true;
}

int
td_rates_read(int run_fd, struct td_rates_line **lines, size_t *n)
{
	struct td_rates_line *all;
	struct td_buf text = { 0 };
	size_t n_lines, good = 0;
	int rc = td_io_read_file(run_fd, file_name, &text, FILE_MAX);

	if (rc != 0 && rc != -ENOENT)
		goto out;
	n_lines = text.len / TD_RATES_LINE;
	all = calloc(n_lines + 1, sizeof(*all));
	rc = all == NULL ? -ENOMEM : 0;
	if (rc != 0)
		goto out;
	for (size_t i = 0; i < n_lines; i++) {
		char line[TD_RATES_LINE + 1];

		memcpy(line, text.data + i * TD_RATES_LINE, TD_RATES_LINE);
		line[TD_RATES_LINE - 1] = ' ';
		line[TD_RATES_LINE] = '\0';
		if (parse_line(&all[good], line))
			good++;
	}
	*lines = all;
	*n = good;
out:
	td_buf_release(&text);
	return rc;
}
