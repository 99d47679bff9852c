#include "config.h"

#include "cli/feed.h"
#include "harness.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { MAX = 10 };

static int pipe_fd[2];

static void
open_pipe(struct td_feed *feed)
{
	ck_assert_int_eq(pipe(pipe_fd), 0);
	*feed = (struct td_feed){ .fd = pipe_fd[0], .max = MAX };
}

static void
send_text(const char *text)
{
	ck_assert_int_eq(write(pipe_fd[1], text, strlen(text)),
	    (ssize_t)strlen(text));
}

static void
comes(struct td_feed *feed, enum td_feed_result want, const char *text)
{
	const char *line = NULL;
	size_t len = 0;

	ck_assert_int_eq(td_feed_next(feed, false, &line, &len), (int)want);
	if (want != TD_FEED_LINE)
		return;
	ck_assert_uint_eq(len, strlen(text));
	ck_assert_mem_eq(line, text, len);
}

START_TEST(lines_come_one_by_one)
{
	struct td_feed feed;

	open_pipe(&feed);
	send_text("one\n\ntwo\nthr");
	comes(&feed, TD_FEED_LINE, "one");
	comes(&feed, TD_FEED_LINE, "");
	comes(&feed, TD_FEED_LINE, "two");
	comes(&feed, TD_FEED_LATER, NULL);
	send_text("ee\n");
	comes(&feed, TD_FEED_LINE, "three");
	ck_assert_uint_eq(feed.line, 4);
	comes(&feed, TD_FEED_LATER, NULL);
	send_text("last");
	(void)close(pipe_fd[1]);
	comes(&feed, TD_FEED_LINE, "last");
	comes(&feed, TD_FEED_END, NULL);
	comes(&feed, TD_FEED_END, NULL);
	td_feed_release(&feed);
}
END_TEST

START_TEST(a_long_line_is_skipped_and_counted)
{
	struct td_feed feed;

	open_pipe(&feed);
	send_text("0123456789\n0123456789a\n");
	comes(&feed, TD_FEED_LINE, "0123456789");
	comes(&feed, TD_FEED_TOO_LONG, NULL);
	/* In pieces, each of which is read by itself. */
	send_text("0123456789abc");
	comes(&feed, TD_FEED_LATER, NULL);
	send_text("0123456789abc");
	comes(&feed, TD_FEED_LATER, NULL);
	send_text("end\nshort\n");
	comes(&feed, TD_FEED_TOO_LONG, NULL);
	comes(&feed, TD_FEED_LINE, "short");
	ck_assert_uint_eq(feed.line, 4);
	send_text("0123456789abc");
	comes(&feed, TD_FEED_LATER, NULL);
	(void)close(pipe_fd[1]);
	comes(&feed, TD_FEED_TOO_LONG, NULL);
	comes(&feed, TD_FEED_END, NULL);
	td_feed_release(&feed);
}
END_TEST

START_TEST(an_empty_input_ends_at_once)
{
	struct td_feed feed;

	open_pipe(&feed);
	(void)close(pipe_fd[1]);
	comes(&feed, TD_FEED_END, NULL);
	td_feed_release(&feed);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ lines_come_one_by_one, 0 },
		{ a_long_line_is_skipped_and_counted, 0 },
		{ an_empty_input_ends_at_once, 0 },
	};

	return td_harness_run("feed", tests, sizeof(tests) / sizeof(tests[0]));
}
