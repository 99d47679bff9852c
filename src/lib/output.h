/*
 * Captured output: log/output/ID.TRY, and slot-N while a task runs.
 */
#ifndef TD_LIB_OUTPUT_H
#define TD_LIB_OUTPUT_H

#include <stdint.h>

#include "lib/name.h"

enum { TD_OUTPUT_NAME_SIZE = TD_NAME_ID_SIZE + 12 };

/* "ID.TRY" and "slot-N". */
void td_output_name(char out[static TD_OUTPUT_NAME_SIZE], const char *id,
    uint32_t try);
void td_output_slot_name(char out[static TD_OUTPUT_NAME_SIZE], unsigned slot);

/* The highest try of which output of ID is kept: 0 if none, or errno. */
int td_output_last_try(int log_fd, const char *id, uint32_t *try);

#endif
