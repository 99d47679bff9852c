#include "config.h"

#include "loop/alarm.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* An unset alarm still has to notice clock steps: far away is unset. */
#define LONG_AGO	1
#define FAR_AWAY	INT64_C(253402300799)	/* end of year 9999 */

static int
arm_at(const struct td_alarm *alarm, int64_t second)
{
	struct itimerspec when = { .it_value.tv_sec = (time_t)second };

	return timerfd_settime(alarm->source.fd, TFD_TIMER_ABSTIME |
	    TFD_TIMER_CANCEL_ON_SET, &when, NULL) != 0 ? -errno : 0;
}

/* A clock that was set since the last look is told of once: to whoever reads,
 * or, here, to whoever sets the timer first.  Then it rings at once. */
static int
arm(struct td_alarm *alarm)
{
	int rc = arm_at(alarm, alarm->at == 0 ? FAR_AWAY :
	    (int64_t)alarm->at);

	if (rc != -ECANCELED)
		return rc;
	alarm->was_set = true;
	return arm_at(alarm, LONG_AGO);
}

static void
on_ready(struct td_source *source)
{
	struct td_alarm *alarm = (struct td_alarm *)source;
	uint64_t count;
	bool was_set = alarm->was_set;

	if (read(source->fd, &count, sizeof(count)) < 0) {
		if (errno != ECANCELED)
			return;
		was_set = true;
	}
	alarm->at = 0;
	alarm->was_set = false;
	(void)arm(alarm);
	alarm->ring(alarm, was_set);
}

int
td_alarm_open(struct td_alarm *alarm, struct td_loop *loop,
    void (*ring)(struct td_alarm *alarm, bool clock_was_set))
{
	int rc, fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0)
		return -errno;
	*alarm = (struct td_alarm){
		.source = { .ready = on_ready, .fd = fd },
		.loop = loop,
		.ring = ring,
		.is_open = true,
	};
	rc = arm(alarm);
	if (rc == 0)
		rc = td_loop_watch(loop, &alarm->source);
	if (rc != 0) {
		(void)close(fd);
		alarm->is_open = false;
	}
	return rc;
}

int
td_alarm_set(struct td_alarm *alarm, uint64_t at)
{
	if (at == alarm->at)
		return 0;
	alarm->at = at;
	return arm(alarm);
}

void
td_alarm_close(struct td_alarm *alarm)
{
	if (!alarm->is_open)
		return;
	td_loop_unwatch(alarm->loop, &alarm->source);
	(void)close(alarm->source.fd);
	*alarm = (struct td_alarm){ 0 };
}
