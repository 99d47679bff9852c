#include "config.h"

#include "lib/tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A power of two; doubled when it is half full. */
enum { SIZE_MIN = 64 };

static size_t
hash(const char *bytes, size_t len)
{
	uint64_t h = UINT64_C(14695981039346656037);	/* FNV-1a */

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
	return (size_t)(h ^ h >> 32);
}

/* The row of a class, or the free one where it belongs. */
static struct td_tally_row *
place(struct td_tally_row *rows, size_t size, const char *class_enc,
    size_t len)
{
	size_t i = hash(class_enc, len) & (size - 1);

	while (rows[i].class_enc[0] != '\0' &&
	    (strlen(rows[i].class_enc) != len ||
	    memcmp(rows[i].class_enc, class_enc, len) != 0))
		i = (i + 1) & (size - 1);
	return &rows[i];
}

static int
grow(struct td_tally *tally)
{
	size_t size = tally->size > 0 ? 2 * tally->size : SIZE_MIN;
	struct td_tally_row *rows = calloc(size, sizeof(*rows));

	if (rows == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < tally->size; i++) {
		const struct td_tally_row *row = &tally->rows[i];

		if (row->class_enc[0] != '\0')
			*place(rows, size, row->class_enc,
			    strlen(row->class_enc)) = *row;
	}
	free(tally->rows);
	tally->rows = rows;
	tally->size = size;
	return 0;
}

struct td_tally_row *
td_tally_get(struct td_tally *tally, const char *class_enc, size_t len)
{
	struct td_tally_row *row;

	if (2 * tally->n >= tally->size && grow(tally) != 0)
		return NULL;
	row = place(tally->rows, tally->size, class_enc, len);
	if (row->class_enc[0] == '\0') {
		memcpy(row->class_enc, class_enc, len);
		tally->n++;
	}
	return row;
}

struct td_tally_row *
td_tally_find(const struct td_tally *tally, const char *class_enc, size_t len)
{
	struct td_tally_row *row = tally->size == 0 ? NULL :
	    place(tally->rows, tally->size, class_enc, len);

	return row == NULL || row->class_enc[0] == '\0' ? NULL : row;
}

static size_t
age_of(uint64_t due, uint64_t now)
{
	uint64_t limit = TD_TALLY_FIRST_MINUTES * UINT64_C(60);
	size_t i = 0;

	while (i < TD_TALLY_AGES - 1 && now - due >= limit) {
		limit *= 2;
		i++;
	}
	return i;
}

void
td_tally_count(const struct td_tally *tally, struct td_tally_row *row,
    enum td_state state, uint64_t due, uint64_t now)
{
	row->n[state]++;
	if (tally->aged & 1u << state) {
		if (due > now)
			row->later++;
		else
			row->ages[age_of(due, now)]++;
	}
	if (state != TD_STATE_NEW && state != TD_STATE_FAILED)
		return;
	row->due += due <= now;
	if (row->next == 0 || due < row->next)
		row->next = due;
}

int
td_tally_add(struct td_tally *tally, enum td_state state,
    const struct td_name *name, uint64_t now)
{
	struct td_tally_row *row = td_tally_get(tally, name->class_enc,
	    name->class_len);

	if (row == NULL)
		return -ENOMEM;
	td_tally_count(tally, row, state, name->due, now);
	if (state == TD_STATE_FAILED && name->tries > row->tries)
		row->tries = name->tries;
	return 0;
}

void
td_tally_sum(struct td_tally_row *sum, const struct td_tally_row *from)
{
	for (size_t i = 0; i < TD_STATE_COUNT; i++)
		sum->n[i] += from->n[i];
	for (size_t i = 0; i < TD_TALLY_AGES; i++)
		sum->ages[i] += from->ages[i];
	for (size_t i = 0; i < TD_RESULT_COUNT; i++)
		sum->runs[i] += from->runs[i];
	sum->timed += from->timed;
	sum->busy_us += from->busy_us;
	if (from->tries > sum->tries)
		sum->tries = from->tries;
	sum->later += from->later;
	sum->due += from->due;
	if (from->next != 0 && (sum->next == 0 || from->next < sum->next))
		sum->next = from->next;
}

static int
by_class(const void *a, const void *b)
{
	const struct td_tally_row *left = a, *right = b;

	return strcmp(left->class_enc, right->class_enc);
}

void
td_tally_sort(struct td_tally *tally)
{
	size_t n = 0;

	for (size_t i = 0; i < tally->size; i++)
		if (tally->rows[i].class_enc[0] != '\0')
			tally->rows[n++] = tally->rows[i];
	if (n > 0)
		qsort(tally->rows, n, sizeof(*tally->rows), by_class);
}

uint64_t
td_tally_total(const struct td_tally_row *row)
{
	uint64_t total = 0;

	for (size_t i = 0; i < TD_STATE_COUNT; i++)
		total += row->n[i];
	return total;
}

void
td_tally_release(struct td_tally *tally)
{
	free(tally->rows);
	*tally = (struct td_tally){0};
}
