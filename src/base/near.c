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

unsigned
td_near_distance(const char *a, const char *b)
{
	unsigned row[TD_NEAR_WORD_MAX + 1];
	size_t n = strlen(b);

	if (n > TD_NEAR_WORD_MAX || strlen(a) > TD_NEAR_WORD_MAX)
		return TD_NEAR_WORD_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = (unsigned)j;
	for (unsigned i = 1; *a != '\0'; i++, a++) {
		unsigned corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			unsigned above = row[j];

			row[j] = smallest(above + 1, row[j - 1] + 1,
			    corner + (*a != b[j - 1]));
			corner = above;
		}
	}
	return row[n];
}
