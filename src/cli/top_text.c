#include "config.h"

#include "cli/top_text.h"

#include <stdio.h>

#include "base/num.h"

enum td_style
td_top_text_runner(char out[static TD_TOP_TEXT_SIZE], const struct td_top *top)
{
	char age[TD_NUM_DURATION_SIZE];

	if (!top->is_up) {
		(void)snprintf(out, TD_TOP_TEXT_SIZE, "none%s",
		    top->is_paused ? ", paused" : "");
		return TD_STYLE_BAD;
	}
	td_num_format_duration(age, top->now > top->runner.since ?
	    top->now - top->runner.since : 0);
	(void)snprintf(out, TD_TOP_TEXT_SIZE, "%s %s, pid %ld",
	    top->is_paused ? "paused, up" : "up", age,
	    (long)top->runner.pid);
	return top->is_paused ? TD_STYLE_WARN : TD_STYLE_GOOD;
}

void
td_top_text_slots(char out[static TD_TOP_TEXT_SIZE], const struct td_top *top)
{
	if (top->n_places == 0)
		(void)snprintf(out, TD_TOP_TEXT_SIZE, "%zu", top->n_busy);
	else
		(void)snprintf(out, TD_TOP_TEXT_SIZE, "%zu of %u",
		    top->n_busy, top->n_places);
}

/* Three digits say enough: "0.25", "12.4", "3120". */
static const char *
format_rate(char out[static TD_TOP_TEXT_SIZE], double rate)
{
	int digits = rate >= 100 || rate <= 0 ? 0 : rate >= 10 ? 1 : 2;

	(void)snprintf(out, TD_TOP_TEXT_SIZE, "%.*f", digits, rate);
	return out;
}

void
td_top_text_rate(char out[static TD_TOP_TEXT_SIZE], double recent,
    double minute)
{
	char a[TD_TOP_TEXT_SIZE], b[TD_TOP_TEXT_SIZE];

	(void)snprintf(out, TD_TOP_TEXT_SIZE, "%.16s/s, %.16s/s in a minute",
	    format_rate(a, recent), format_rate(b, minute));
}

void
td_top_text_rates(char out[static TD_TOP_TEXT_SIZE], double recent,
    double minute)
{
	char a[TD_TOP_TEXT_SIZE], b[TD_TOP_TEXT_SIZE];

	(void)snprintf(out, TD_TOP_TEXT_SIZE, "%.16s %.16s",
	    format_rate(a, recent), format_rate(b, minute));
}

void
td_top_text_bytes(char out[static TD_TOP_TEXT_SIZE], uint64_t bytes)
{
	static const char units[] = "BKMGTPE";
	double n = (double)bytes;
	size_t i = 0;

	for (; n >= 1000 && units[i + 1] != '\0'; i++)
		n /= 1024;
	(void)snprintf(out, TD_TOP_TEXT_SIZE, i == 0 || n >= 100 ? "%.0f%c" :
	    "%.1f%c", n, units[i]);
}
