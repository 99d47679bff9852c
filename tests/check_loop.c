#include "config.h"

#include "loop/loop.h"

#include "base/clock.h"
#include "harness.h"
#include "loop/alarm.h"
#include "loop/signals.h"
#include "loop/watch.h"
#include "model.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { MANY = 2000 };

static struct td_loop loop;

/* Timers fire by their time; what they fire is told by their number. */

struct numbered {
	struct td_timer timer;
	int number;
};

static struct numbered many[MANY];
static uint64_t last_at;
static int fired;

static void
note_order(struct td_timer *timer)
{
	uint64_t at = timer->at_ms;

	if (at < last_at)
		ck_abort_msg("a later timer fired first");
	last_at = at;
	fired++;
}

START_TEST(timers_fire_in_the_order_of_their_times)
{
	struct td_random random = { 0x9e3779b97f4a7c15 };
	int set = 0;

	ck_assert_int_eq(td_loop_open(&loop), 0);
	for (int step = 0; step < 20 * MANY; step++) {
		struct td_timer *timer = &many[td_random_below(&random,
		    MANY)].timer;

		timer->fire = note_order;
		if (td_random_below(&random, 3) == 0)
			td_loop_clear_timer(&loop, timer);
		else if (td_loop_set_timer(&loop, timer,
		    td_random_below(&random, 500)) != 0)
			ck_abort_msg("no memory");
	}
	for (int i = 0; i < MANY; i++)
		set += many[i].timer.place != 0;
	td_loop_tick(&loop);
	ck_assert_int_eq(fired, set);
	ck_assert_uint_eq(loop.n_timers, 0);
	td_loop_close(&loop);
	td_loop_close(&loop);
}
END_TEST

static struct td_timer first, second, third;

static void
count(struct td_timer *timer)
{
	(void)timer;
	fired++;
}

static void
change_others(struct td_timer *timer)
{
	fired++;
	td_loop_clear_timer(&loop, &second);
	ck_assert_int_eq(td_loop_set_timer(&loop, &third, 3), 0);
	/* Itself, for later: not again in this turn. */
	ck_assert_int_eq(td_loop_set_timer(&loop, timer,
	    loop.now_ms + 3600000), 0);
}

START_TEST(timers_may_change_timers)
{
	ck_assert_int_eq(td_loop_open(&loop), 0);
	first.fire = change_others;
	second.fire = third.fire = count;
	ck_assert_int_eq(td_loop_set_timer(&loop, &first, 1), 0);
	ck_assert_int_eq(td_loop_set_timer(&loop, &second, 2), 0);
	td_loop_tick(&loop);
	ck_assert_int_eq(fired, 2);
	ck_assert_uint_eq(second.place, 0);
	ck_assert_uint_eq(third.place, 0);
	ck_assert_uint_ne(first.place, 0);
	td_loop_tick(&loop);
	ck_assert_int_eq(fired, 2);
	td_loop_close(&loop);
}
END_TEST

START_TEST(a_wait_ends_with_the_next_timer)
{
	ck_assert_int_eq(td_loop_open(&loop), 0);
	first.fire = count;
	ck_assert_int_eq(td_loop_set_timer(&loop, &first,
	    td_clock_mono_ms() + 20), 0);
	ck_assert_int_eq(td_loop_wait(&loop, false), 0);
	td_loop_tick(&loop);
	ck_assert_int_eq(fired, 1);
	td_loop_close(&loop);
}
END_TEST

static void
drain(struct td_source *source)
{
	uint64_t n;

	ck_assert_int_eq(read(source->fd, &n, sizeof(n)), sizeof(n));
	fired++;
}

START_TEST(one_event_a_wait)
{
	struct td_source a = { .ready = drain,
		.fd = eventfd(1, EFD_NONBLOCK) };
	struct td_source b = { .ready = drain,
		.fd = eventfd(1, EFD_NONBLOCK) };

	ck_assert_int_eq(td_loop_open(&loop), 0);
	ck_assert_int_eq(td_loop_watch(&loop, &a), 0);
	ck_assert_int_eq(td_loop_watch(&loop, &b), 0);
	ck_assert_int_eq(td_loop_wait(&loop, true), 1);
	ck_assert_int_eq(fired, 1);
	ck_assert_int_eq(td_loop_wait(&loop, true), 1);
	ck_assert_int_eq(td_loop_wait(&loop, true), 0);
	ck_assert_int_eq(fired, 2);
	td_loop_unwatch(&loop, &a);
	(void)close(a.fd);
	(void)close(b.fd);
	td_loop_close(&loop);
}
END_TEST

static int reads, writes;

static void
note_what(struct td_source *source)
{
	reads += source->can_read;
	writes += source->can_write;
}

START_TEST(a_source_is_told_what_for)
{
	struct td_source source = { .ready = note_what };
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	source.fd = ends[0];
	ck_assert_int_eq(td_loop_open(&loop), 0);
	ck_assert_int_eq(td_loop_watch(&loop, &source), 0);
	ck_assert_int_eq(td_loop_wait(&loop, true), 0);
	ck_assert_int_eq(td_loop_want_write(&loop, &source, true), 0);
	ck_assert_int_eq(td_loop_wait(&loop, true), 1);
	ck_assert_int_eq(reads, 0);
	ck_assert_int_eq(writes, 1);
	ck_assert_int_eq(td_loop_want_write(&loop, &source, false), 0);
	ck_assert_int_eq(write(ends[1], "x", 1), 1);
	ck_assert_int_eq(td_loop_wait(&loop, true), 1);
	ck_assert_int_eq(reads, 1);
	ck_assert_int_eq(writes, 1);
	/* Of a broken one both find out. */
	(void)close(ends[1]);
	ck_assert_int_eq(td_loop_wait(&loop, true), 1);
	ck_assert_int_eq(reads, 2);
	ck_assert_int_eq(writes, 2);
	td_loop_unwatch(&loop, &source);
	(void)close(ends[0]);
	td_loop_close(&loop);
}
END_TEST

/* Alarms. */

static void
ring(struct td_alarm *alarm, bool clock_was_set)
{
	(void)alarm;
	(void)clock_was_set;
	fired++;
}

START_TEST(an_alarm_rings_once_at_its_second)
{
	struct td_alarm alarm;

	ck_assert_int_eq(td_loop_open(&loop), 0);
	ck_assert_int_eq(td_alarm_open(&alarm, &loop, ring), 0);
	ck_assert_int_eq(td_loop_wait(&loop, true), 0);
	ck_assert_int_eq(td_alarm_set(&alarm, 9999999999), 0);
	ck_assert_int_eq(td_loop_wait(&loop, true), 0);
	/* A time that is over rings at once. */
	ck_assert_int_eq(td_alarm_set(&alarm, 1), 0);
	ck_assert_int_eq(td_loop_wait(&loop, false), 1);
	ck_assert_int_eq(fired, 1);
	ck_assert_int_eq(td_loop_wait(&loop, true), 0);
	/* The same time again is a new alarm, and 0 is none. */
	ck_assert_int_eq(td_alarm_set(&alarm, 1), 0);
	ck_assert_int_eq(td_alarm_set(&alarm, 0), 0);
	ck_assert_int_eq(td_loop_wait(&loop, true), 0);
	td_alarm_close(&alarm);
	td_alarm_close(&alarm);
	td_loop_close(&loop);
}
END_TEST

/* Watches. */

static struct td_watch watch;
static char rang[256];
static int overflows;

static void
note_name(struct td_watch *source, int wd, const char *name)
{
	(void)source;
	(void)wd;
	(void)snprintf(rang, sizeof(rang), "%s", name);
	fired++;
}

static void
note_overflow(struct td_watch *source)
{
	(void)source;
	overflows++;
}

static int
open_watch(void)
{
	int fd = open(td_harness_dir(), O_RDONLY | O_DIRECTORY);

	ck_assert_int_eq(td_loop_open(&loop), 0);
	ck_assert_int_eq(td_watch_open(&watch, &loop, note_name,
	    note_overflow), 0);
	return fd;
}

static void
close_watch(int fd)
{
	td_watch_close(&watch);
	td_watch_close(&watch);
	td_loop_close(&loop);
	(void)close(fd);
}

static void
make(int dir, const char *name)
{
	(void)close(openat(dir, name, O_WRONLY | O_CREAT, 0600));
}

START_TEST(what_appears_and_goes_rings)
{
	int dir = open_watch();
	int wd = td_watch_add(&watch, dir, TD_WATCH_APPEARED);

	ck_assert_int_ge(wd, 0);
	make(dir, "a");
	ck_assert_int_eq(td_loop_wait(&loop, true), 1);
	ck_assert_str_eq(rang, "a");
	ck_assert_int_eq(renameat(dir, "a", dir, "b"), 0);
	ck_assert_int_eq(td_loop_wait(&loop, true), 1);
	ck_assert_str_eq(rang, "b");
	/* That something goes was not asked for. */
	ck_assert_int_eq(unlinkat(dir, "b", 0), 0);
	ck_assert_int_eq(td_loop_wait(&loop, true), 0);
	td_watch_remove(&watch, wd);
	make(dir, "c");
	fired = 0;
	(void)td_loop_wait(&loop, true);
	ck_assert_int_eq(fired, 0);
	ck_assert_int_ge(td_watch_add(&watch, dir, TD_WATCH_GONE), 0);
	ck_assert_int_eq(unlinkat(dir, "c", 0), 0);
	ck_assert_int_eq(td_loop_wait(&loop, true), 1);
	ck_assert_str_eq(rang, "c");
	close_watch(dir);
}
END_TEST

START_TEST(a_file_that_grows_rings_once)
{
	int dir = open_watch();
	int fd = openat(dir, "f", O_WRONLY | O_CREAT, 0600);

	ck_assert_int_ge(td_watch_add(&watch, fd, TD_WATCH_WRITTEN), 0);
	ck_assert_int_eq(write(fd, "x", 1), 1);
	(void)td_loop_wait(&loop, true);
	ck_assert_int_eq(fired, 1);
	ck_assert_str_eq(rang, "");
	ck_assert_int_eq(write(fd, "x", 1), 1);
	(void)td_loop_wait(&loop, true);
	ck_assert_int_eq(fired, 1);
	ck_assert_int_ge(td_watch_add(&watch, fd, TD_WATCH_WRITTEN), 0);
	ck_assert_int_eq(write(fd, "x", 1), 1);
	(void)td_loop_wait(&loop, true);
	ck_assert_int_eq(fired, 2);
	(void)close(fd);
	close_watch(dir);
}
END_TEST

/* Two names in turn are never one event to the kernel. */
START_TEST(too_many_events_are_an_overflow)
{
	FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
	int dir = open_watch(), n = 0;

	if (file == NULL || fscanf(file, "%d", &n) != 1 || n > 100000)
		return;
	(void)fclose(file);
	ck_assert_int_ge(td_watch_add(&watch, dir, TD_WATCH_APPEARED), 0);
	make(dir, "a");
	for (int i = 0; i <= n / 2 + 2; i++)
		if (renameat(dir, "a", dir, "b") != 0 ||
		    renameat(dir, "b", dir, "a") != 0)
			ck_abort_msg("rename");
	while (td_loop_wait(&loop, true) == 1)
		continue;
	ck_assert_int_eq(overflows, 1);
	/* And it goes on afterwards. */
	make(dir, "c");
	ck_assert_int_eq(td_loop_wait(&loop, true), 1);
	ck_assert_str_eq(rang, "c");
	close_watch(dir);
}
END_TEST

/* Signals. */

static int told;

static void
tell(struct td_signals *signals, int number)
{
	(void)signals;
	told = number;
}

static uint64_t seen_ms;

static void
see_time(struct td_source *source)
{
	(void)source;
	seen_ms = loop.now_ms;
}

/* Else a grace that begins with an event would be shorter by the wait. */
START_TEST(an_event_has_its_own_time)
{
	const struct itimerspec in_30_ms = { .it_value.tv_nsec = 30000000 };
	struct td_source source = { .ready = see_time };
	uint64_t begun;

	source.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	ck_assert_int_ge(source.fd, 0);
	ck_assert_int_eq(td_loop_open(&loop), 0);
	ck_assert_int_eq(td_loop_watch(&loop, &source), 0);
	td_loop_tick(&loop);
	begun = td_clock_mono_ms();
	ck_assert_int_eq(timerfd_settime(source.fd, 0, &in_30_ms, NULL), 0);
	ck_assert_int_eq(td_loop_wait(&loop, false), 1);
	ck_assert_uint_ge(seen_ms, begun + 29);
	td_loop_unwatch(&loop, &source);
	(void)close(source.fd);
	td_loop_close(&loop);
}
END_TEST

START_TEST(signals_are_events_or_nothing)
{
	static const int numbers[] = { SIGHUP, SIGTERM };
	static const int ignored[] = { SIGPIPE };
	struct td_signals signals = { 0 };

	ck_assert_int_eq(td_loop_open(&loop), 0);
	ck_assert_int_eq(td_signals_open(&signals, &loop, numbers, 2, ignored,
	    1, tell), 0);
	ck_assert_int_eq(raise(SIGPIPE), 0);
	ck_assert_int_eq(td_loop_wait(&loop, true), 0);
	ck_assert_int_eq(raise(SIGHUP), 0);
	ck_assert_int_eq(td_loop_wait(&loop, true), 1);
	ck_assert_int_eq(told, SIGHUP);
	ck_assert_int_eq(raise(SIGTERM), 0);
	ck_assert_int_eq(td_loop_wait(&loop, true), 1);
	ck_assert_int_eq(told, SIGTERM);
	td_signals_close(&signals);
	td_loop_close(&loop);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ timers_fire_in_the_order_of_their_times, 0 },
		{ timers_may_change_timers, 0 },
		{ a_wait_ends_with_the_next_timer, 0 },
		{ one_event_a_wait, 0 },
		{ a_source_is_told_what_for, 0 },
		{ an_alarm_rings_once_at_its_second, 0 },
		{ what_appears_and_goes_rings, 0 },
		{ a_file_that_grows_rings_once, 0 },
		{ too_many_events_are_an_overflow, 0 },
		{ an_event_has_its_own_time, 0 },
		{ signals_are_events_or_nothing, 0 },
	};

	return td_harness_run("loop", tests, sizeof(tests) / sizeof(tests[0]));
}
