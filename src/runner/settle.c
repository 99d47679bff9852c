#include "config.h"

#include "runner/settle.h"

#include "lib/name.h"
#include "lib/retry.h"

static bool
is_permanent(const struct td_class_settings *settings, int exit_status)
{
	for (size_t i = 0; i < settings->n_permanent_exit; i++)
		if (exit_status >= 0 &&
		    settings->permanent_exit[i] == (uint64_t)exit_status)
			return true;
	return false;
}

static uint64_t
later(uint64_t now, uint64_t seconds)
{
	return seconds > TD_NAME_DUE_MAX - now ? TD_NAME_DUE_MAX :
	    now + seconds;
}

/* One more failure, as far as a name can count. */
static uint32_t
one_more(uint32_t tries)
{
	return tries < TD_NAME_TRIES_MAX ? tries + 1 : tries;
}

static struct td_verdict
dead(enum td_result result, uint32_t tries)
{
	return (struct td_verdict){
		.result = result,
		.move = TD_MOVE_DEAD,
		.tries = tries,
	};
}

/* A failed try: again, or no more. */
static struct td_verdict
failed(const struct td_outcome *outcome, const struct td_terms *terms,
    const struct td_class_settings *settings, uint64_t now, uint32_t random)
{
	uint32_t tries = one_more(terms->tries);
	bool last = !terms->retry ||
	    (terms->attempts != 0 && tries >= terms->attempts);
	enum td_result result = outcome->timed_out ? TD_RESULT_TIMEOUT :
	    outcome->crashed ? TD_RESULT_CRASHED :
	    last ? TD_RESULT_PERMANENT : TD_RESULT_RETRY;
	uint64_t wait;

	if (last && terms->goes_on && !outcome->crashed)
		return (struct td_verdict){
			.result = result,
			.move = TD_MOVE_DONE,
			.tries = tries,
		};
	if (last || outcome->too_many_crashes)
		return dead(result, tries);
	wait = outcome->crashed ? 0 :
	    outcome->has_next_in ? outcome->next_in_s :
	    td_retry_backoff_s(settings, tries, random);
	return (struct td_verdict){
		.result = result,
		.move = TD_MOVE_FAILED,
		.tries = tries,
		.due = later(now, wait),
	};
}

static bool
is_interruption(const struct td_outcome *outcome)
{
	if (outcome->exit == 0 || outcome->answer != TD_ANSWER_NONE)
		return false;
	return outcome->interrupted ||
	    (outcome->stopping && outcome->exit < 0 && !outcome->timed_out);
}

/* A worker says in words what an exit status says in numbers. */
static bool
has_succeeded(const struct td_outcome *outcome)
{
	if (outcome->answer == TD_ANSWER_NONE)
		return outcome->exit == 0;
	return outcome->answer == TD_ANSWER_OK ||
	    outcome->answer == TD_ANSWER_SNOOZE;
}

static bool
has_failed_for_good(const struct td_outcome *outcome,
    const struct td_class_settings *settings)
{
	if (outcome->answer == TD_ANSWER_NONE)
		return is_permanent(settings, outcome->exit);
	return outcome->answer == TD_ANSWER_PERMANENT;
}

struct td_verdict
td_settle(const struct td_outcome *outcome, const struct td_terms *terms,
    const struct td_class_settings *settings, uint64_t now, uint32_t random)
{
	struct td_verdict back = {
		.result = TD_RESULT_INTERRUPTED,
		.move = TD_MOVE_BACK,
		.tries = terms->tries,
	};

	if (outcome->refused)
		return dead(TD_RESULT_PERMANENT, terms->tries);
	if (outcome->cancelled)
		return dead(TD_RESULT_CANCELLED, one_more(terms->tries));
	if (outcome->not_started || outcome->crashed || outcome->timed_out)
		return failed(outcome, terms, settings, now, random);
	if (is_interruption(outcome))
		return back;
	if (has_succeeded(outcome) && outcome->has_next_in) {
		back.result = TD_RESULT_SNOOZE;
		back.due = later(now, outcome->next_in_s == 0 ? 1 :
		    outcome->next_in_s);
		return back;
	}
	if (has_succeeded(outcome))
		return (struct td_verdict){
			.result = TD_RESULT_OK,
			.move = TD_MOVE_DONE,
			.tries = terms->tries,
		};
	if (has_failed_for_good(outcome, settings))
		return dead(TD_RESULT_PERMANENT, one_more(terms->tries));
	return failed(outcome, terms, settings, now, random);
}
