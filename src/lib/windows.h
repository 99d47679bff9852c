/*
 * Times of the week: "22:00-06:00, sat-sun 00:00-24:00".  Weekdays are those
 * on which a window begins.  A window is open whenever the wall clock, local
 * time, shows a time in it: in the night that has an hour twice that hour
 * counts twice, in the night that lacks one it does not count.
 *
 * Pure: the time is an argument, only the time zone is the process's own.
 */
#ifndef TD_LIB_WINDOWS_H
#define TD_LIB_WINDOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { TD_WINDOWS_MAX = 16 };

struct td_window {
	uint16_t from, until;	/* minutes of the day; until > 24 h: the next */
	uint8_t days;		/* on which it begins; bit 0 is Sunday */
};

/* {0} is always open. */
struct td_windows {
	struct td_window list[TD_WINDOWS_MAX];
	size_t n;
};

/* An empty text is no windows.  0, or TASKDIR_EFORMAT with *windows alone. */
int td_windows_parse(struct td_windows *windows, const char *text,
    struct td_err *err);

/* Whether NOW (Unix seconds) lies in one, and *until which later time that
 * holds at least; as a rule until it changes. */
bool td_windows_are_open(const struct td_windows *windows, uint64_t now,
    uint64_t *until);

/* NOW if it lies in one, else when the next opens. */
uint64_t td_windows_next_opening(const struct td_windows *windows,
    uint64_t now);

#endif
