/*
 * The calendar without clocks and zones: days counted from 1970-01-01 (day 0,
 * a Thursday) in the Gregorian calendar, which is taken to hold for ever.
 */
#ifndef TD_BASE_CALENDAR_H
#define TD_BASE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

enum {
	TD_CALENDAR_HOUR = 3600,	/* seconds */
	TD_CALENDAR_DAY = 86400,
};

struct td_date {
	int year;
	int month;	/* 1 to 12 */
	int day;	/* 1 to 31 */
};

/* The number of a day; MONTH and DAY must be of the calendar. */
int64_t td_calendar_number(int year, int month, int day);

struct td_date td_calendar_date(int64_t number);

/* 0 is Sunday. */
int td_calendar_weekday(int64_t number);

int td_calendar_days_in(int year, int month);
bool td_calendar_is_leap(int year);

/* The day on which this second of a wall clock lies, rounded down. */
int64_t td_calendar_day_of(int64_t seconds);

#endif
