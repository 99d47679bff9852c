/*
 * A growing run of bytes.  {0} is an empty one; it always owns its memory.
 *
 * A failed append (no memory) sets `failed` and makes every later append do
 * nothing, so that a writer of many pieces checks once, at its end.
 */
#ifndef TD_BASE_BUF_H
#define TD_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct td_buf {
	char *data;	/* NUL-terminated at data[len] once added to */
	size_t len;
	size_t size;
	bool failed;
};

void td_buf_add(struct td_buf *buf, const void *bytes, size_t len);
void td_buf_add_text(struct td_buf *buf, const char *text);
void td_buf_add_char(struct td_buf *buf, char c);
void td_buf_add_number(struct td_buf *buf, uint64_t number);	/* decimal */
void td_buf_add_format(struct td_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Room for LEN more bytes: 0 or -ENOMEM. */
int td_buf_reserve(struct td_buf *buf, size_t len);

/* The text so far, "" for an empty one; valid until the next change. */
const char *td_buf_text(const struct td_buf *buf);

/* 0, or -ENOMEM if any append failed. */
int td_buf_status(const struct td_buf *buf);

/* Forgets the content and any failure, keeps the memory. */
void td_buf_clear(struct td_buf *buf);
void td_buf_release(struct td_buf *buf);

/* Hands the text (never NULL but on failure) to the caller, who frees it. */
char *td_buf_detach(struct td_buf *buf);

#endif
