#include "config.h"

#include "net/breaker.h"

static void
enter(struct td_breaker *breaker, enum td_breaker_state state,
    uint64_t now_ms, uint64_t until_ms)
{
	breaker->state = state;
	breaker->generation++;
	breaker->since_ms = now_ms;
	breaker->until_ms = until_ms;
	breaker->failures = 0;
}

void
td_breaker_open(struct td_breaker *breaker, uint64_t now_ms,
    uint64_t until_ms)
{
	enter(breaker, TD_BREAKER_OPEN, now_ms, until_ms);
}

void
td_breaker_close(struct td_breaker *breaker, uint64_t now_ms)
{
	enter(breaker, TD_BREAKER_CLOSED, now_ms, 0);
}

/* A state that began in the future is a clock that was set back: it lasts no
 * longer for that. */
static uint64_t
left(const struct td_breaker *breaker, uint64_t now_ms)
{
	uint64_t from = now_ms < breaker->since_ms ? breaker->since_ms :
	    now_ms;

	return breaker->until_ms > from ? breaker->until_ms - from : 0;
}

uint64_t
td_breaker_ask(struct td_breaker *breaker,
    const struct td_breaker_limits *limits, uint64_t now_ms,
    struct td_breaker_permit *permit)
{
	if (breaker->state != TD_BREAKER_CLOSED) {
		uint64_t wait = left(breaker, now_ms);

		if (wait > 0)
			return wait;
		enter(breaker, TD_BREAKER_HALF_OPEN, now_ms,
		    now_ms + limits->probe_ms);
	}
	*permit = (struct td_breaker_permit){
		.generation = breaker->generation,
		.told = breaker->told,
		.is_probe = breaker->state == TD_BREAKER_HALF_OPEN,
	};
	return 0;
}

/* One more in a row; those before the window do not count. */
static bool
count_failure(struct td_breaker *breaker,
    const struct td_breaker_limits *limits, uint64_t now_ms)
{
	if (breaker->failures > 0 && limits->window_ms != 0 &&
	    now_ms - breaker->first_ms > limits->window_ms)
		breaker->failures = 0;
	if (breaker->failures++ == 0)
		breaker->first_ms = now_ms;
	return limits->threshold != 0 &&
	    breaker->failures >= limits->threshold;
}

bool
td_breaker_tell(struct td_breaker *breaker,
    const struct td_breaker_limits *limits, uint64_t now_ms,
    const struct td_breaker_permit *permit, bool healthy)
{
	if (permit->generation != breaker->generation)
		return false;
	breaker->told += !healthy;
	if (breaker->state == TD_BREAKER_HALF_OPEN) {
		if (healthy)
			td_breaker_close(breaker, now_ms);
		else
			td_breaker_open(breaker, now_ms,
			    now_ms + limits->cooldown_ms);
		return true;
	}
	if (!healthy && count_failure(breaker, limits, now_ms)) {
		td_breaker_open(breaker, now_ms, now_ms + limits->cooldown_ms);
		return true;
	}
	if (healthy && permit->told == breaker->told)
		breaker->failures = 0;
	return false;
}
