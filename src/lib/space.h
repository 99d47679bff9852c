/*
 * Whether the file system has room above the floor that the settings name:
 * work is refused before it is accepted, never half-way.
 */
#ifndef TD_LIB_SPACE_H
#define TD_LIB_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* On a small file system half of it is floor enough. */
struct td_space_floor {
	uint64_t bytes;		/* 0: no floor */
	uint64_t inodes;	/* 0: no floor */
};

/* What is free on FD's file system, for this user. */
struct td_space {
	uint64_t bytes;
	uint64_t inodes;
	uint64_t all_bytes;	/* free or not */
	uint64_t all_inodes;	/* 0: the file system has no such limit */
};

int td_space_read(struct td_space *space, int fd);

/* 0; -ENOSPC with what is short in err; errno. */
int td_space_check(const struct td_space_floor *floor, int fd,
    struct td_err *err);

#endif
