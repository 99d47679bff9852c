/*
 * Numbers, durations and sizes as people and files write them.
 *
 * All parsers take exactly the whole text, never a sign, blank or overflow,
 * and leave *out alone on failure.
 */
#ifndef TD_BASE_NUM_H
#define TD_BASE_NUM_H

#include <stddef.h>
#include <stdint.h>

/* LEN decimal digits (1 or more), value <= MAX: 0, -EINVAL or -ERANGE. */
int td_num_parse(uint64_t *out, const char *text, size_t len, uint64_t max);

/* A NUL-terminated one. */
int td_num_parse_text(uint64_t *out, const char *text, uint64_t max);

/* LEN lower-case hex digits (1..16): 0 or -EINVAL. */
int td_num_parse_hex(uint64_t *out, const char *text, size_t len);

/*
 * DUR of the command line: "90" (seconds), "1500ms", "5m", "2h30m", "1d".
 * Milliseconds: 0, -EINVAL, -ERANGE (more than 100 years).
 */
int td_num_parse_duration_ms(uint64_t *out, const char *text);

/* A size in bytes, with an optional K, M, G, T (powers of 1024). */
int td_num_parse_bytes(uint64_t *out, const char *text);

/* "3d04h", "2h30m", "5m10s", "42s": two units at most, for tables. */
enum { TD_NUM_DURATION_SIZE = 24 };
void td_num_format_duration(char out[static TD_NUM_DURATION_SIZE],
    uint64_t seconds);

#endif
