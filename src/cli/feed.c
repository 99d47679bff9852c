#include "config.h"

#include "cli/feed.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { STEP = 256 << 10 };

static bool
would_wait(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, 0) == 0;
}

/* Makes room at the end by dropping what was handed out. */
static int
make_room(struct td_feed *feed)
{
	struct td_buf *buf = &feed->buf;

	if (feed->at > 0) {
		memmove(buf->data, buf->data + feed->at, buf->len - feed->at);
		buf->len -= feed->at;
		feed->seen -= feed->at;
		feed->at = 0;
	}
	return td_buf_reserve(buf, STEP);
}

static int
read_more(struct td_feed *feed)
{
	ssize_t n;
	int rc = make_room(feed);

	if (rc != 0)
		return rc;
	do {
		n = read(feed->fd, feed->buf.data + feed->buf.len, STEP);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	feed->ended = n == 0;
	feed->buf.len += (size_t)n;
	return 0;
}

/* The end of the open line: its LF, or the end of input; NULL: not there. */
static const char *
line_end(struct td_feed *feed)
{
	const char *end = NULL;

	if (feed->seen < feed->buf.len)
		end = memchr(feed->buf.data + feed->seen, '\n',
		    feed->buf.len - feed->seen);
	if (end == NULL && feed->ended && feed->at < feed->buf.len)
		end = feed->buf.data + feed->buf.len;
	feed->seen = end != NULL ? (size_t)(end - feed->buf.data) :
	    feed->buf.len;
	return end;
}

static int
hand_out(struct td_feed *feed, const char *end, const char **line, size_t *len)
{
	bool skipped = feed->skipping;

	*line = feed->buf.data + feed->at;
	*len = (size_t)(end - *line);
	feed->at += *len;
	if (feed->at < feed->buf.len)
		feed->at++;
	feed->seen = feed->at;
	feed->skipping = false;
	feed->line++;
	return skipped || *len > feed->max ? TD_FEED_TOO_LONG : TD_FEED_LINE;
}

int
td_feed_next(struct td_feed *feed, bool wait, const char **line, size_t *len)
{
	for (;;) {
		const char *end = line_end(feed);
		int rc;

		if (end != NULL)
			return hand_out(feed, end, line, len);
		if (feed->ended && !feed->skipping)
			return TD_FEED_END;
		if (feed->ended) {
			feed->skipping = false;
			feed->line++;
			return TD_FEED_TOO_LONG;
		}
		if (feed->buf.len - feed->at > feed->max) {
			feed->skipping = true;
			feed->at = feed->seen = feed->buf.len;
		}
		if (!wait && would_wait(feed->fd))
			return TD_FEED_LATER;
		rc = read_more(feed);
		if (rc != 0)
			return rc;
	}
}

void
td_feed_release(struct td_feed *feed)
{
	td_buf_release(&feed->buf);
}
