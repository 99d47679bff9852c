#include "config.h"

#include "lib/pattern.h"

#include <stddef.h>

bool
td_pattern_matches(const char *pattern, const char *text)
{
	/* Only the last star needs a second look: what an earlier one could
	 * take more of, the last one can take as well. */
	const char *after_star = NULL, *retry = NULL;

	while (*text != '\0') {
		if (*pattern == '*') {
			after_star = ++pattern;
			retry = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (after_star != NULL) {
			pattern = after_star;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}
