#include "config.h"

/*
 * The next run against a model that knows nothing of spans, masks and jumps:
 * it writes down what the clock shows in every minute of some days, and goes
 * by the words of lib/cron.h.
 */
#include "cron.h"
#include "harness.h"

#include <errno.h>

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

enum {
	DAY = 24 * 60,		/* minutes, as everything here */
	BEFORE = 2 * DAY,	/* what lies before the instant asked for */
	WINDOW = 6 * DAY,
	ROUNDS = 40,		/* instants a zone and a policy */
	EXPRESSIONS = 8,	/* for each of them */
};

static const char *const zones[] = {
	"UTC", "Europe/Madrid", "America/New_York", "Australia/Lord_Howe",
	"Asia/Kathmandu", "Africa/Casablanca", "America/Sao_Paulo",
	"Pacific/Apia", "America/Havana", "Antarctica/Troll", "Asia/Gaza",
	"Antarctica/Casey", "Asia/Pyongyang", "Europe/Dublin",
	"America/Caracas", "Pacific/Kwajalein", "Africa/Monrovia",
	"Atlantic/Azores",
};

/* Random expressions */

static void
add_item(struct td_buf *buf, uint64_t *seed, int min, int max)
{
	int span = max - min + 1;
	int a = min + (int)(cron_random(seed) % (unsigned)span);
	int b = min + (int)(cron_random(seed) % (unsigned)span);
	int step = 1 + (int)(cron_random(seed) % (unsigned)max);

	switch (cron_random(seed) % 6) {
	case 0:
		td_buf_add_format(buf, "*/%d", step);
		break;
	case 1:
		td_buf_add_format(buf, "%d-%d", a < b ? a : b, a < b ? b : a);
		break;
	case 2:
		td_buf_add_format(buf, "%d-%d/%d", a < b ? a : b,
		    a < b ? b : a, step);
		break;
	case 3:
		td_buf_add_format(buf, "%d/%d", a, step);
		break;
	default:
		td_buf_add_format(buf, "%d", a);
	}
}

static void
add_field(struct td_buf *buf, uint64_t *seed, int min, int max, int stars)
{
	int n = 1 + (int)(cron_random(seed) % 3);

	if ((int)(cron_random(seed) % 8) < stars) {
		td_buf_add_text(buf, "*");
		return;
	}
	for (int i = 0; i < n; i++) {
		td_buf_add_text(buf, i > 0 ? "," : "");
		add_item(buf, seed, min, max);
	}
}

/* Hours near those at which clocks change come up often. */
static void
make_expression(struct td_buf *buf, uint64_t *seed)
{
	td_buf_clear(buf);
	add_field(buf, seed, 0, 59, 2);
	td_buf_add_text(buf, " ");
	if (cron_random(seed) % 2 == 0)
		add_field(buf, seed, 0, 3, 0);
	else
		add_field(buf, seed, 0, 23, 3);
	td_buf_add_text(buf, " ");
	add_field(buf, seed, 1, 31, 5);
	td_buf_add_text(buf, " ");
	add_field(buf, seed, 1, 12, 6);
	td_buf_add_text(buf, " ");
	add_field(buf, seed, 0, 7, 5);
}

/* The model */

struct model {
	const struct td_zone *zone;
	int64_t begin;			/* its first minute, since 1970 */
	int64_t shown[WINDOW];		/* minutes of the wall clock */
	/* By wall clock minutes from WALL on: how often shown, and when. */
	int64_t wall;
	int n[WINDOW + 4 * DAY];
	int at[WINDOW + 4 * DAY][2];
	struct tm tm[WINDOW / DAY + 4];	/* their days */
	bool runs[WINDOW];
};

enum { WALL_MINUTES = WINDOW + 4 * DAY };

/* From the midnight before. */
static void
read_calendar(struct model *model)
{
	model->wall = model->begin / DAY * DAY - 2 * DAY;
	for (int i = 0; i < WALL_MINUTES / DAY; i++) {
		time_t seconds = (time_t)((model->wall + i * DAY) * 60);

		ck_assert_ptr_nonnull(gmtime_r(&seconds, &model->tm[i]));
	}
}

static void
look_at_clock(struct model *model)
{
	memset(model->n, 0, sizeof(model->n));
	read_calendar(model);
	for (int i = 0; i < WINDOW; i++) {
		struct td_zone_span span;
		int64_t shown, in_wall;

		td_zone_at(model->zone, (model->begin + i) * 60, &span);
		shown = model->shown[i] = model->begin + i + span.offset / 60;
		in_wall = shown - model->wall;
		/* An assertion that holds is a write to Check's pipe. */
		if (in_wall < 0 || in_wall >= WALL_MINUTES)
			ck_abort_msg("outside of the model");
		if (model->n[in_wall] < 2)
			model->at[in_wall][model->n[in_wall]] = i;
		model->n[in_wall]++;
	}
}

static bool
is_listed(const struct model *model, const struct td_cron *cron,
    int64_t in_wall)
{
	const struct tm *tm = &model->tm[in_wall / DAY];
	bool day = (cron->set[TD_CRON_DAY] >> tm->tm_mday & 1) != 0;
	bool weekday = (cron->set[TD_CRON_WEEKDAY] >> tm->tm_wday & 1) != 0;

	if (cron->any[TD_CRON_WEEKDAY])
		weekday = day;
	else if (cron->any[TD_CRON_DAY])
		day = weekday;
	return (cron->set[TD_CRON_MINUTE] >> in_wall % 60 & 1) != 0 &&
	    (cron->set[TD_CRON_HOUR] >> in_wall % DAY / 60 & 1) != 0 &&
	    (cron->set[TD_CRON_MONTH] >> (tm->tm_mon + 1) & 1) != 0 &&
	    (day || weekday);
}

static bool
has_day(const struct model *model, int64_t in_wall)
{
	int64_t first = in_wall - in_wall % DAY;

	for (int64_t i = first; i < first + DAY; i++)
		if (model->n[i] > 0)
			return true;
	return false;
}

/* A listed time that no clock shows. */
static void
move_missing(struct model *model, enum td_cron_policy policy, int64_t in_wall)
{
	if (policy == TD_CRON_SKIP || !has_day(model, in_wall))
		return;
	while (in_wall < WALL_MINUTES && model->n[in_wall] == 0)
		in_wall += 60;
	if (in_wall < WALL_MINUTES)
		model->runs[model->at[in_wall][0]] = true;
}

/* One that clocks show twice. */
static void
choose_doubled(struct model *model, const struct td_cron *cron,
    enum td_cron_policy policy, int64_t in_wall)
{
	int hour = (int)(in_wall % DAY / 60);
	bool runs_into = (cron->set[TD_CRON_HOUR] >> (hour + 23) % 24 & 1) !=
	    0;
	bool both = runs_into || policy == TD_CRON_TWICE;

	model->runs[model->at[in_wall][0]] |= both ||
	    policy == TD_CRON_FIRST;
	model->runs[model->at[in_wall][1]] |= both ||
	    policy != TD_CRON_FIRST;
}

static void
plan(struct model *model, const struct td_cron *cron,
    enum td_cron_policy policy)
{
	int64_t first = model->shown[0] - model->wall;
	int64_t last = model->shown[WINDOW - 1] - model->wall;

	memset(model->runs, 0, sizeof(model->runs));
	for (int64_t i = first; i <= last; i++) {
		if (!is_listed(model, cron, i))
			continue;
		if (model->n[i] == 0)
			move_missing(model, policy, i);
		else if (model->n[i] == 1)
			model->runs[model->at[i][0]] = true;
		else
			choose_doubled(model, cron, policy, i);
	}
}

static void
compare(const struct model *model, const struct td_cron *cron,
    enum td_cron_policy policy, const char *expr, int64_t after)
{
	struct td_cron_time next = { .when = INT64_MAX };
	/* What comes near the end may depend on what lies behind it. */
	int end = WINDOW - DAY - 120, i = (int)(after / 60 - model->begin) + 1;
	int rc = td_cron_next(cron, model->zone, policy, after, &next);
	int64_t want;

	while (i < end && !model->runs[i])
		i++;
	want = (model->begin + i) * 60;
	if (i < end)
		ck_assert_msg(rc == 0 && next.when == want, "%s in %s, %s, "
		    "from %lld: %lld, want %lld", expr, model->zone->name,
		    td_cron_policy_name(policy), (long long)after,
		    (long long)next.when, (long long)want);
	else
		ck_assert_msg(next.when >= want, "%s in %s, %s, from %lld: "
		    "%lld, want none before %lld", expr, model->zone->name,
		    td_cron_policy_name(policy), (long long)after,
		    (long long)next.when, (long long)want);
}

/* Half of the instants lie around a change of the clock.  From 1973 on all
 * offsets are whole minutes. */
static int64_t
make_instant(const struct td_zone *zone, uint64_t *seed)
{
	int64_t first = cron_at("1973-01-10T00:00:00Z");
	int64_t last = cron_at("2101-01-01T00:00:00Z");
	int64_t when = first + (int64_t)(cron_random(seed) %
	    (uint64_t)(last - first));
	struct td_zone_span span;

	td_zone_at(zone, when, &span);
	if (cron_random(seed) % 2 == 0 && span.begin > first)
		when = span.begin + (int64_t)(cron_random(seed) %
		    ((uint64_t)DAY * 60)) - DAY * 60 * 3 / 4;
	return when;
}

START_TEST(the_next_run_is_the_models)
{
	static struct model model;
	uint64_t seed = 0x9e3779b97f4a7c15 + (uint64_t)_i;
	struct td_buf buf = { 0 };
	struct td_zone zone = { 0 };

	ck_assert_int_eq(td_zone_open(&zone, zones[_i], NULL), 0);
	model.zone = &zone;
	for (int round = 0; round < ROUNDS; round++) {
		int64_t after = make_instant(&zone, &seed);

		model.begin = after / 60 - BEFORE;
		look_at_clock(&model);
		for (int k = 0; k < EXPRESSIONS * 4; k++) {
			enum td_cron_policy policy = (enum td_cron_policy)
			    (k % 4);
			struct td_cron cron;

			if (k % 4 == 0)
				make_expression(&buf, &seed);
			if (td_cron_read(&cron, td_buf_text(&buf), NULL, NULL,
			    NULL) != 0)
				continue;
			plan(&model, &cron, policy);
			compare(&model, &cron, policy, td_buf_text(&buf),
			    after);
		}
	}
	td_buf_release(&buf);
	td_zone_release(&zone);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ the_next_run_is_the_models, N_OF(zones) },
	};

	return td_harness_run("cron_model", tests, N_OF(tests));
}
