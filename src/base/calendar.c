#include "config.h"

#include "base/calendar.h"

/* Years begin in March here, so that the leap day is the last of one, and are
 * counted in eras of 400, after which the calendar repeats. */
enum { ERA_YEARS = 400, ERA_DAYS = 146097, TO_1970 = 719468 };

static int64_t
divide_down(int64_t n, int64_t by)
{
	return n / by - (n % by < 0);
}

int64_t
td_calendar_number(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = divide_down(y, ERA_YEARS);
	int64_t in_era = y - era * ERA_YEARS;
	int64_t in_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 +
	    day - 1;

	return era * ERA_DAYS + in_era * 365 + in_era / 4 - in_era / 100 +
	    in_year - TO_1970;
}

struct td_date
td_calendar_date(int64_t number)
{
	int64_t n = number + TO_1970;
	int64_t era = divide_down(n, ERA_DAYS);
	int64_t day = n - era * ERA_DAYS;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t in_year = day - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * in_year + 2) / 153;
	struct td_date date = {
		.day = (int)(in_year - (153 * month + 2) / 5 + 1),
		.month = (int)(month < 10 ? month + 3 : month - 9),
	};

	date.year = (int)(era * ERA_YEARS + year + (date.month <= 2));
	return date;
}

int
td_calendar_weekday(int64_t number)
{
	int64_t n = number + 4;

	return (int)(n - divide_down(n, 7) * 7);
}

bool
td_calendar_is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int
td_calendar_days_in(int year, int month)
{
	static const int days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31,
	};

	return days[month - 1] + (month == 2 && td_calendar_is_leap(year));
}

int64_t
td_calendar_day_of(int64_t seconds)
{
	return divide_down(seconds, TD_CALENDAR_DAY);
}
