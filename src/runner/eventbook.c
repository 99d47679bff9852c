#include "config.h"

#include "runner/eventbook.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/num.h"
#include "lib/key.h"
#include "lib/lines.h"
#include "lib/name.h"
#include "lib/runlog.h"
#include "lib/scan.h"

#define PREFIX	"events."

enum { ROWS_MIN = 1024, DAY_LEN = 8, FILE_NAME_SIZE = 32 };

/* Of a line. */
enum { TIME_LEN = 10, HASH_LEN = 16, HIGH_AT = TIME_LEN + 1,
    LOW_AT = HIGH_AT + HASH_LEN, ID_AT = LOW_AT + HASH_LEN + 1 };

/* 128 bits: nobody's event is taken for another one's by chance. */
int
td_eventbook_key(struct td_eventbook_key *key, const char *owner,
    const char *id)
{
	struct td_buf text = { 0 };
	int rc;

	td_buf_add_format(&text, "1%s", owner);
	td_buf_add_char(&text, '\0');
	td_buf_add_text(&text, id);
	rc = td_buf_status(&text);
	if (rc == 0)
		rc = td_key_hash(&key->high, text.data, text.len);
	if (rc == 0) {
		text.data[0] = '2';
		rc = td_key_hash(&key->low, text.data, text.len);
	}
	key->high |= 1;		/* 0 is a free row's */
	td_buf_release(&text);
	return rc;
}

/* The table */

/* Its row, or the free one where it belongs. */
static struct td_eventbook_row *
row_of(const struct td_eventbook *book, const struct td_eventbook_key *key)
{
	size_t i = (size_t)key->low & (book->size - 1);

	while (book->rows[i].key.high != 0 && (book->rows[i].key.high !=
	    key->high || book->rows[i].key.low != key->low))
		i = (i + 1) & (book->size - 1);
	return &book->rows[i];
}

/* A table of SIZE rows with those that are not older. */
static int
rebuild(struct td_eventbook *book, size_t size, uint64_t since_s)
{
	struct td_eventbook_row *rows = calloc(size, sizeof(*rows));
	struct td_eventbook to = { .rows = rows, .size = size };

	if (rows == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < book->size; i++) {
		struct td_eventbook_row row = book->rows[i];
		const char *id = td_buf_text(&book->ids) + row.at;

		if (row.key.high == 0 || row.time_s < since_s)
			continue;
		row.at = to.ids.len;
		td_buf_add(&to.ids, id, strlen(id) + 1);
		*row_of(&to, &row.key) = row;
		to.n++;
	}
	if (td_buf_status(&to.ids) != 0) {
		td_buf_release(&to.ids);
		free(rows);
		return -ENOMEM;
	}
	free(book->rows);
	td_buf_release(&book->ids);
	book->rows = rows;
	book->size = size;
	book->n = to.n;
	book->ids = to.ids;
	return 0;
}

const char *
td_eventbook_find(const struct td_eventbook *book,
    const struct td_eventbook_key *key, uint64_t since_s)
{
	const struct td_eventbook_row *row;

	if (book->n == 0)
		return NULL;
	row = row_of(book, key);
	return row->key.high == 0 || row->time_s == 0 ||
	    row->time_s < since_s ? NULL : td_buf_text(&book->ids) + row->at;
}

static int
put(struct td_eventbook *book, const struct td_eventbook_key *key,
    const char *id, uint64_t time_s)
{
	struct td_eventbook_row *row;
	size_t at;
	int rc = 0;

	if (2 * book->n >= book->size)
		rc = rebuild(book, book->size == 0 ? ROWS_MIN :
		    2 * book->size, 0);
	if (rc != 0)
		return rc;
	at = book->ids.len;
	if (td_buf_reserve(&book->ids, strlen(id) + 1) != 0)
		return -ENOMEM;
	td_buf_add(&book->ids, id, strlen(id) + 1);
	row = row_of(book, key);
	book->n += row->key.high == 0;
	*row = (struct td_eventbook_row){ *key, time_s, at };
	return 0;
}

int
td_eventbook_add(struct td_eventbook *book,
    const struct td_eventbook_key *key, const char *id, uint64_t now_s)
{
	char line[ID_AT + TD_NAME_ID_SIZE + 1];
	int len = snprintf(line, sizeof(line), "%010" PRIu64 " %016" PRIx64
	    "%016" PRIx64 " %s\n", now_s, key->high, key->low, id);

	if (td_buf_reserve(&book->held, (size_t)len) != 0)
		return -ENOMEM;
	if (put(book, key, id, now_s) != 0)
		return -ENOMEM;
	td_buf_add(&book->held, line, (size_t)len);
	return 0;
}

int
td_eventbook_withdraw(struct td_eventbook *book,
    const struct td_eventbook_key *key, const char *id)
{
	const char *last = td_eventbook_find(book, key, 0);

	return last == NULL || strcmp(last, id) != 0 ? 0 :
	    td_eventbook_add(book, key, id, 0);
}

/* The files */

static void
file_name(char out[static FILE_NAME_SIZE], unsigned day)
{
	(void)snprintf(out, FILE_NAME_SIZE, PREFIX "%08u", day);
}

/* The day of a file of ours, 0: another one. */
static unsigned
day_of(const char *name)
{
	size_t n = strlen(PREFIX);
	uint64_t day;

	if (strncmp(name, PREFIX, n) != 0 || strlen(name) != n + DAY_LEN ||
	    td_num_parse(&day, name + n, DAY_LEN, 99999999) != 0)
		return 0;
	return (unsigned)day;
}

/* Lines that are none are passed over. */
static int
take_line(void *arg, const char *text, size_t len)
{
	struct td_eventbook *book = arg;
	struct td_eventbook_key key;
	char id[TD_NAME_ID_SIZE];
	uint64_t time_s;

	if (len <= ID_AT || len - ID_AT > TD_NAME_ID_MAX ||
	    td_num_parse(&time_s, text, TIME_LEN, TD_NAME_DUE_MAX) != 0 ||
	    td_num_parse_hex(&key.high, text + HIGH_AT, HASH_LEN) != 0 ||
	    td_num_parse_hex(&key.low, text + LOW_AT, HASH_LEN) != 0 ||
	    !td_name_id_is_valid(text + ID_AT, len - ID_AT))
		return 0;
	memcpy(id, text + ID_AT, len - ID_AT);
	id[len - ID_AT] = '\0';
	return put(book, &key, id, time_s);
}

static int
load_file(struct td_eventbook *book, int run_fd, unsigned day)
{
	char name[FILE_NAME_SIZE];
	off_t offset = 0;
	int fd, rc;

	file_name(name, day);
	fd = td_io_open_beneath(run_fd, name, O_RDONLY);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	rc = td_lines_read(fd, &offset, false, take_line, book);
	(void)close(fd);
	return rc;
}

static int
by_day(const void *a, const void *b)
{
	const unsigned *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The days there are, sorted; the caller frees. */
static int
read_days(int run_fd, unsigned **days, size_t *n)
{
	struct td_scan scan = { 0 };
	struct td_buf found = { 0 };
	const char *name;
	int rc = td_scan_open(&scan, run_fd);

	while (rc >= 0 && (rc = td_scan_next(&scan, &name, NULL)) == 1) {
		unsigned day = day_of(name);

		if (day != 0)
			td_buf_add(&found, &day, sizeof(day));
	}
	td_scan_close(&scan);
	if (rc == 0)
		rc = td_buf_status(&found);
	*n = found.len / sizeof(**days);
	*days = rc == 0 && *n > 0 ? (void *)td_buf_detach(&found) : NULL;
	td_buf_release(&found);
	if (*days == NULL)
		*n = 0;
	else
		qsort(*days, *n, sizeof(**days), by_day);
	return rc;
}

/* Oldest first: of several lines of an id the last one holds. */
int
td_eventbook_load(struct td_eventbook *book, int run_fd, uint64_t since_s)
{
	unsigned *days, since = td_runlog_day(since_s);
	size_t n;
	int rc = read_days(run_fd, &days, &n);

	for (size_t i = 0; rc == 0 && i < n; i++)
		if (days[i] >= since)
			rc = load_file(book, run_fd, days[i]);
	free(days);
	return rc;
}

static void
close_day(struct td_eventbook *book)
{
	if (book->day != 0)
		(void)close(book->fd);
	book->day = 0;
}

static int
open_day(struct td_eventbook *book, int run_fd, unsigned day)
{
	char name[FILE_NAME_SIZE];
	struct stat st;
	int rc = 0, fd;

	if (book->day == day && fstat(book->fd, &st) == 0 && st.st_nlink > 0)
		return 0;
	file_name(name, day);
	fd = openat(run_fd, name, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) != 0)
		rc = -errno;
	if (rc == 0)
		rc = td_lines_end_cut(fd, st.st_size);
	if (rc != 0) {
		(void)close(fd);
		return rc;
	}
	close_day(book);
	book->fd = fd;
	book->day = day;
	return 0;
}

int
td_eventbook_write(struct td_eventbook *book, int run_fd, uint64_t now_s)
{
	struct stat st;
	int rc;

	if (book->held.len == 0)
		return 0;
	rc = open_day(book, run_fd, td_runlog_day(now_s));
	if (rc == 0 && fstat(book->fd, &st) != 0)
		rc = -errno;
	if (rc != 0)
		return rc;
	rc = td_io_write(book->fd, book->held.data, book->held.len);
	/* Half a line would spoil the next one. */
	if (rc != 0)
		return ftruncate(book->fd, st.st_size) != 0 ? -errno : rc;
	td_buf_clear(&book->held);
	return 0;
}

void
td_eventbook_prune(struct td_eventbook *book, int run_fd, uint64_t since_s)
{
	unsigned *days = NULL, since = td_runlog_day(since_s);
	char name[FILE_NAME_SIZE];
	size_t n = 0;

	(void)read_days(run_fd, &days, &n);
	for (size_t i = 0; i < n; i++) {
		file_name(name, days[i]);
		if (days[i] < since)
			(void)unlinkat(run_fd, name, 0);
	}
	free(days);
	/* No memory: they are kept a little longer. */
	if (book->n > 0)
		(void)rebuild(book, book->size, since_s);
}

void
td_eventbook_release(struct td_eventbook *book)
{
	close_day(book);
	free(book->rows);
	td_buf_release(&book->ids);
	td_buf_release(&book->held);
	*book = (struct td_eventbook){ 0 };
}
