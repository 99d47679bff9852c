#include "config.h"

#include "harness.h"
#include "lib/pattern.h"

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

static const struct {
	const char *pattern, *text;
	bool fits;
} cases[] = {
	{ "", "", true }, { "", "a", false }, { "a", "", false },
	{ "*", "", true }, { "*", "mail.digest", true },
	{ "**", "", true }, { "a*", "a", true }, { "a*", "ba", false },
	{ "mail.*", "mail.digest", true }, { "mail.*", "mailxdigest", false },
	{ "*.digest", "mail.digest", true },
	{ "*.digest", "mail.digest.x", false },
	{ "a*b*c", "aXbYbZc", true }, { "a*b*c", "aXbYbZ", false },
	{ "*aab", "aaaab", true }, { "a?c", "abc", false },
	{ "a[b]", "a[b]", true }, { "mod\\*", "mod\\task", true },
	{ "A", "a", false }, { "ab", "abc", false }, { "abc", "ab", false },
};

START_TEST(pattern_fits_or_not)
{
	ck_assert_int_eq(td_pattern_matches(cases[_i].pattern, cases[_i].text),
	    cases[_i].fits);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ pattern_fits_or_not, N_OF(cases) },
	};

	return td_harness_run("pattern", tests, N_OF(tests));
}
