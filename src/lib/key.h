/*
 * The dedup key: the first 64 bits of the SHA-256 of a task's identity.
 */
#ifndef TD_LIB_KEY_H
#define TD_LIB_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/task.h"

/* First 64 bits, big-endian, of SHA-256: 0 or -ENOMEM. */
int td_key_hash(uint64_t *key, const void *bytes, size_t len);

/* td_task_identity, hashed: 0 or -ENOMEM. */
int td_key_of_task(uint64_t *key, const struct td_task *task,
    const char *owner);

#endif
