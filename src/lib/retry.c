#include "config.h"

#include "lib/retry.h"

#define FIRST_S		60
#define LONGEST_S	86400

static uint64_t
doubling_s(uint32_t failures)
{
	uint64_t s = FIRST_S;

	for (uint32_t i = 1; i < failures && s < LONGEST_S; i++)
		s *= 2;
	return s < LONGEST_S ? s : LONGEST_S;
}

static uint64_t
listed_s(const struct td_class_settings *settings, uint32_t failures)
{
	size_t i = failures > 0 ? failures - 1 : 0;

	if (i >= settings->n_backoff)
		i = settings->n_backoff - 1;
	return settings->backoff_s[i];
}

uint64_t
td_retry_backoff_s(const struct td_class_settings *settings,
    uint32_t failures, uint32_t random)
{
	uint64_t s = settings->n_backoff > 0 ? listed_s(settings, failures) :
	    doubling_s(failures);
	/* As a fraction: the product of the three exceeds 64 bits. */
	double jitter = (double)s * (double)settings->jitter_percent / 100 *
	    ((double)random / UINT32_MAX);

	return s + (uint64_t)jitter;
}

bool
td_retry_reaches_longest(const struct td_class_settings *settings,
    uint32_t failures)
{
	if (settings->n_backoff > 0)
		return failures == settings->n_backoff;
	return doubling_s(failures) == LONGEST_S &&
	    doubling_s(failures - 1) < LONGEST_S;
}
