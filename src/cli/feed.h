/*
 * Lines of standard input, read in large pieces, for a reader that wants to
 * know when there is nothing more at the moment.
 */
#ifndef TD_CLI_FEED_H
#define TD_CLI_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* {0} plus fd and max. */
struct td_feed {
	int fd;
	size_t max;		/* bytes of a line */
	uint64_t line;		/* number of the last one, from 1 */
	struct td_buf buf;
	size_t at;		/* of the first byte not handed out */
	size_t seen;		/* up to here there is no LF */
	bool ended;
	bool skipping;		/* the rest of a line that is too long */
};

enum td_feed_result {
	TD_FEED_END,
	TD_FEED_LINE,		/* valid until the next call */
	TD_FEED_LATER,		/* nothing more without waiting */
	TD_FEED_TOO_LONG,	/* a line was longer than max: skipped */
};

/* The next line without LF.  WAIT: never TD_FEED_LATER.  A result, or negated
 * errno. */
int td_feed_next(struct td_feed *feed, bool wait, const char **line,
    size_t *len);
void td_feed_release(struct td_feed *feed);

#endif
