/*
 * Patterns of class names, in sections and requests: "*" matches any run of
 * bytes (the empty one too), everything else itself.
 */
#ifndef TD_LIB_PATTERN_H
#define TD_LIB_PATTERN_H

#include <stdbool.h>

/* Whether PATTERN fits all of TEXT, in time proportional to both lengths
 * multiplied at worst. */
bool td_pattern_matches(const char *pattern, const char *text);

#endif
