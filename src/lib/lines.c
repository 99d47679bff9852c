#include "config.h"

#include "lib/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

#define BLOCK_SIZE	((size_t)256 << 10)

/* Bytes start..end of the block are read and not yet seen. */
struct window {
	char *block;
	size_t size, start, end;
	off_t at;		/* of byte start in the file */
	bool skipping;		/* inside a line that is too long */
};

static int
window_open(struct window *window, off_t at)
{
	*window = (struct window){ .size = 2 * BLOCK_SIZE, .at = at };
	window->block = malloc(window->size);
	return window->block == NULL ? -ENOMEM : 0;
}

/* Doubles the block; what it holds goes to its end if AT_END. */
static int
window_grow(struct window *window, bool at_end)
{
	size_t len = window->end - window->start, size = window->size * 2;
	size_t start = at_end ? size - len : 0;
	char *block = malloc(size);

	if (block == NULL)
		return -ENOMEM;
	memcpy(block + start, window->block + window->start, len);
	free(window->block);
	window->block = block;
	window->size = size;
	window->start = start;
	window->end = start + len;
	return 0;
}

/* Moves what is left to the beginning or the end, so that a block fits; a line
 * that has grown past the limit is forgotten. */
static int
window_make_room(struct window *window, bool at_end)
{
	size_t start, len = window->end - window->start;

	if (len > TD_LINES_MAX) {
		window->skipping = true;
		window->at += at_end ? 0 : (off_t)len;
		window->end = window->start;
		len = 0;
	}
	if (len + BLOCK_SIZE > window->size)
		return window_grow(window, at_end);
	start = at_end ? window->size - len : 0;
	memmove(window->block + start, window->block + window->start, len);
	window->start = start;
	window->end = start + len;
	return 0;
}

/* Fewer than LEN only at the end of the file. */
static ssize_t
read_at(int fd, char *out, size_t len, off_t offset)
{
	size_t have = 0;

	while (have < len) {
		ssize_t n = pread(fd, out + have, len - have,
		    offset + (off_t)have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

static int
visit_forward(struct window *window, td_lines_each *each, void *arg)
{
	int rc = 0;

	while (rc == 0) {
		char *line = window->block + window->start;
		char *lf = memchr(line, '\n', window->end - window->start);

		if (lf == NULL)
			break;
		window->start += (size_t)(lf + 1 - line);
		window->at += lf + 1 - line;
		if (!window->skipping)
			rc = each(arg, line, (size_t)(lf - line));
		window->skipping = false;
	}
	return rc;
}

int
td_lines_read(int fd, off_t *offset, bool last, td_lines_each *each, void *arg)
{
	struct window window;
	off_t at = *offset;
	int rc = window_open(&window, at);

	while (rc == 0) {
		ssize_t n;

		rc = window_make_room(&window, false);
		if (rc != 0)
			break;
		n = read_at(fd, window.block + window.end, BLOCK_SIZE, at);
		rc = n < 0 ? (int)n : 0;
		if (n <= 0)
			break;
		window.end += (size_t)n;
		at += n;
		rc = visit_forward(&window, each, arg);
	}
	if (rc == 0 && last && !window.skipping && window.end > window.start) {
		window.at = at;
		rc = each(arg, window.block + window.start,
		    window.end - window.start);
	}
	free(window.block);
	*offset = window.at;
	return rc;
}

/* The lines whose beginning is in the window. */
static int
visit_back(struct window *window, bool *seen_end, td_lines_each *each,
    void *arg)
{
	int rc = 0;

	while (rc == 0) {
		char *first = window->block + window->start;
		char *end = window->block + window->end;
		char *lf = memrchr(first, '\n', (size_t)(end - first));

		if (lf == NULL)
			break;
		window->end = (size_t)(lf - window->block);
		/* Behind the file's last LF there is no line. */
		if (!window->skipping && (*seen_end || lf + 1 < end))
			rc = each(arg, lf + 1, (size_t)(end - lf - 1));
		*seen_end = true;
		window->skipping = false;
	}
	return rc;
}

/* Puts the block before the window in front of it. */
static int
window_read_back(struct window *window, int fd)
{
	size_t step = window->at < (off_t)BLOCK_SIZE ? (size_t)window->at :
	    BLOCK_SIZE;
	ssize_t n;
	int rc = window_make_room(window, true);

	if (rc != 0)
		return rc;
	window->at -= (off_t)step;
	n = read_at(fd, window->block + window->start - step, step, window->at);
	if (n < 0)
		return (int)n;
	/* The writer takes a cut line back: harmless as long as nothing of the
	 * end has been seen. */
	if ((size_t)n < step && window->start != window->size)
		return -ESTALE;
	if ((size_t)n < step)
		window->end -= step - (size_t)n;
	window->start -= step;
	return 0;
}

int
td_lines_read_back(int fd, td_lines_each *each, void *arg)
{
	off_t size = lseek(fd, 0, SEEK_END);
	struct window window;
	bool seen_end = false;
	int rc;

	if (size < 0)
		return -errno;
	rc = window_open(&window, size);
	while (rc == 0 && window.at > 0) {
		rc = window_read_back(&window, fd);
		if (rc == 0)
			rc = visit_back(&window, &seen_end, each, arg);
	}
	if (rc == 0 && size > 0 && !window.skipping)
		rc = each(arg, window.block + window.start,
		    window.end - window.start);
	free(window.block);
	return rc;
}

int
td_lines_end_cut(int fd, off_t size)
{
	char last;

	if (size == 0 || pread(fd, &last, 1, size - 1) != 1 || last == '\n')
		return 0;
	return td_io_write(fd, "\n", 1);
}
