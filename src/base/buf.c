#include "config.h"

#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
td_buf_reserve(struct td_buf *buf, size_t len)
{
	size_t need, size;
	char *data;

	if (buf->failed || len >= SIZE_MAX / 2 - buf->len) {
		buf->failed = true;
		return -ENOMEM;
	}
	need = buf->len + len + 1;
	if (need <= buf->size)
		return 0;
	size = buf->size < 64 ? 64 : buf->size;
	while (size < need)
		size *= 2;
	data = realloc(buf->data, size);
	if (data == NULL) {
		buf->failed = true;
		return -ENOMEM;
	}
	buf->data = data;
	buf->size = size;
	return 0;
}

void
td_buf_add(struct td_buf *buf, const void *bytes, size_t len)
{
	if (td_buf_reserve(buf, len) != 0)
		return;
	if (len > 0)
		memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void
td_buf_add_text(struct td_buf *buf, const char *text)
{
	td_buf_add(buf, text, strlen(text));
}

void
td_buf_add_char(struct td_buf *buf, char c)
{
	td_buf_add(buf, &c, 1);
}

void
td_buf_add_format(struct td_buf *buf, const char *format, ...)
{
	size_t room = buf->failed ? 0 : buf->size - buf->len;
	va_list ap, again;
	int n;

	va_start(ap, format);
	va_copy(again, ap);
	/* Mostly it fits. */
	n = vsnprintf(room == 0 ? NULL : buf->data + buf->len, room, format,
	    ap);
	va_end(ap);
	if (n >= 0 && td_buf_reserve(buf, (size_t)n) == 0) {
		if ((size_t)n >= room)
			(void)vsnprintf(buf->data + buf->len, (size_t)n + 1,
			    format, again);
		buf->len += (size_t)n;
	} else {
		buf->failed = true;
		if (room > 0)
			buf->data[buf->len] = '\0';
	}
	va_end(again);
}

void
td_buf_add_number(struct td_buf *buf, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number != 0);
	td_buf_add(buf, digits + at, sizeof(digits) - at);
}

const char *
td_buf_text(const struct td_buf *buf)
{
	return buf->data == NULL ? "" : buf->data;
}

int
td_buf_status(const struct td_buf *buf)
{
	return buf->failed ? -ENOMEM : 0;
}

void
td_buf_clear(struct td_buf *buf)
{
	buf->len = 0;
	buf->failed = false;
	if (buf->data != NULL)
		buf->data[0] = '\0';
}

void
td_buf_release(struct td_buf *buf)
{
	free(buf->data);
	*buf = (struct td_buf){ 0 };
}

char *
td_buf_detach(struct td_buf *buf)
{
	char *data;

	if (td_buf_reserve(buf, 0) != 0) {
		td_buf_release(buf);
		return NULL;
	}
	data = buf->data;
	data[buf->len] = '\0';
	*buf = (struct td_buf){ 0 };
	return data;
}
