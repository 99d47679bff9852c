#include "config.h"

#include "cli/grid.h"
#include "harness.h"

static const struct td_grid_column columns[] = {
	{ "SLOT", 4, 5, 3, true },
	{ "CLASS", 10, 20, 0, false },
	{ "AGE", 6, 6, 1, true },
	{ "ID", 12, 20, 2, false },
};
enum { N = sizeof(columns) / sizeof(columns[0]) };

static const struct {
	unsigned width, widths[N];
} fits[] = {
	{ 200, { 5, 40, 6, 20 } },	/* none is wider than it may be */
	{ 54, { 5, 20, 6, 20 } },
	{ 60, { 5, 26, 6, 20 } },
	{ 53, { 4, 20, 6, 20 } },	/* the last in rank gets what is left */
	{ 40, { 4, 15, 6, 12 } },
	{ 35, { 4, 10, 6, 12 } },
	{ 34, { 0, 14, 6, 12 } },	/* and is the first to go */
	{ 30, { 0, 10, 6, 12 } },
	{ 29, { 0, 22, 6, 0 } },
	{ 17, { 0, 10, 6, 0 } },
	{ 16, { 0, 16, 0, 0 } },
	{ 3, { 0, 10, 0, 0 } },		/* one stays, wherever it is cut */
};

START_TEST(columns_share_the_width)
{
	unsigned widths[N];

	td_grid_fit(columns, N, fits[_i].width, widths);
	for (size_t i = 0; i < N; i++)
		ck_assert_uint_eq(widths[i], fits[_i].widths[i]);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ columns_share_the_width, sizeof(fits) / sizeof(fits[0]) },
	};

	return td_harness_run("grid", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
