#include "config.h"

/* Preloaded into a runner, makes it hold 500 MB; its handlers do not get it. */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HELD	((size_t)500 << 20)

static void hold(void) __attribute__((constructor));

static void
hold(void)
{
	void *held = mmap(NULL, HELD, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0);

	if (held == MAP_FAILED)
		abort();
	/* Small pages, which are what a fork would have to copy. */
	(void)madvise(held, HELD, MADV_NOHUGEPAGE);
	memset(held, 1, HELD);
}
