#include "config.h"

/*
 * The tokens of classes with a rate: the timer for the next one, and run/rates
 * for those that come slower than a runner is started anew.
 */

#include "base/clock.h"
#include "base/log.h"
#include "lib/rates.h"
#include "runner/core.h"

#include <stdlib.h>
#include <string.h>

/* From one token a second on they are written down. */
#define SLOW_NS	UINT64_C(1000000000)

/* "run --once" each minute keeps to a rate and loses no turn by it. */
bool
td_tokens_come_soon(const struct td_runner *runner)
{
	uint64_t at = td_planner_next_token(&runner->planner);

	return at != 0 && at < runner->loop.now_ms + TD_RATES_PATIENCE_MS;
}

/* Nothing to do: the turn that follows looks for tokens. */
static void
on_token(struct td_timer *timer)
{
	(void)timer;
}

void
td_tokens_start_timer(struct td_runner *runner)
{
	uint64_t at = td_planner_next_token(&runner->planner);

	runner->token.fire = on_token;
	if (at == 0)
		td_loop_clear_timer(&runner->loop, &runner->token);
	else if (runner->token.place == 0 || runner->token.at_ms != at)
		(void)td_loop_set_timer(&runner->loop, &runner->token, at);
}

/* A line that cannot be written costs only what a new runner knows. */
void
td_tokens_note(struct td_runner *runner, struct td_class *class)
{
	uint64_t now_ms = td_clock_wall_us() / 1000;
	uint64_t token_ms = td_standing_token(class);
	struct td_rates_line line = { .next_ms = now_ms };
	int rc = 0;

	class = td_class_whole(class);
	if (class->settings.rate_ns < SLOW_NS)
		return;
	if (token_ms > runner->loop.now_ms)
		line.next_ms += token_ms - runner->loop.now_ms;
	memcpy(line.class_enc, class->class_enc, sizeof(line.class_enc));
	if (runner->rates_fd < 0)
		rc = runner->rates_fd = td_rates_open(runner->spool->run_fd);
	if (rc >= 0 && class->token_line == 0)
		class->token_line = ++runner->n_rates;
	if (rc >= 0)
		rc = td_rates_set(runner->rates_fd, class->token_line - 1,
		    &line);
	if (rc < 0)
		td_log(TD_LOG_WARNING, "runner", "cannot write run/rates: %s",
		    strerror(-rc));
}

static void
keep(struct td_runner *runner, const struct td_rates_line *line,
    uint64_t now_ms)
{
	uint32_t number = td_note_class(runner, 0, line->class_enc,
	    strlen(line->class_enc));
	struct td_class *class;

	if (number == 0)
		return;
	class = td_planner_get(&runner->planner, number);
	if (class->settings.rate_ns < SLOW_NS)
		return;
	td_standing_set_token(class, runner->loop.now_ms,
	    runner->loop.now_ms + (line->next_ms - now_ms));
	td_tokens_note(runner, class);
}

int
td_tokens_load(struct td_runner *runner)
{
	uint64_t now_ms = td_clock_wall_us() / 1000;
	struct td_rates_line *lines = NULL;
	size_t n = 0;
	int rc = td_rates_read(runner->spool->run_fd, &lines, &n);

	for (size_t i = 0; i < n; i++)
		if (lines[i].next_ms > now_ms)
			keep(runner, &lines[i], now_ms);
	free(lines);
	return rc;
}
