/*
 * Lines out of a stream of bytes that comes in pieces.  A line that lies
 * whole in one piece is handed on where it is; only one that is cut by the end
 * of a piece is kept.
 */
#ifndef TD_LOOP_FRAME_H
#define TD_LOOP_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* {0} is at the beginning of a line. */
struct td_frame {
	struct td_buf rest;	/* a line that has not ended yet */
	bool skipping;		/* it is too long: nothing of it is kept */
};

/* One line without its LF, and without a NUL behind it. */
typedef void td_frame_each(void *arg, const char *line, size_t len);

/*
 * LEN more bytes: calls EACH for every line that ends in them.  0; -EMSGSIZE
 * if a line got longer than MAX, -ENOMEM if one could not be kept: it is then
 * passed over, and the lines before and after it are as usual.
 */
int td_frame_take(struct td_frame *frame, const char *bytes, size_t len,
    size_t max, td_frame_each *each, void *arg);

/* There will be no more: a last line without LF is one too. */
void td_frame_end(struct td_frame *frame, td_frame_each *each, void *arg);
void td_frame_release(struct td_frame *frame);

#endif
