#include "config.h"

#include "cli/pace.h"

#include <string.h>

#include "cli/history.h"

/* Lines of the past that are read at most, some tenths of a second's work; and
 * by how many seconds lines may be out of order. */
enum { PAST_MAX = 200000, DISORDER_S = 5 };

_Static_assert((int)TD_PACE_SECONDS > (int)TD_PACE_LONG + 1,
    "the ring must hold the longest window and this second");

/* The ring's place for a second, or NULL if that is too long ago (or ahead:
 * the clock was set). */
static struct td_pace_second *
place(struct td_pace *pace, uint64_t second)
{
	struct td_pace_second *at = &pace->seconds[second % TD_PACE_SECONDS];

	if (second > pace->now || second + TD_PACE_SECONDS <= pace->now)
		return NULL;
	if (at->second != second)
		*at = (struct td_pace_second){ .second = second };
	return at;
}

static int
add_line(void *arg, const struct td_runlog_line *line)
{
	struct td_pace *pace = arg;
	struct td_pace_second *start = NULL, *end;

	if (line->start > 0)
		start = place(pace, (uint64_t)line->start);
	if (start != NULL)
		start->started++;
	end = place(pace, (uint64_t)line->end);
	if (end == NULL)
		return 0;
	end->done += line->result == TD_RESULT_OK;
	end->failed += td_history_failed(line);
	return 0;
}

static int
add_past(void *arg, const struct td_runlog_line *line)
{
	struct td_pace *pace = arg;
	int rc = 0;

	/* From the first line backwards: what comes later the tail tells. */
	if (pace->n++ == 0)
		rc = td_runlog_tail_start(&pace->tail, pace->log_fd);
	if (rc != 0)
		return rc;
	if (line->end + TD_PACE_SECONDS + DISORDER_S < (double)pace->now)
		return 1;
	if (pace->n > PAST_MAX) {
		pace->since = (uint64_t)line->end + 1;
		return 1;
	}
	return add_line(pace, line);
}

int
td_pace_start(struct td_pace *pace, int log_fd, uint64_t now)
{
	int rc;

	*pace = (struct td_pace){ .log_fd = log_fd, .now = now };
	rc = td_runlog_read_back(log_fd, td_runlog_day(now - TD_PACE_SECONDS),
	    0, add_past, pace);
	if (rc >= 0 && pace->n == 0)
		rc = td_runlog_tail_start(&pace->tail, log_fd);
	return rc < 0 ? rc : 0;
}

int
td_pace_follow(struct td_pace *pace, uint64_t now)
{
	pace->now = now;
	return td_runlog_tail_next(&pace->tail, pace->log_fd, add_line, pace);
}

void
td_pace_clear_running(struct td_pace *pace)
{
	for (unsigned i = 0; i < TD_PACE_SECONDS; i++)
		pace->seconds[i].running = 0;
}

void
td_pace_add_running(struct td_pace *pace, uint64_t start)
{
	struct td_pace_second *at = place(pace, start);

	if (at != NULL)
		at->running++;
}

struct td_pace_rate
td_pace_over(const struct td_pace *pace, unsigned seconds)
{
	struct td_pace_rate rate = {0};
	unsigned n = 0;

	for (uint64_t s = pace->now - seconds; s < pace->now; s++) {
		const struct td_pace_second *at =
		    &pace->seconds[s % TD_PACE_SECONDS];

		if (s < pace->since)
			continue;
		n++;
		if (at->second != s)
			continue;
		rate.started += at->started + at->running;
		rate.done += at->done;
		rate.failed += at->failed;
	}
	if (n == 0)
		return rate;
	return (struct td_pace_rate){
		rate.started / n, rate.done / n, rate.failed / n,
	};
}
