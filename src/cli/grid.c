#include "config.h"

#include "cli/grid.h"

/* What those that are shown take, with the blanks between them. */
static unsigned
total_of(const unsigned *widths, size_t n)
{
	unsigned total = 0;

	for (size_t i = 0; i < n; i++)
		if (widths[i] > 0)
			total += widths[i] + (total > 0);
	return total;
}

/* The shown one that is missed least; N if only the first in rank is left. */
static size_t
last_in_rank(const struct td_grid_column *columns, size_t n,
    const unsigned *widths)
{
	size_t last = n;

	for (size_t i = 0; i < n; i++)
		if (widths[i] > 0 && columns[i].rank > 0 && (last == n ||
		    columns[i].rank > columns[last].rank))
			last = i;
	return last;
}

static void
grow(unsigned *own, unsigned max, unsigned total, unsigned width)
{
	unsigned more = max > *own ? max - *own : 0;
	unsigned room = width > total ? width - total : 0;

	*own += more < room ? more : room;
}

void
td_grid_fit(const struct td_grid_column *columns, size_t n, unsigned width,
    unsigned *widths)
{
	size_t last;

	for (size_t i = 0; i < n; i++)
		widths[i] = columns[i].min;
	while (total_of(widths, n) > width &&
	    (last = last_in_rank(columns, n, widths)) < n)
		widths[last] = 0;
	/* What is left over goes to those that are missed most; the first
	 * comes round again. */
	for (unsigned rank = 0; rank <= n; rank++)
		for (size_t i = 0; i < n; i++)
			if (columns[i].rank == rank % n && widths[i] > 0)
				grow(&widths[i], columns[i].max *
				    (rank == n ? 2 : 1), total_of(widths, n),
				    width);
}
