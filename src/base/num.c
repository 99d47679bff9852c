#include "config.h"

#include "base/num.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SECOND_MS	UINT64_C(1000)
#define MINUTE_MS	(60 * SECOND_MS)
#define HOUR_MS		(60 * MINUTE_MS)
#define DAY_MS		(24 * HOUR_MS)
#define DURATION_MAX	(36500 * DAY_MS)	/* 100 years: a typing error */

int
td_num_parse(uint64_t *out, const char *text, size_t len, uint64_t max)
{
	uint64_t n = 0;

	if (len == 0)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		unsigned digit = (unsigned)(text[i] - '0');

		if (digit > 9)
			return -EINVAL;
		if (n > max / 10 || n * 10 > max - digit)
			return -ERANGE;
		n = n * 10 + digit;
	}
	*out = n;
	return 0;
}

int
td_num_parse_text(uint64_t *out, const char *text, uint64_t max)
{
	return td_num_parse(out, text, strlen(text), max);
}

int
td_num_parse_hex(uint64_t *out, const char *text, size_t len)
{
	uint64_t n = 0;

	if (len == 0 || len > 16)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c >= '0' && c <= '9')
			n = n << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			n = n << 4 | (uint64_t)(c - 'a' + 10);
		else
			return -EINVAL;
	}
	*out = n;
	return 0;
}

/* The unit that *text begins with, in milliseconds; 0 if none. */
static uint64_t
unit_at(const char **text)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = {
		{ "ms", 1 }, { "s", SECOND_MS }, { "m", MINUTE_MS },
		{ "h", HOUR_MS }, { "d", DAY_MS },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t n = strlen(units[i].name);

		if (strncmp(*text, units[i].name, n) == 0) {
			*text += n;
			return units[i].ms;
		}
	}
	return 0;
}

int
td_num_parse_duration_ms(uint64_t *out, const char *text)
{
	uint64_t sum = 0, last_unit = UINT64_MAX;

	if (*text == '\0')
		return -EINVAL;
	while (*text != '\0') {
		size_t digits = strspn(text, "0123456789");
		uint64_t n, unit;
		int rc = td_num_parse(&n, text, digits, DURATION_MAX);

		if (rc != 0)
			return rc;
		text += digits;
		/* A bare number is seconds, and only if nothing else stands. */
		if (*text == '\0' && last_unit == UINT64_MAX)
			unit = SECOND_MS;
		else
			unit = unit_at(&text);
		if (unit == 0 || unit >= last_unit)
			return -EINVAL;
		if (n > (DURATION_MAX - sum) / unit)
			return -ERANGE;
		sum += n * unit;
		last_unit = unit;
	}
	*out = sum;
	return 0;
}

int
td_num_parse_bytes(uint64_t *out, const char *text)
{
	static const char letters[] = "KMGT";
	size_t digits = strspn(text, "0123456789");
	uint64_t n;
	unsigned shift = 0;
	int rc = td_num_parse(&n, text, digits, UINT64_MAX);

	if (rc != 0)
		return rc;
	if (text[digits] != '\0') {
		const char *letter = strchr(letters, text[digits]);

		if (letter == NULL || text[digits + 1] != '\0')
			return -EINVAL;
		shift = 10 * (unsigned)(letter - letters + 1);
	}
	if (n > UINT64_MAX >> shift)
		return -ERANGE;
	*out = n << shift;
	return 0;
}

void
td_num_format_duration(char out[static TD_NUM_DURATION_SIZE], uint64_t seconds)
{
	uint64_t d = seconds / 86400, h = seconds / 3600 % 24;
	uint64_t m = seconds / 60 % 60, s = seconds % 60;

	if (d > 0)
		(void)snprintf(out, TD_NUM_DURATION_SIZE,
		    "%" PRIu64 "d%02" PRIu64 "h", d, h);
	else if (h > 0)
		(void)snprintf(out, TD_NUM_DURATION_SIZE,
		    "%" PRIu64 "h%02" PRIu64 "m", h, m);
	else if (m > 0)
		(void)snprintf(out, TD_NUM_DURATION_SIZE,
		    "%" PRIu64 "m%02" PRIu64 "s", m, s);
	else
		(void)snprintf(out, TD_NUM_DURATION_SIZE, "%" PRIu64 "s", s);
}
