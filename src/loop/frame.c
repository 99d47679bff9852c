#include "config.h"

#include "loop/frame.h"

#include <errno.h>
#include <string.h>

/* What is kept of a line grows by LEN bytes. */
static int
keep(struct td_frame *frame, const char *bytes, size_t len, size_t max)
{
	int rc = 0;

	if (frame->skipping)
		return 0;
	if (len > max || frame->rest.len > max - len)
		rc = -EMSGSIZE;
	else {
		td_buf_add(&frame->rest, bytes, len);
		rc = td_buf_status(&frame->rest);
	}
	if (rc != 0) {
		td_buf_release(&frame->rest);
		frame->skipping = true;
	}
	return rc;
}

/* The line that these bytes end. */
static int
finish(struct td_frame *frame, const char *bytes, size_t len, size_t max,
    td_frame_each *each, void *arg)
{
	int rc = 0;

	if (frame->rest.len == 0 && !frame->skipping && len <= max) {
		each(arg, bytes, len);
		return 0;
	}
	rc = keep(frame, bytes, len, max);
	if (!frame->skipping)
		each(arg, td_buf_text(&frame->rest), frame->rest.len);
	frame->skipping = false;
	td_buf_clear(&frame->rest);
	return rc;
}

int
td_frame_take(struct td_frame *frame, const char *bytes, size_t len,
    size_t max, td_frame_each *each, void *arg)
{
	int result = 0;

	while (len > 0) {
		const char *end = memchr(bytes, '\n', len);
		size_t n = end == NULL ? len : (size_t)(end - bytes);
		int rc = end == NULL ? keep(frame, bytes, n, max) :
		    finish(frame, bytes, n, max, each, arg);

		if (rc != 0)
			result = rc;
		if (end == NULL)
			break;
		bytes = end + 1;
		len -= n + 1;
	}
	return result;
}

void
td_frame_end(struct td_frame *frame, td_frame_each *each, void *arg)
{
	if (frame->rest.len > 0)
		each(arg, td_buf_text(&frame->rest), frame->rest.len);
	frame->skipping = false;
	td_buf_clear(&frame->rest);
}

void
td_frame_release(struct td_frame *frame)
{
	td_buf_release(&frame->rest);
	frame->skipping = false;
}
