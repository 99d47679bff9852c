#include "config.h"

#include "loop/loop.h"

#include "base/clock.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

int
td_loop_open(struct td_loop *loop)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd < 0)
		return -errno;
	*loop = (struct td_loop){ .epoll_fd = fd, .is_open = true };
	loop->now_ms = td_clock_mono_ms();
	return 0;
}

void
td_loop_close(struct td_loop *loop)
{
	if (!loop->is_open)
		return;
	(void)close(loop->epoll_fd);
	free(loop->timers);
	*loop = (struct td_loop){ 0 };
}

int
td_loop_watch(struct td_loop *loop, struct td_source *source)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = source };

	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, source->fd, &event)
	    != 0 ? -errno : 0;
}

int
td_loop_want_write(struct td_loop *loop, struct td_source *source, bool wanted)
{
	struct epoll_event event = {
		.events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN,
		.data.ptr = source,
	};

	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, source->fd, &event)
	    != 0 ? -errno : 0;
}

void
td_loop_unwatch(struct td_loop *loop, struct td_source *source)
{
	(void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
}

static void
put_timer(struct td_loop *loop, size_t place, struct td_timer *timer)
{
	loop->timers[place] = timer;
	timer->place = place;
}

static void
sift_up(struct td_loop *loop, size_t place, struct td_timer *timer)
{
	while (place > 1 && loop->timers[place / 2]->at_ms > timer->at_ms) {
		put_timer(loop, place, loop->timers[place / 2]);
		place /= 2;
	}
	put_timer(loop, place, timer);
}

static void
sift_down(struct td_loop *loop, size_t place, struct td_timer *timer)
{
	for (;;) {
		size_t child = 2 * place;

		if (child > loop->n_timers)
			break;
		if (child < loop->n_timers && loop->timers[child + 1]->at_ms <
		    loop->timers[child]->at_ms)
			child++;
		if (loop->timers[child]->at_ms >= timer->at_ms)
			break;
		put_timer(loop, place, loop->timers[child]);
		place = child;
	}
	put_timer(loop, place, timer);
}

int
td_loop_set_timer(struct td_loop *loop, struct td_timer *timer, uint64_t at_ms)
{
	td_loop_clear_timer(loop, timer);
	if (loop->n_timers + 2 > loop->timers_size) {
		size_t size = loop->timers_size == 0 ? 16 :
		    2 * loop->timers_size;
		struct td_timer **timers = reallocarray(loop->timers, size,
		    sizeof(struct td_timer *));

		if (timers == NULL)
			return -ENOMEM;
		loop->timers = timers;
		loop->timers_size = size;
	}
	timer->at_ms = at_ms;
	sift_up(loop, ++loop->n_timers, timer);
	return 0;
}

void
td_loop_clear_timer(struct td_loop *loop, struct td_timer *timer)
{
	size_t place = timer->place;
	struct td_timer *last;

	if (place == 0)
		return;
	timer->place = 0;
	last = loop->timers[loop->n_timers--];
	if (last == timer)
		return;
	if (place > 1 && loop->timers[place / 2]->at_ms > last->at_ms)
		sift_up(loop, place, last);
	else
		sift_down(loop, place, last);
}

void
td_loop_tick(struct td_loop *loop)
{
	loop->now_ms = td_clock_mono_ms();
	while (loop->n_timers > 0 && loop->timers[1]->at_ms <= loop->now_ms) {
		struct td_timer *timer = loop->timers[1];

		td_loop_clear_timer(loop, timer);
		timer->fire(timer);
	}
}

static int
wait_ms(const struct td_loop *loop)
{
	uint64_t now = td_clock_mono_ms(), ms;

	if (loop->n_timers == 0)
		return -1;
	if (loop->timers[1]->at_ms <= now)
		return 0;
	ms = loop->timers[1]->at_ms - now;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

int
td_loop_wait(struct td_loop *loop, bool poll)
{
	struct epoll_event event;
	struct td_source *source;
	int n = epoll_wait(loop->epoll_fd, &event, 1, poll ? 0 :
	    wait_ms(loop));

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (n == 0)
		return 0;
	/* The wait may have been long, and the event may set timers. */
	loop->now_ms = td_clock_mono_ms();
	source = event.data.ptr;
	source->can_read = (event.events & ~(uint32_t)EPOLLOUT) != 0;
	source->can_write = (event.events & ~(uint32_t)EPOLLIN) != 0;
	source->ready(source);
	return 1;
}
