#include "config.h"

#include "lib/cron.h"
#include "lib/cron_fields.h"

/* More times of a day than these are told by their hours. */
enum { TIMES_MAX = 12 };

static const char *const months[] = {
	"", "January", "February", "March", "April", "May", "June", "July",
	"August", "September", "October", "November", "December",
};

static const char *const weekdays[] = {
	"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
	"Saturday", "Sunday",
};

/* Sets */

static int
count(uint64_t set)
{
	return __builtin_popcountll(set);
}

static int
first_of(uint64_t set)
{
	return __builtin_ctzll(set);
}

static int
last_of(uint64_t set)
{
	return 63 - __builtin_clzll(set);
}

/* How many there are in a row from N on. */
static int
run_from(uint64_t set, int n)
{
	int len = 0;

	while (n + len < 64 && (set >> (n + len) & 1) != 0)
		len++;
	return len;
}

static bool
is_run(uint64_t set)
{
	return run_from(set, first_of(set)) == count(set);
}

static uint64_t
all_of(enum td_cron_field field)
{
	const struct td_cron_limits *limits = &td_cron_limits[field];

	return (UINT64_C(2) << limits->last) - (UINT64_C(1) << limits->min);
}

static bool
is_full(const struct td_cron *cron, enum td_cron_field field)
{
	return cron->set[field] == all_of(field);
}

/* The step of an even row that ends only with the field; 0: none.  Two are a
 * row only where they divide the field in halves. */
static int
step_of(uint64_t set, int end)
{
	uint64_t rest = set & (set - 1);
	int first = first_of(set), step;

	if (rest == 0)
		return 0;
	step = first_of(rest) - first;
	if (step < 2 || last_of(set) + step < end ||
	    (count(set) == 2 && (first != 0 || step * 2 != end)))
		return 0;
	for (int i = first; i < end; i += step)
		set &= ~(UINT64_C(1) << i);
	return set == 0 ? step : 0;
}

/* Lists */

/* The comma or the "and" before the next of a list. */
static void
add_separator(struct td_buf *buf, bool is_first, bool is_last)
{
	if (!is_first)
		td_buf_add_text(buf, is_last ? " and " : ", ");
}

static void
add_value(struct td_buf *buf, const char *const *names, int value)
{
	if (names != NULL)
		td_buf_add_text(buf, names[value]);
	else
		td_buf_add_format(buf, "%d", value);
}

/* "1, 5 and 9 to 12" */
static void
add_list(struct td_buf *buf, uint64_t set, const char *const *names)
{
	bool is_first = true;

	while (set != 0) {
		int value = first_of(set), n = run_from(set, value);

		if (n < 3)
			n = 1;
		set &= ~(((UINT64_C(1) << n) - 1) << value);
		add_separator(buf, is_first, set == 0);
		add_value(buf, names, value);
		if (n > 1) {
			td_buf_add_text(buf, " to ");
			add_value(buf, names, value + n - 1);
		}
		is_first = false;
	}
}

/* The time of day */

static void
add_time(struct td_buf *buf, int hour, int minute)
{
	td_buf_add_format(buf, "%02d:%02d", hour, minute);
}

/* "at 09:00, 09:30 and 17:00" */
static void
add_times(struct td_buf *buf, uint64_t hours, uint64_t minutes)
{
	bool is_first = true;

	td_buf_add_text(buf, "at ");
	for (uint64_t h = hours; h != 0; h &= h - 1)
		for (uint64_t m = minutes; m != 0; m &= m - 1) {
			add_separator(buf, is_first,
			    (h & (h - 1)) == 0 && (m & (m - 1)) == 0);
			add_time(buf, first_of(h), first_of(m));
			is_first = false;
		}
}

/* What happens within each hour. */
static void
add_minutes(struct td_buf *buf, uint64_t minutes)
{
	int step = step_of(minutes, 60);

	if (minutes == all_of(TD_CRON_MINUTE)) {
		td_buf_add_text(buf, "every minute");
	} else if (step != 0) {
		td_buf_add_format(buf, "every %d minutes", step);
		if (first_of(minutes) != 0 || 60 % step != 0)
			td_buf_add_format(buf, " from minute %d of each hour",
			    first_of(minutes));
	} else {
		td_buf_add_text(buf, count(minutes) == 1 ? "at minute " :
		    "at minutes ");
		add_list(buf, minutes, NULL);
		td_buf_add_text(buf, " of each hour");
	}
}

static void
add_from_to(struct td_buf *buf, uint64_t hours, uint64_t minutes)
{
	td_buf_add_text(buf, " from ");
	add_time(buf, first_of(hours), first_of(minutes));
	td_buf_add_text(buf, " to ");
	add_time(buf, last_of(hours), last_of(minutes));
}

/* One minute of each listed hour, and these are an even row. */
static bool
add_hours(struct td_buf *buf, uint64_t hours, uint64_t minutes)
{
	int step = step_of(hours, 24);
	bool is_round = minutes == 1 && first_of(hours) == 0;

	if (count(minutes) != 1)
		return false;
	if (step != 0)
		td_buf_add_format(buf, "every %d hours", step);
	else if (is_run(hours) && count(hours) > 2)
		td_buf_add_text(buf, "every hour");
	else
		return false;
	if (!is_round || (step != 0 ? 24 % step != 0 : count(hours) != 24))
		add_from_to(buf, hours, minutes);
	return true;
}

/* Whether each of the times was named. */
static bool
add_time_of_day(struct td_buf *buf, uint64_t hours, uint64_t minutes)
{
	bool is_every_hour = hours == all_of(TD_CRON_HOUR);

	if (is_every_hour && minutes != 1) {
		add_minutes(buf, minutes);
		return false;
	}
	if (add_hours(buf, hours, minutes))
		return false;
	if (count(hours) * count(minutes) <= TIMES_MAX &&
	    (count(minutes) <= 2 || step_of(minutes, 60) == 0)) {
		add_times(buf, hours, minutes);
		return true;
	}
	add_minutes(buf, minutes);
	if (is_run(hours)) {
		add_from_to(buf, hours, minutes);
	} else {
		td_buf_add_text(buf, ", in the hours ");
		add_list(buf, hours, NULL);
	}
	return false;
}

/* The day */

/* A week may be told from Monday to Sunday. */
static void
add_weekdays(struct td_buf *buf, uint64_t set, bool with_on)
{
	uint64_t from_monday = (set & ~UINT64_C(1)) | (set & 1) << 7;
	uint64_t shown = is_run(from_monday) || !is_run(set) ? from_monday :
	    set;
	bool with_to = is_run(shown) && count(set) > 2;

	td_buf_add_text(buf, with_to && !with_on ? "" : "on ");
	add_list(buf, shown, weekdays);
}

static void
add_days(struct td_buf *buf, const struct td_cron *cron, bool with_months)
{
	td_buf_add_text(buf, count(cron->set[TD_CRON_DAY]) == 1 ? "on day " :
	    "on days ");
	add_list(buf, cron->set[TD_CRON_DAY], NULL);
	td_buf_add_text(buf, " of ");
	if (with_months)
		add_list(buf, cron->set[TD_CRON_MONTH], months);
	else
		td_buf_add_text(buf, "the month");
}

/* Which of the two fields leave days out.  Where neither text is "*" the
 * sooner counts, and of all days and some that is all. */
static void
look_at_days(const struct td_cron *cron, bool *day, bool *weekday)
{
	bool both = !cron->any[TD_CRON_DAY] && !cron->any[TD_CRON_WEEKDAY];

	*day = !is_full(cron, TD_CRON_DAY);
	*weekday = !is_full(cron, TD_CRON_WEEKDAY);
	if (both && !(*day && *weekday))
		*day = *weekday = false;
}

void
td_cron_words(const struct td_cron *cron, struct td_buf *buf)
{
	bool with_months = !is_full(cron, TD_CRON_MONTH), day, weekday, times;

	if (cron->reboot) {
		td_buf_add_text(buf, "at the start of the machine");
		return;
	}
	times = add_time_of_day(buf, cron->set[TD_CRON_HOUR],
	    cron->set[TD_CRON_MINUTE]);
	look_at_days(cron, &day, &weekday);
	if (times && !day && !weekday)
		td_buf_add_text(buf, ", every day");
	if (day) {
		td_buf_add_text(buf, ", ");
		add_days(buf, cron, with_months && !weekday);
		with_months &= weekday;
	}
	if (weekday) {
		td_buf_add_text(buf, day ? " or " : ", ");
		add_weekdays(buf, cron->set[TD_CRON_WEEKDAY], day);
	}
	if (with_months) {
		td_buf_add_text(buf, times && !day && !weekday ? " in " :
		    ", in ");
		add_list(buf, cron->set[TD_CRON_MONTH], months);
	}
}
