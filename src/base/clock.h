/*
 * The two clocks.  Wall time is for due times and records, monotonic time for
 * every wait.  Modules take either as an argument; only programs ask.
 */
#ifndef TD_BASE_CLOCK_H
#define TD_BASE_CLOCK_H

#include <stdint.h>

/* Microseconds since the epoch, UTC. */
uint64_t td_clock_wall_us(void);

/* Milliseconds since some fixed instant of this boot. */
uint64_t td_clock_mono_ms(void);

/* Clock ticks since boot, suspend included: the unit of proc(5)'s starttime. */
uint64_t td_clock_boot_ticks(void);

#endif
