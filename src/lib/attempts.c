#include "config.h"

#include "lib/attempts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "lib/lines.h"

enum { RECORD_MAX = 256 << 20, HEX_BASE = 16 };

static const char folder[] = "attempts";

int
td_attempts_open(int log_fd)
{
	if (mkdirat(log_fd, folder, 0700) != 0 && errno != EEXIST)
		return -errno;
	return td_attempts_look(log_fd);
}

int
td_attempts_look(int log_fd)
{
	return td_io_open_dir(log_fd, folder);
}

int
td_attempts_read(int dir_fd, const char *id, struct td_buf *out)
{
	return td_io_read_file(dir_fd, id, out, RECORD_MAX);
}

int
td_attempts_append(int dir_fd, const char *id, const struct td_buf *text,
    int flags)
{
	int rc = td_buf_status(text);
	struct stat st;
	int fd;

	if (rc != 0)
		return rc;
	fd = openat(dir_fd, id, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW |
	    (flags & TD_ATTEMPTS_CREATE ? O_CREAT : 0), 0600);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) != 0)
		rc = -errno;
	if (rc == 0)
		rc = td_lines_end_cut(fd, st.st_size);
	if (rc == 0)
		rc = td_io_write(fd, text->data, text->len);
	if (rc == 0 && flags & TD_ATTEMPTS_SYNC && fsync(fd) != 0)
		rc = -errno;
	(void)close(fd);
	return rc;
}

int
td_attempts_render(int dir_fd, const char *id, uint64_t wall_us)
{
	struct td_buf line = { 0 };
	int rc;

	td_buf_add_format(&line, "{\"render\":true,\"time\":%" PRIu64
	    ".%06u}\n", wall_us / 1000000, (unsigned)(wall_us % 1000000));
	rc = td_attempts_append(dir_fd, id, &line, TD_ATTEMPTS_SYNC);
	td_buf_release(&line);
	return rc;
}

bool
td_attempts_next(const char **at, struct td_json_span *line)
{
	while (**at != '\0') {
		const char *text = *at;
		size_t len = strcspn(text, "\n");

		*at = text + len + (text[len] == '\n');
		if (td_json_check(line, text, len, NULL) == 0 &&
		    td_json_type(*line) == TD_JSON_OBJECT)
			return true;
	}
	return false;
}

/* What came to nothing before there were bytes takes none away. */
static void
take_run(struct td_attempts_last *last, struct td_json_span run)
{
	if (last->dead && td_json_member(run, "verb").text == NULL &&
	    td_json_member(run, "replay").text == NULL)
		return;
	last->run = run;
	last->dead = false;
}

/* A replay that came to nothing is still one, however it ended. */
static void
take_end(struct td_attempts_last *last, struct td_json_span end)
{
	last->dead = td_json_equals(end, "permanent") ||
	    td_json_member(last->run, "replay").text != NULL;
	if (!td_json_equals(end, "postponed"))
		last->under_way = 0;
}

void
td_attempts_last(struct td_attempts_last *last, const char *text)
{
	struct td_json_span line, end;

	*last = (struct td_attempts_last){ 0 };
	while (td_attempts_next(&text, &line)) {
		end = td_json_member(line, "end");
		if (end.text != NULL) {
			take_end(last, end);
		} else if (td_json_member(line, "run").text != NULL) {
			take_run(last, line);
		} else if (td_json_member(line, "attempt").text != NULL) {
			last->attempt = line;
			last->under_way++;
		} else if (td_json_member(line, "render").text != NULL) {
			last->dead = false;
		}
	}
}

/* Hex, since nothing but machines reads such bytes. */
static int
decode_hex(struct td_buf *out, const char *text, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i + 1 < len; i += 2) {
		const char *high = strchr(digits, text[i]);
		const char *low = strchr(digits, text[i + 1]);

		if (high == NULL || low == NULL)
			return -EINVAL;
		td_buf_add_char(out, (char)((high - digits) * HEX_BASE +
		    (low - digits)));
	}
	return len % 2 != 0 ? -EINVAL : td_buf_status(out);
}

int
td_attempts_body(struct td_buf *out, struct td_json_span run)
{
	struct td_json_span body = td_json_member(run, "body");
	struct td_json_span hex = td_json_member(run, "bodyhex");

	if (body.text != NULL)
		return td_json_decode(out, body, NULL);
	if (hex.text == NULL || td_json_type(hex) != TD_JSON_STRING)
		return -ENOENT;
	return decode_hex(out, hex.text + 1, hex.len - 2);
}
