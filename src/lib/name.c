#include "config.h"

#include "lib/name.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { DUE_LEN = 10, TRIES_LEN_MAX = 9, SUFFIX_LEN = 5 };
enum { MAKE_TIME_LEN = 13, MAKE_RANDOM_LEN = 8 };

_Static_assert(DUE_LEN + 1 + TD_NAME_CLASS_MAX + 1 + TD_NAME_KEY_LEN + 1 +
    TD_NAME_ID_MAX + 1 + TRIES_LEN_MAX + SUFFIX_LEN < TD_NAME_SIZE - 1,
    "the longest name stays under 255 bytes");

/* What a byte may be part of.  A table, because a runner that starts before a
 * million files looks here sixty million times. */
enum {
	DIGIT = 1,		/* 0-9 */
	HEX = 2,		/* 0-9 a-f */
	ID = 4,			/* A-Z a-z 0-9 - */
	PART = 8,		/* A-Z a-z 0-9 . _ - */
	PART_START = 16,	/* A-Z a-z 0-9 _ */
};

#define LETTER	(ID | PART | PART_START)

/* clang-format off */
static const unsigned char kind[256] = {
	['0'] = DIGIT | HEX | LETTER, ['1'] = DIGIT | HEX | LETTER,
	['2'] = DIGIT | HEX | LETTER, ['3'] = DIGIT | HEX | LETTER,
	['4'] = DIGIT | HEX | LETTER, ['5'] = DIGIT | HEX | LETTER,
	['6'] = DIGIT | HEX | LETTER, ['7'] = DIGIT | HEX | LETTER,
	['8'] = DIGIT | HEX | LETTER, ['9'] = DIGIT | HEX | LETTER,
	['a'] = HEX | LETTER, ['b'] = HEX | LETTER, ['c'] = HEX | LETTER,
	['d'] = HEX | LETTER, ['e'] = HEX | LETTER, ['f'] = HEX | LETTER,
	['g'] = LETTER, ['h'] = LETTER, ['i'] = LETTER, ['j'] = LETTER,
	['k'] = LETTER, ['l'] = LETTER, ['m'] = LETTER, ['n'] = LETTER,
	['o'] = LETTER, ['p'] = LETTER, ['q'] = LETTER, ['r'] = LETTER,
	['s'] = LETTER, ['t'] = LETTER, ['u'] = LETTER, ['v'] = LETTER,
	['w'] = LETTER, ['x'] = LETTER, ['y'] = LETTER, ['z'] = LETTER,
	['A'] = LETTER, ['B'] = LETTER, ['C'] = LETTER, ['D'] = LETTER,
	['E'] = LETTER, ['F'] = LETTER, ['G'] = LETTER, ['H'] = LETTER,
	['I'] = LETTER, ['J'] = LETTER, ['K'] = LETTER, ['L'] = LETTER,
	['M'] = LETTER, ['N'] = LETTER, ['O'] = LETTER, ['P'] = LETTER,
	['Q'] = LETTER, ['R'] = LETTER, ['S'] = LETTER, ['T'] = LETTER,
	['U'] = LETTER, ['V'] = LETTER, ['W'] = LETTER, ['X'] = LETTER,
	['Y'] = LETTER, ['Z'] = LETTER,
	['_'] = PART | PART_START, ['.'] = PART, ['-'] = ID | PART,
};
/* clang-format on */

static bool
is(char c, int want)
{
	return (kind[(unsigned char)c] & want) != 0;
}

/* How many bytes from TEXT on are of kind WANT; NUL is of none. */
static size_t
run_of(const char *text, int want)
{
	size_t n = 0;

	while (is(text[n], want))
		n++;
	return n;
}

/* The class at TEXT: its length, or 0 if what stands there is none.  Stops at
 * END, or at the first byte that no class holds if END is NULL. */
static size_t
class_at(const char *text, const char *end)
{
	const char *p = text;

	for (;;) {
		if (p == end || !is(*p, PART_START))
			return 0;
		do
			p++;
		while (p != end && is(*p, PART));
		if (p == end || *p != '%')
			break;
		if ((end != NULL && end - p < 3) || p[1] != '5' ||
		    p[2] != 'C')
			return 0;
		p += 3;
	}
	return p - text <= TD_NAME_CLASS_MAX ? (size_t)(p - text) : 0;
}

static uint64_t
decimal(const char *text, size_t len)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len; i++)
		n = n * 10 + (uint64_t)(text[i] - '0');
	return n;
}

static uint64_t
hexadecimal(const char *text, size_t len)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		n = n << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return n;
}

/* tries and what follows it, to the end of the name. */
static bool
parse_tail(struct td_name *name, const char *p)
{
	size_t n = run_of(p, DIGIT);

	if (n == 0 || n > TRIES_LEN_MAX || (n > 1 && *p == '0'))
		return false;
	name->tries = (uint32_t)decimal(p, n);
	name->ask = strcmp(p + n, ".ask") == 0;
	return name->ask || strcmp(p + n, ".json") == 0;
}

int
td_name_parse(struct td_name *name, const char *text)
{
	struct td_name it = { 0 };
	const char *p = text;
	size_t n;

	if (run_of(p, DIGIT) != DUE_LEN || p[DUE_LEN] != ',')
		return -EINVAL;
	it.due = decimal(p, DUE_LEN);
	p += DUE_LEN + 1;

	n = class_at(p, NULL);
	if (n == 0 || p[n] != ',')
		return -EINVAL;
	it.class_enc = p;
	it.class_len = (uint8_t)n;
	p += n + 1;

	if (run_of(p, HEX) != TD_NAME_KEY_LEN || p[TD_NAME_KEY_LEN] != ',')
		return -EINVAL;
	it.key = hexadecimal(p, TD_NAME_KEY_LEN);
	p += TD_NAME_KEY_LEN + 1;

	n = run_of(p, ID);
	if (n == 0 || n > TD_NAME_ID_MAX || p[n] != ',')
		return -EINVAL;
	it.id = p;
	it.id_len = (uint8_t)n;

	if (!parse_tail(&it, p + n + 1))
		return -EINVAL;
	*name = it;
	return 0;
}

static char *
put_decimal(char *out, uint64_t n, size_t width)
{
	for (size_t i = width; i > 0; i--) {
		out[i - 1] = (char)('0' + n % 10);
		n /= 10;
	}
	return out + width;
}

static char *
put_hex(char *out, uint64_t n, size_t width)
{
	for (size_t i = width; i > 0; i--) {
		out[i - 1] = "0123456789abcdef"[n & 15];
		n >>= 4;
	}
	return out + width;
}

static char *
put_bytes(char *out, const char *bytes, size_t len)
{
	memcpy(out, bytes, len);
	return out + len;
}

static size_t
decimal_width(uint64_t n)
{
	size_t width = 1;

	while (n >= 10) {
		n /= 10;
		width++;
	}
	return width;
}

int
td_name_format(char out[static TD_NAME_SIZE], const struct td_name *name)
{
	char *p = out;

	if (name->due > TD_NAME_DUE_MAX || name->tries > TD_NAME_TRIES_MAX ||
	    !td_name_class_is_valid(name->class_enc, name->class_len) ||
	    !td_name_id_is_valid(name->id, name->id_len))
		return -ERANGE;

	p = put_decimal(p, name->due, DUE_LEN);
	*p++ = ',';
	p = put_bytes(p, name->class_enc, name->class_len);
	*p++ = ',';
	p = put_hex(p, name->key, TD_NAME_KEY_LEN);
	*p++ = ',';
	p = put_bytes(p, name->id, name->id_len);
	*p++ = ',';
	p = put_decimal(p, name->tries, decimal_width(name->tries));
	/* With the NUL of either. */
	if (name->ask)
		(void)put_bytes(p, ".ask", sizeof(".ask"));
	else
		(void)put_bytes(p, ".json", sizeof(".json"));
	return 0;
}

static bool
is_separator(char c)
{
	return c == '\\' || c == ':' || c == '/';
}

/*
 * Writes the encoded form to OUT while looking for a fault: NULL if there is
 * none and *n, the form's length, tells whether it fitted.
 */
static const char *
encode(char *out, size_t *n, size_t *where, const char *text, size_t len)
{
	size_t i = len > 0 && is_separator(text[0]) ? 1 : 0;
	bool at_start = true;

	*n = 0;
	for (; i < len; i++) {
		bool separator = is_separator(text[i]);
		size_t step = separator ? 3 : 1;

		*where = i;
		if (!separator && !is(text[i], PART))
			return "a byte that is none of A-Z a-z 0-9 _ . -";
		if (at_start && separator)
			return "empty part";
		if (at_start && !is(text[i], PART_START))
			return text[i] == '.' ?
			    "a part that begins with \".\"" :
			    "a part that begins with \"-\"";
		at_start = separator;
		if (*n + step <= TD_NAME_CLASS_MAX)
			memcpy(out + *n, separator ? "%5C" : text + i, step);
		*n += step;
	}
	*where = len;
	return at_start ? "empty part" : NULL;
}

const char *
td_name_class_fault(size_t *where, const char *text, size_t len)
{
	char out[TD_NAME_CLASS_SIZE];
	size_t n, at;
	const char *fault = encode(out, &n, &at, text, len);

	if (fault == NULL && n > TD_NAME_CLASS_MAX) {
		fault = "longer than 128 bytes (a \"\\\" counts as three)";
		at = 0;
	}
	if (fault != NULL)
		*where = at;
	return fault;
}

int
td_name_encode_class(char out[static TD_NAME_CLASS_SIZE], const char *text,
    size_t len)
{
	char it[TD_NAME_CLASS_SIZE];
	size_t n, where;

	if (encode(it, &n, &where, text, len) != NULL)
		return -EINVAL;
	if (n > TD_NAME_CLASS_MAX)
		return -ERANGE;
	memcpy(out, it, n);
	out[n] = '\0';
	return 0;
}

void
td_name_decode_class(char out[static TD_NAME_CLASS_SIZE], const char *encoded,
    size_t len)
{
	size_t n = 0;

	assert(len <= TD_NAME_CLASS_MAX);
	for (size_t i = 0; i < len; i++) {
		if (encoded[i] == '%') {
			out[n++] = '\\';
			i += 2;
		} else
			out[n++] = encoded[i];
	}
	out[n] = '\0';
}

bool
td_name_class_is_valid(const char *encoded, size_t len)
{
	return len > 0 && class_at(encoded, encoded + len) == len;
}

bool
td_name_id_is_valid(const char *text, size_t len)
{
	if (len == 0 || len > TD_NAME_ID_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is(text[i], ID))
			return false;
	return true;
}

/* Ids must differ, not be secret: where the kernel gives no random bytes (a
 * system call filter), the time and the process do. */
static uint32_t
random_bits(void)
{
	struct timespec now = { 0 };
	uint32_t bits;

	if (getrandom(&bits, sizeof(bits), 0) == (ssize_t)sizeof(bits))
		return bits;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return ((uint32_t)now.tv_nsec ^ (uint32_t)getpid() << 12) *
	    UINT32_C(2654435761);
}

void
td_name_make_id(char out[static TD_NAME_ID_SIZE], uint64_t now_us)
{
	char *p = put_hex(out, now_us, MAKE_TIME_LEN);

	*p++ = '-';
	p = put_hex(p, random_bits(), MAKE_RANDOM_LEN);
	*p = '\0';
}

bool
td_name_is_ignored(const char *name)
{
	static const char *const suffixes[] = {
		"~", ".tmp", ".part", ".filepart", ".swp",
	};
	size_t len = strlen(name);

	if (name[0] == '.' || name[0] == '#')
		return true;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t n = strlen(suffixes[i]);

		if (len >= n && memcmp(name + len - n, suffixes[i], n) == 0)
			return true;
	}
	return false;
}
