#include "config.h"

#include "cli/escape.h"

#include <stdint.h>

/* The length of the UTF-8 sequence at TEXT and its code point; 0 if it is
 * none. */
static size_t
sequence(const unsigned char *text, size_t len, uint32_t *point)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = text[0] < 0x80 ? 1 : text[0] < 0xc2 ? 0 :
	    text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : text[0] < 0xf5 ? 4 : 0;

	if (n == 0 || n > len)
		return 0;
	*point = n == 1 ? text[0] : text[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		*point = *point << 6 | (text[i] & 0x3f);
	}
	if (*point < least[n] || *point > 0x10ffff ||
	    (*point >= 0xd800 && *point <= 0xdfff))
		return 0;
	return n;
}

static bool
is_safe(uint32_t point)
{
	return point >= 0x20 && !(point >= 0x7f && point <= 0x9f) &&
	    !(point >= 0x2028 && point <= 0x202e) &&
	    !(point >= 0x2066 && point <= 0x2069) && point != 0xfeff;
}

void
td_escape(struct td_buf *out, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t clean = 0;

	for (size_t i = 0; i < len;) {
		uint32_t point = 0;
		size_t n = sequence(p + i, len - i, &point);

		if (n > 0 && is_safe(point)) {
			i += n;
			continue;
		}
		td_buf_add(out, text + clean, i - clean);
		n = n > 0 ? n : 1;
		while (n-- > 0)
			td_buf_add_format(out, "\\x%02x", p[i++]);
		clean = i;
	}
	td_buf_add(out, text + clean, len - clean);
}

/* How many bytes of TEXT need neither an escape nor a look at UTF-8. */
static size_t
clean_run(const unsigned char *text, size_t len)
{
	size_t n = 0;

	while (n < len && text[n] >= 0x20 && text[n] < 0x80 &&
	    text[n] != '"' && text[n] != '\\')
		n++;
	return n;
}

void
td_escape_json(struct td_buf *out, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	uint32_t point = 0;

	td_buf_add_char(out, '"');
	for (size_t i = 0; i < len;) {
		size_t n = clean_run(p + i, len - i);

		td_buf_add(out, text + i, n);
		i += n;
		if (i == len)
			break;
		n = sequence(p + i, len - i, &point);
		if (n == 0)
			td_buf_add_text(out, "\xef\xbf\xbd");
		else if (point < 0x20)
			td_buf_add_format(out, "\\u%04x", (unsigned)point);
		else if (point == '"' || point == '\\')
			td_buf_add_format(out, "\\%c", (char)point);
		else
			td_buf_add(out, text + i, n);
		i += n > 0 ? n : 1;
	}
	td_buf_add_char(out, '"');
}
