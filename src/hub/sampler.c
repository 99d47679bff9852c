#include "config.h"

#include "hub/sampler.h"

#include <stdlib.h>

enum { SECOND_MS = 1000 };

/* A service each. */
struct td_sampler {
	const struct td_service *service;
	uint64_t since_ms;	/* of the second that is counted */
	unsigned n;		/* shown in it */
	struct td_sampler *next;
};

static struct td_sampler *
find(struct td_sampler **sampler, const struct td_service *service)
{
	struct td_sampler *at = *sampler;

	while (at != NULL && at->service != service)
		at = at->next;
	if (at != NULL)
		return at;
	at = calloc(1, sizeof(*at));
	if (at == NULL)
		return NULL;
	at->service = service;
	at->next = *sampler;
	*sampler = at;
	return at;
}

bool
td_sampler_takes(struct td_sampler **sampler,
    const struct td_service *service, uint64_t now_ms)
{
	struct td_sampler *at = find(sampler, service);

	if (at == NULL)
		return true;
	if (at->n == 0 || now_ms - at->since_ms >= SECOND_MS) {
		at->since_ms = now_ms;
		at->n = 0;
	}
	if (at->n >= TD_SAMPLER_RATE)
		return false;
	at->n++;
	return true;
}

void
td_sampler_free(struct td_sampler *sampler)
{
	while (sampler != NULL) {
		struct td_sampler *at = sampler;

		sampler = at->next;
		free(at);
	}
}
