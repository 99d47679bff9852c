#include "config.h"

#include "cli/ages.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/select.h"

/* Titles and cells take at most four columns, so that a class of eight is
 * readable beside them in 80. */
static const struct td_column columns[] = {
	{ "class", "CLASS", TD_COLUMN_CUT },
	{ "total", "T", TD_COLUMN_RIGHT },
	{ "later", "WAIT", TD_COLUMN_RIGHT },
	{ "5", "5", TD_COLUMN_RIGHT },
	{ "10", "10", TD_COLUMN_RIGHT },
	{ "20", "20", TD_COLUMN_RIGHT },
	{ "40", "40", TD_COLUMN_RIGHT },
	{ "80", "80", TD_COLUMN_RIGHT },
	{ "160", "160", TD_COLUMN_RIGHT },
	{ "320", "320", TD_COLUMN_RIGHT },
	{ "640", "640", TD_COLUMN_RIGHT },
	{ "1280", "1280", TD_COLUMN_RIGHT },
	{ "1280+", "MORE", TD_COLUMN_RIGHT },
	{0},
};
enum { FIRST_AGE = 3 };
_Static_assert(sizeof(columns) / sizeof(columns[0]) ==
    FIRST_AGE + TD_TALLY_AGES + 1, "each age has a column");

unsigned
td_ages_parse(const char *states)
{
	unsigned set = 0;

	for (;;) {
		size_t len = strcspn(states, ",");
		char word[8];
		unsigned bit;

		(void)snprintf(word, sizeof(word), "%.*s", (int)len, states);
		bit = len < sizeof(word) ? td_select_state(word) : 0;
		if (bit == 0)
			return 0;
		set |= bit;
		if (states[len] == '\0')
			return set;
		states += len + 1;
	}
}

/* "9999", "10k", "999k", "1.2M", "12M": JSON has the exact one. */
static void
print_count(struct td_out *out, const char *key, uint64_t n)
{
	char text[24];

	if (out->json || n < 10000) {
		td_out_uint(out, key, n);
		return;
	}
	if (n < 1000000)
		(void)snprintf(text, sizeof(text), "%" PRIu64 "k", n / 1000);
	else if (n < 10000000)
		(void)snprintf(text, sizeof(text), "%" PRIu64 ".%uM",
		    n / 1000000, (unsigned)(n / 100000 % 10));
	else
		(void)snprintf(text, sizeof(text), "%" PRIu64 "M",
		    n / 1000000);
	td_out_text(out, key, text);
}

static uint64_t
total_of(const struct td_tally_row *row)
{
	uint64_t total = row->later;

	for (size_t i = 0; i < TD_TALLY_AGES; i++)
		total += row->ages[i];
	return total;
}

static void
print_row(struct td_out *out, const char *class_name,
    const struct td_tally_row *row)
{
	td_out_row(out);
	td_out_text(out, "class", class_name);
	print_count(out, "total", total_of(row));
	print_count(out, "later", row->later);
	for (size_t i = 0; i < TD_TALLY_AGES; i++)
		print_count(out, columns[FIRST_AGE + i].key, row->ages[i]);
	td_out_end(out);
}

void
td_ages_print(struct td_out *out, const struct td_tally *tally)
{
	char class_name[TD_NAME_CLASS_SIZE];
	struct td_tally_row sum = {0};

	for (size_t i = 0; i < tally->n; i++)
		td_tally_sum(&sum, &tally->rows[i]);
	td_out_list(out, "ages", columns);
	/* Nothing but sums up the rows: a program does that itself. */
	if (!out->json && total_of(&sum) > 0)
		print_row(out, "TOTAL", &sum);
	for (size_t i = 0; i < tally->n; i++) {
		const struct td_tally_row *row = &tally->rows[i];

		if (total_of(row) == 0)
			continue;
		td_name_decode_class(class_name, row->class_enc,
		    strlen(row->class_enc));
		print_row(out, class_name, row);
	}
	td_out_end(out);
}
