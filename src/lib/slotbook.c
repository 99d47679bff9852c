#include "config.h"

#include "lib/slotbook.h"

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

#define FILE_NAME	"schedule.state"

enum { FILE_MAX = 1 << 28, HEX = 16, TIME = 10,
	BASE_AT = HEX + 1, SKIP_AT = BASE_AT + TIME + 1,
	TIMES_AT = SKIP_AT + TIME + 1, PRINT_AT = TIMES_AT + HEX + 1,
	ID_AT = PRINT_AT + HEX + 1 };

static bool
take_line(struct td_slotbook_line *line, const char *text, size_t len)
{
	if (len <= ID_AT || len - ID_AT >= sizeof(line->id) ||
	    td_num_parse_hex(&line->hash, text, HEX) != 0 ||
	    td_num_parse(&line->base, text + BASE_AT, TIME,
	    TD_NAME_DUE_MAX) != 0 ||
	    td_num_parse(&line->skip, text + SKIP_AT, TIME,
	    TD_NAME_DUE_MAX) != 0 ||
	    td_num_parse_hex(&line->times, text + TIMES_AT, HEX) != 0 ||
	    td_num_parse_hex(&line->print, text + PRINT_AT, HEX) != 0)
		return false;
	memcpy(line->id, text + ID_AT, len - ID_AT);
	line->id[len - ID_AT] = '\0';
	return true;
}

static size_t
count_lines(const struct td_buf *text)
{
	size_t n = 0;

	for (size_t i = 0; i < text->len; i++)
		n += text->data[i] == '\n';
	return n;
}

int
td_slotbook_read(int run_fd, struct td_slotbook_line **lines, size_t *n)
{
	struct td_buf text = { 0 };
	int rc = td_io_read_file(run_fd, FILE_NAME, &text, FILE_MAX);
	struct td_slotbook_line *all = NULL;
	const char *at, *end;
	size_t taken = 0;

	if (rc == -ENOENT)
		rc = 0;
	if (rc == 0) {
		all = calloc(count_lines(&text) + 1, sizeof(*all));
		rc = all == NULL ? -ENOMEM : 0;
	}
	for (at = td_buf_text(&text); rc == 0 &&
	    (end = strchr(at, '\n')) != NULL; at = end + 1) {
		all[taken].offset = at - td_buf_text(&text);
		taken += take_line(&all[taken], at, (size_t)(end - at));
	}
	td_buf_release(&text);
	if (rc != 0)
		return rc;
	*lines = all;
	*n = taken;
	return 0;
}

static void
format(char out[static ID_AT + 1], const struct td_slotbook_line *line)
{
	(void)snprintf(out, ID_AT + 1, "%016" PRIx64 " %010" PRIu64 " %010"
	    PRIu64 " %016" PRIx64 " %016" PRIx64 " ", line->hash, line->base,
	    line->skip, line->times, line->print);
}

int
td_slotbook_write(int run_fd, struct td_slotbook_line *lines, size_t n)
{
	struct td_buf text = { 0 };
	int rc, fd;

	for (size_t i = 0; i < n; i++) {
		char front[ID_AT + 1];

		format(front, &lines[i]);
		lines[i].offset = (off_t)text.len;
		td_buf_add(&text, front, ID_AT);
		td_buf_add_text(&text, lines[i].id);
		td_buf_add_char(&text, '\n');
	}
	rc = td_buf_status(&text);
	if (rc == 0)
		rc = td_io_replace(run_fd, FILE_NAME, td_buf_text(&text),
		    text.len, 0600, 0);
	td_buf_release(&text);
	if (rc != 0)
		return rc;
	fd = openat(run_fd, FILE_NAME, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

int
td_slotbook_set(int fd, const struct td_slotbook_line *line)
{
	char front[ID_AT + 1];
	ssize_t n;

	format(front, line);
	n = pwrite(fd, front, ID_AT, line->offset);
	if (n < 0)
		return -errno;
	return n == ID_AT ? 0 : -EIO;
}

int
td_slotbook_skip(int run_fd, uint64_t hash, uint64_t slot)
{
	struct td_slotbook_line *lines = NULL;
	size_t n = 0;
	int rc = td_slotbook_read(run_fd, &lines, &n), fd;

	if (rc != 0)
		return rc;
	fd = openat(run_fd, FILE_NAME, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		rc = n == 0 ? 0 : -errno;
	for (size_t i = 0; fd >= 0 && i < n; i++)
		if (lines[i].hash == hash && lines[i].skip < slot) {
			lines[i].skip = slot;
			rc = td_slotbook_set(fd, &lines[i]);
		}
	td_io_close(&fd);
	free(lines);
	return rc;
}
