/*
 * run/breaker/SERVICE: where a service's circuit breaker stands, as one line,
 *
 *	STATE GENERATION SINCE UNTIL
 *
 * STATE is "closed", "open" or "half-open"; the times are milliseconds of the
 * wall clock (see net/breaker.h).  Without a file it is closed.  The hub writes
 * it at each change of state, "taskdir service reset-breaker" and
 * "open-breaker" do by hand; each first takes the lock of the folder, reads,
 * decides and replaces the file as a whole.
 */
#ifndef TD_LIB_BREAKERFILE_H
#define TD_LIB_BREAKERFILE_H

#include <stdint.h>

struct td_breaker_line {
	unsigned state;		/* 0 closed, 1 open, 2 half open */
	uint64_t generation;
	uint64_t since_ms, until_ms;
};

/* "closed", "open", "half-open". */
const char *td_breaker_state_name(unsigned state);

/* Opens run/breaker/, made if it is missing: a descriptor or negated errno. */
int td_breakerfile_open(int run_fd);
/* The same for readers: -ENOENT if it is missing. */
int td_breakerfile_look(int run_fd);

/* Holds the folder's lock, which closing the descriptor gives up: one, or
 * negated errno.  Never waits long: it is held for one decision. */
int td_breakerfile_lock(int dir_fd);

/* 0, *line all zero where there is no file or it says nothing; errno. */
int td_breakerfile_read(int dir_fd, const char *service,
    struct td_breaker_line *line);
/* 0 or negated errno. */
int td_breakerfile_write(int dir_fd, const char *service,
    const struct td_breaker_line *line);

#endif
