#include "config.h"

#include "base/clock.h"

#include <time.h>
#include <unistd.h>

static struct timespec
read_clock(clockid_t id)
{
	struct timespec t = { 0 };

	(void)clock_gettime(id, &t);
	return t;
}

uint64_t
td_clock_wall_us(void)
{
	struct timespec t = read_clock(CLOCK_REALTIME);

	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t
td_clock_mono_ms(void)
{
	struct timespec t = read_clock(CLOCK_MONOTONIC);

	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t
td_clock_boot_ticks(void)
{
	struct timespec t = read_clock(CLOCK_BOOTTIME);
	uint64_t hz = (uint64_t)sysconf(_SC_CLK_TCK);

	return (uint64_t)t.tv_sec * hz +
	    (uint64_t)t.tv_nsec / (UINT64_C(1000000000) / hz);
}
