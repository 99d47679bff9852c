#include "config.h"

/*
 * What the limits of its class have to do with it: how many run, windows,
 * rates, keys.
 */
#include "cli/why.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/when.h"
#include "lib/rates.h"
#include "lib/scoreboard.h"

static uint64_t
max_of_all(const struct td_why *why)
{
	struct td_runner_settings runner;

	td_settings_runner(why->conf->settings, &runner);
	return td_settings_max_running(&runner);
}

/* Of those that the runner's max_running counts. */
static bool
takes_place(const struct td_why *why, const char *class_enc)
{
	char class_name[TD_NAME_CLASS_SIZE];
	struct td_class_settings class;

	td_name_decode_class(class_name, class_enc, strlen(class_enc));
	td_settings_class(why->conf->settings, class_name, &class);
	return !class.hub;
}

static void
say_running(struct td_why *why, const char *class_enc,
    const struct td_class_settings *class)
{
	struct td_scoreboard_line *lines = NULL;
	uint64_t max_running = max_of_all(why);
	uint64_t of_class_max = td_settings_class_tasks(class);
	bool of_service = of_class_max == class->max_in_flight;
	size_t n = 0, of_class = 0, places = 0;

	if (td_scoreboard_read_all(why->conf->spool.run_fd, &lines, &n) != 0)
		n = 0;
	for (size_t i = 0; i < n; i++) {
		of_class += strcmp(lines[i].class_enc, class_enc) == 0;
		places += takes_place(why, lines[i].class_enc);
	}
	free(lines);
	if (of_class_max != 0 && of_class >= of_class_max)
		td_why_say(why, "class-limit", "%zu of its class run, and the "
		    "%s is %" PRIu64, of_class, of_service ?
		    "service's max_in_flight" : "class's max_running",
		    of_service ? class->max_in_flight : class->max_running);
	if (!class->hub && places >= max_running)
		td_why_say(why, "runner-limit", "%zu tasks run, and the "
		    "runner's max_running is %" PRIu64, places, max_running);
}

/* "in 5m (2026-11-20 06:00)" */
static const char *
when(const struct td_why *why, uint64_t time, char *out, size_t size)
{
	char relative[TD_WHEN_SIZE], absolute[TD_WHEN_SIZE];

	td_when_format_relative(relative, (int64_t)time, why->out->now);
	td_when_format(absolute, (int64_t)time, why->out->utc);
	(void)snprintf(out, size, "%s (%s)", relative, absolute);
	return out;
}

/* At its time, or now if that is past. */
static void
say_window(struct td_why *why, const struct td_found *found,
    const char *class_name, const struct td_class_settings *class)
{
	uint64_t now = (uint64_t)why->out->now;
	uint64_t time = found->name.due > now ? found->name.due : now;
	uint64_t opening = td_windows_next_opening(&class->windows, time);
	char text[2 * TD_WHEN_SIZE + 8];

	if (class->windows.n > 0 && opening != time)
		td_why_say(why, "window", "its class starts only at %s; it "
		    "may %s", td_settings_lookup(why->conf->settings,
		    class_name, "window", NULL), when(why, opening, text,
		    sizeof(text)));
}

/* The next token of a slow rate, 0 if there is one now. */
static uint64_t
next_token(const struct td_why *why, const char *class_enc)
{
	struct td_rates_line *lines = NULL;
	uint64_t next = 0;
	size_t n = 0;

	if (td_rates_read(why->conf->spool.run_fd, &lines, &n) != 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (strcmp(lines[i].class_enc, class_enc) == 0)
			next = (lines[i].next_ms + 999) / 1000;
	free(lines);
	return next;
}

static void
say_rate(struct td_why *why, const char *class_enc, const char *class_name,
    const struct td_class_settings *class)
{
	uint64_t next = next_token(why, class_enc);
	char text[2 * TD_WHEN_SIZE + 8];

	if (class->rate_ns != 0 && next > (uint64_t)why->out->now)
		td_why_say(why, "rate", "its class starts no more than %s; "
		    "the next may %s", td_settings_lookup(why->conf->settings,
		    class_name, "rate", NULL), when(why, next, text,
		    sizeof(text)));
}

struct twin {
	const struct td_found *found;
	char id[TD_NAME_ID_SIZE];
};

static int
match_twin(void *arg, enum td_state state, const char *text,
    const struct td_name *name)
{
	struct twin *twin = arg;
	const struct td_name *own = &twin->found->name;

	(void)state;
	(void)text;
	if (name->key != own->key || name->class_len != own->class_len ||
	    memcmp(name->class_enc, own->class_enc, own->class_len) != 0)
		return 0;
	memcpy(twin->id, name->id, name->id_len);
	twin->id[name->id_len] = '\0';
	return 1;
}

static void
say_key(struct td_why *why, const struct td_found *found)
{
	struct twin twin = { .found = found };

	if (td_select_walk(&why->conf->spool, TD_SELECT_CUR,
	    &(struct td_select_walk){ .each = match_twin, .arg = &twin }) == 1)
		td_why_say(why, "key-busy", "%s of the same key runs, and its "
		    "class has serial_by_key", twin.id);
}

void
td_why_limits(struct td_why *why, const struct td_found *found,
    const char *class_enc, const char *class_name)
{
	struct td_class_settings class;

	td_settings_class(why->conf->settings, class_name, &class);
	say_running(why, class_enc, &class);
	say_window(why, found, class_name, &class);
	say_rate(why, class_enc, class_name, &class);
	if (class.serial_by_key)
		say_key(why, found);
}
