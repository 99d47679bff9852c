#include "config.h"

#include "runner/crashes.h"

#include "base/buf.h"
#include "base/io.h"
#include "base/num.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FILE_NAME	"crashes"
enum { BOOT_ID_LEN = 36, FILE_MAX = 1 << 20 };

static int
read_boot_id(struct td_buf *text)
{
	int rc, fd = open("/proc/sys/kernel/random/boot_id",
	    O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	rc = td_io_read(fd, text, BOOT_ID_LEN);
	td_io_close(&fd);
	return rc == -EFBIG ? 0 : rc;	/* the LF behind it */
}

static struct td_crash *
find(const struct td_crashes *crashes, const char *id)
{
	for (size_t i = 0; i < crashes->n; i++)
		if (strcmp(crashes->list[i].id, id) == 0)
			return &crashes->list[i];
	return NULL;
}

static struct td_crash *
add(struct td_crashes *crashes, const char *id, size_t len)
{
	struct td_crash *crash;

	if (crashes->n == crashes->size) {
		size_t size = crashes->size == 0 ? 16 : 2 * crashes->size;
		struct td_crash *list = reallocarray(crashes->list, size,
		    sizeof(*list));

		if (list == NULL)
			return NULL;
		crashes->list = list;
		crashes->size = size;
	}
	crash = &crashes->list[crashes->n++];
	*crash = (struct td_crash){ 0 };
	memcpy(crash->id, id, len);
	return crash;
}

/* "COUNT ID" */
static int
take_line(struct td_crashes *crashes, const char *line, size_t len)
{
	const char *blank = memchr(line, ' ', len);
	struct td_crash *crash;
	uint64_t count;
	size_t id_len;

	if (blank == NULL || td_num_parse(&count, line, (size_t)(blank - line),
	    UINT32_MAX) != 0)
		return 0;
	id_len = len - (size_t)(blank + 1 - line);
	if (!td_name_id_is_valid(blank + 1, id_len))
		return 0;
	crash = add(crashes, blank + 1, id_len);
	if (crash == NULL)
		return -ENOMEM;
	crash->count = (unsigned)count;
	return 0;
}

int
td_crashes_load(struct td_crashes *crashes, int run_fd)
{
	struct td_buf text = { 0 }, boot = { 0 };
	int rc = read_boot_id(&boot);

	if (rc == 0)
		rc = td_io_read_file(run_fd, FILE_NAME, &text, FILE_MAX);
	if (rc == 0 && text.len > BOOT_ID_LEN &&
	    memcmp(text.data, boot.data, BOOT_ID_LEN) == 0) {
		char *line = text.data + BOOT_ID_LEN + 1, *end;

		for (; rc == 0 && (end = strchr(line, '\n')) != NULL;
		    line = end + 1)
			rc = take_line(crashes, line, (size_t)(end - line));
	}
	td_buf_release(&text);
	td_buf_release(&boot);
	return rc == -ENOENT || rc == -EFBIG ? 0 : rc;
}

unsigned
td_crashes_count(struct td_crashes *crashes, const char *id)
{
	struct td_crash *crash = find(crashes, id);

	if (crash == NULL)
		crash = add(crashes, id, strlen(id));
	return crash == NULL ? 1 : ++crash->count;
}

int
td_crashes_save(const struct td_crashes *crashes, int run_fd)
{
	struct td_buf text = { 0 };
	int rc;

	if (crashes->n == 0)
		return 0;
	rc = read_boot_id(&text);
	td_buf_add_char(&text, '\n');
	for (size_t i = 0; i < crashes->n; i++)
		td_buf_add_format(&text, "%u %s\n", crashes->list[i].count,
		    crashes->list[i].id);
	if (rc == 0)
		rc = td_buf_status(&text);
	if (rc == 0)
		rc = td_io_replace(run_fd, FILE_NAME, text.data, text.len,
		    0600, 0);
	td_buf_release(&text);
	return rc;
}

void
td_crashes_release(struct td_crashes *crashes)
{
	free(crashes->list);
	*crashes = (struct td_crashes){ 0 };
}
