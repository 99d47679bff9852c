#include "config.h"

#include "base/near.h"

#include <stddef.h>
#include <string.h>

static unsigned
smallest(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

/* The rows of the first word's last three letters, in turn. */
typedef unsigned rows[3][TD_NEAR_WORD_MAX + 1];

static void
fill_row(rows r, const char *a, size_t i, const char *b, size_t n)
{
	unsigned *row = r[i % 3], *above = r[(i + 2) % 3];
	const unsigned *before = r[(i + 1) % 3];

	row[0] = (unsigned)i;
	for (size_t j = 1; j <= n; j++) {
		row[j] = smallest(above[j] + 1, row[j - 1] + 1,
		    above[j - 1] + (a[i - 1] != b[j - 1]));
		if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
		    a[i - 2] == b[j - 1] && before[j - 2] + 1 < row[j])
			row[j] = before[j - 2] + 1;
	}
}

unsigned
td_near_distance(const char *a, const char *b)
{
	size_t len = strlen(a), n = strlen(b);
	rows r;

	if (n > TD_NEAR_WORD_MAX || len > TD_NEAR_WORD_MAX)
		return TD_NEAR_WORD_MAX;
	for (size_t j = 0; j <= n; j++)
		r[0][j] = (unsigned)j;
	for (size_t i = 1; i <= len; i++)
		fill_row(r, a, i, b, n);
	return r[len % 3][n];
}

unsigned
td_near_most(const char *name)
{
	unsigned third = (unsigned)(strlen(name) / 3);

	return third > 1 ? third : 1;
}
