/*
 * The words in which top says its figures, on a screen as on paper.
 */
#ifndef TD_CLI_TOP_TEXT_H
#define TD_CLI_TOP_TEXT_H

#include <stdint.h>

#include "cli/table.h"
#include "cli/top.h"

enum { TD_TOP_TEXT_SIZE = 64 };

/* "up 2h05m, pid 17", "paused, pid 17", "none": how it is to be shown. */
enum td_style td_top_text_runner(char out[static TD_TOP_TEXT_SIZE],
    const struct td_top *top);

/* "3 of 8", or "3" where the number of slots is not known. */
void td_top_text_slots(char out[static TD_TOP_TEXT_SIZE],
    const struct td_top *top);

/* "12.4/s, 8.1/s in a minute" */
void td_top_text_rate(char out[static TD_TOP_TEXT_SIZE], double recent,
    double minute);

/* "12.4 8.1": the same where there is little room. */
void td_top_text_rates(char out[static TD_TOP_TEXT_SIZE], double recent,
    double minute);

/* "12.3G" */
void td_top_text_bytes(char out[static TD_TOP_TEXT_SIZE], uint64_t bytes);

#endif
