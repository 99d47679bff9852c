/*
 * Steps through a checked JSON text, byte by byte: what json*.c share.  All
 * rely on the check: inside a container something always follows.
 */
#ifndef TD_LIB_JSON_SCAN_H
#define TD_LIB_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static inline bool
td_json_is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline const char *
td_json_skip_space(const char *p)
{
	while (td_json_is_space(*p))
		p++;
	return p;
}

/* P is at the opening quote: the byte behind the closing one. */
static inline const char *
td_json_skip_string(const char *p, const char *end)
{
	const char *first = p + 1, *quote = p, *back;

	do {
		p = quote + 1;
		quote = memchr(p, '"', (size_t)(end - p));
		for (back = quote; back > first && back[-1] == '\\'; back--)
			;
	} while ((quote - back) % 2 != 0);
	return quote + 1;
}

/* P is at the first byte of a value: the byte behind it. */
const char *td_json_skip_value(const char *p, const char *end);

/* The length of the UTF-8 sequence at P, 1 to 4; 0 if there is none: cut,
 * overlong, a surrogate, or above U+10FFFF. */
size_t td_json_utf8(const char *p, const char *end);

#endif
