#include "config.h"

/*
 * Where a class stands: idle, blocked, or in one of the rankings that say
 * which class is next: to become due, to get a token, to start a task.
 */
#include "runner/planner.h"

/* The bucket of a class holds what its rate gives in this time, and at least
 * one token: timers of milliseconds cannot do more than catch up. */
#define BUCKET_NS	UINT64_C(10000000)

#define NS_PER_MS	UINT64_C(1000000)

enum { PRIORITY_MAX = 9 };

static struct td_class *
class_of(struct td_rank *rank)
{
	return (struct td_class *)((char *)rank - offsetof(struct td_class,
	    rank));
}

/* Tokens.  Where each costs its interval, the time when the bucket is full
 * again says all. */

/* How long before it is full the bucket has a token. */
static uint64_t
ahead_ns(const struct td_class *class)
{
	uint64_t interval = class->settings.rate_ns;

	return interval < BUCKET_NS ? BUCKET_NS - interval : 0;
}

uint64_t
td_standing_token(struct td_class *class)
{
	uint64_t ahead = ahead_ns(class);

	class = td_class_whole(class);
	if (class->settings.rate_ns == 0 || class->token_ns <= ahead)
		return 0;
	return (class->token_ns - ahead + NS_PER_MS - 1) / NS_PER_MS;
}

void
td_standing_set_token(struct td_class *class, uint64_t mono_ms,
    uint64_t token_ms)
{
	uint64_t latest = mono_ms * NS_PER_MS + class->settings.rate_ns;
	uint64_t token_ns = token_ms * NS_PER_MS;

	class = td_class_whole(class);
	class->token_ns = (token_ns < latest ? token_ns : latest) +
	    ahead_ns(class);
}

void
td_standing_spend(struct td_class *class, uint64_t mono_ms)
{
	uint64_t now_ns = mono_ms * NS_PER_MS;

	if (class->settings.rate_ns == 0)
		return;
	class = td_class_whole(class);
	if (class->token_ns < now_ns)
		class->token_ns = now_ns;
	class->token_ns += class->settings.rate_ns;
}

void
td_standing_unspend(struct td_class *class)
{
	class = td_class_whole(class);
	if (class->token_ns > class->settings.rate_ns)
		class->token_ns -= class->settings.rate_ns;
}

/* Windows.  What they say is asked anew only when it may have changed. */

static bool
is_open(const struct td_planner *planner, struct td_class *class)
{
	uint64_t now = planner->wall_s;

	if (class->settings.windows.n == 0 || planner->ignore_limits)
		return true;
	if (now < class->window_from || now >= class->window_until) {
		class->window_from = now;
		class->window_open = td_windows_are_open(
		    &class->settings.windows, now, &class->window_until);
	}
	return class->window_open;
}

static bool
may_start(const struct td_planner *planner, struct td_class *class)
{
	const struct td_class *whole = td_class_whole(class);
	uint64_t limit = td_settings_class_tasks(&class->settings);

	if (class->paused)
		return false;
	return planner->ignore_limits || limit == 0 ||
	    whole->running + whole->lanes_running < limit;
}

static enum td_standing
standing_of(const struct td_planner *planner, struct td_class *class,
    uint64_t now)
{
	if (class->queue.n == 0)
		return TD_STANDING_IDLE;
	if (!may_start(planner, class))
		return TD_STANDING_BLOCKED;
	if (td_queue_due(&class->queue) > now)
		return TD_STANDING_WAITING;
	if (!is_open(planner, class))
		return TD_STANDING_CLOSED;
	if (!planner->ignore_limits &&
	    td_standing_token(class) > planner->mono_ms)
		return TD_STANDING_RATED;
	return TD_STANDING_READY;
}

static struct td_share *
share_of(struct td_rank *rank)
{
	return (struct td_share *)((char *)rank - offsetof(struct td_share,
	    rank));
}

static struct td_ranking *
ready_of(struct td_planner *planner, struct td_share *share)
{
	return share == &planner->root ?
	    &planner->rankings[TD_STANDING_READY] : &share->own;
}

/* Whether the share is one of those that wait for a place. */
static bool
wants_place(const struct td_planner *planner, const struct td_share *share)
{
	return share != &planner->apart;
}

/* A user with nothing ready is in nobody's way. */
static void
leave_ready(struct td_planner *planner, struct td_class *class)
{
	struct td_share *share = td_class_share(planner, class);

	td_ranking_drop(ready_of(planner, share), &class->rank);
	if (wants_place(planner, share) && ready_of(planner, share)->n == 0)
		td_ranking_drop(&planner->ready_shares, &share->rank);
}

static void
enter_ready(struct td_planner *planner, struct td_class *class)
{
	struct td_share *share = td_class_share(planner, class);

	td_ranking_put(ready_of(planner, share), &class->rank,
	    (uint64_t)class->running << 8 |
	    (PRIORITY_MAX - class->settings.priority), ++planner->turns);
	if (wants_place(planner, share) && share->rank.place == 0)
		td_ranking_put(&planner->ready_shares, &share->rank,
		    share->running, planner->turns);
}

static void
leave(struct td_planner *planner, struct td_class *class)
{
	if (class->rank.place == 0)
		return;
	if (class->standing == TD_STANDING_READY)
		leave_ready(planner, class);
	else
		td_ranking_drop(&planner->rankings[class->standing],
		    &class->rank);
}

static void
enter(struct td_planner *planner, struct td_class *class)
{
	struct td_ranking *ranking = &planner->rankings[class->standing];

	switch (class->standing) {
	case TD_STANDING_IDLE:
	case TD_STANDING_BLOCKED:
		break;
	case TD_STANDING_WAITING:
		td_ranking_put(ranking, &class->rank,
		    td_queue_due(&class->queue), class->number);
		break;
	case TD_STANDING_CLOSED:
		td_ranking_put(ranking, &class->rank, class->window_until,
		    class->number);
		break;
	case TD_STANDING_RATED:
		td_ranking_put(ranking, &class->rank,
		    td_standing_token(class), class->number);
		break;
	case TD_STANDING_READY:
		enter_ready(planner, class);
		break;
	}
}

void
td_standing_update(struct td_planner *planner, struct td_class *class,
    uint64_t now)
{
	enum td_standing standing;

	if (planner->loading)
		return;
	standing = standing_of(planner, class, now);
	if (standing == class->standing && standing == TD_STANDING_READY)
		return;
	if (standing != class->standing)
		leave(planner, class);
	class->standing = standing;
	enter(planner, class);
}

/* The class as a whole is below its limit: for those of all users. */
static void
wake_lanes(struct td_planner *planner, struct td_class *whole, uint64_t now)
{
	if (whole->standing == TD_STANDING_BLOCKED)
		td_standing_update(planner, whole, now);
	for (struct td_class *lane = whole->lanes; lane != NULL;
	    lane = lane->next_lane)
		if (lane->standing == TD_STANDING_BLOCKED)
			td_standing_update(planner, lane, now);
}

/* So many more of the share run: another place among the shares. */
static void
count(struct td_planner *planner, struct td_share *share, uint32_t more)
{
	share->running += more;
	if (share->rank.place != 0)
		td_ranking_put(&planner->ready_shares, &share->rank,
		    share->running, ++planner->turns);
}

void
td_standing_set_apart(struct td_planner *planner, struct td_class *class,
    bool apart, uint64_t now)
{
	if (apart == class->apart)
		return;
	leave(planner, class);
	class->standing = TD_STANDING_IDLE;
	count(planner, td_class_share(planner, class), -class->running);
	class->apart = apart;
	planner->apart.n_classes += apart ? 1 : UINT32_MAX;
	count(planner, td_class_share(planner, class), class->running);
	td_standing_update(planner, class, now);
}

void
td_standing_set_running(struct td_planner *planner, struct td_class *class,
    uint32_t running, uint64_t now)
{
	struct td_class *whole = td_class_whole(class);
	bool less = running < class->running;

	leave(planner, class);
	class->standing = TD_STANDING_IDLE;
	count(planner, td_class_share(planner, class),
	    running - class->running);
	if (whole != class)
		whole->lanes_running += running - class->running;
	class->running = running;
	td_standing_update(planner, class, now);
	if (less && td_settings_class_tasks(&class->settings) != 0)
		wake_lanes(planner, whole, now);
}

/* Of the share whose turn it is; NULL: none is ready. */
static struct td_rank *
first_ready(struct td_planner *planner, bool apart)
{
	struct td_share *share = &planner->apart;
	struct td_rank *rank;

	if (!apart) {
		rank = td_ranking_first(&planner->ready_shares);
		if (rank == NULL)
			return NULL;
		share = share_of(rank);
	}
	return td_ranking_first(ready_of(planner, share));
}

/*
 * Among the ready there may be classes whose window has closed or whose limit
 * another user has reached, and after the clock was set back some whose first
 * task is not due any more: they are met here.
 */
struct td_class *
td_standing_first(struct td_planner *planner, bool apart, uint64_t now)
{
	struct td_rank *rank;

	while ((rank = first_ready(planner, apart)) != NULL) {
		struct td_class *class = class_of(rank);

		if (standing_of(planner, class, now) == TD_STANDING_READY)
			return class;
		td_standing_update(planner, class, now);
	}
	return NULL;
}

/* Classes whose time has come by that ranking's clock. */
static void
wake(struct td_planner *planner, enum td_standing standing, uint64_t clock,
    uint64_t now)
{
	struct td_rank *rank;

	while ((rank = td_ranking_first(&planner->rankings[standing])) != NULL
	    && rank->major <= clock)
		td_standing_update(planner, class_of(rank), now);
}

void
td_planner_tick(struct td_planner *planner, uint64_t now)
{
	wake(planner, TD_STANDING_WAITING, now, now);
	wake(planner, TD_STANDING_CLOSED, planner->wall_s, now);
	wake(planner, TD_STANDING_RATED, planner->mono_ms, now);
}

void
td_planner_set_clock(struct td_planner *planner, uint64_t mono_ms,
    uint64_t wall_s)
{
	planner->mono_ms = mono_ms;
	planner->wall_s = wall_s;
}

void
td_planner_clock_was_set(struct td_planner *planner, uint64_t now)
{
	for (uint32_t i = 1; i <= planner->n_classes; i++)
		td_standing_update(planner, planner->classes[i], now);
}

static uint64_t
first_time(const struct td_planner *planner, enum td_standing standing)
{
	const struct td_rank *rank = td_ranking_first(
	    &planner->rankings[standing]);

	return rank == NULL ? 0 : rank->major;
}

uint64_t
td_planner_next_due(const struct td_planner *planner)
{
	uint64_t due = first_time(planner, TD_STANDING_WAITING);
	uint64_t opening = first_time(planner, TD_STANDING_CLOSED);

	return due == 0 || (opening != 0 && opening < due) ? opening : due;
}

uint64_t
td_planner_next_token(const struct td_planner *planner)
{
	return td_planner_places(planner) >= planner->max_running &&
	    planner->apart.n_classes == 0 ? 0 :
	    first_time(planner, TD_STANDING_RATED);
}
