#include "config.h"

#include "runner/closer.h"

#include "base/thread.h"

#include <string.h>
#include <unistd.h>

/* Waking costs as much as a close: it wakes for a group, or for those that came
 * within so long. */
enum { GROUP_MS = 50 };

/* Called with the mutex held. */
static void
wait_for_group(struct td_closer *closer)
{
	struct timespec until = td_thread_in(GROUP_MS);

	while (closer->n_fds < TD_CLOSER_GROUP && !closer->stop &&
	    pthread_cond_timedwait(&closer->wake, &closer->mutex, &until) == 0)
		continue;
}

static void *
work(void *arg)
{
	struct td_closer *closer = arg;
	int fds[TD_CLOSER_MAX];
	unsigned n;

	(void)pthread_mutex_lock(&closer->mutex);
	for (;;) {
		while (closer->n_fds == 0 && !closer->stop)
			(void)pthread_cond_wait(&closer->wake,
			    &closer->mutex);
		if (closer->n_fds == 0)
			break;
		wait_for_group(closer);
		n = closer->n_fds;
		memcpy(fds, closer->fds, n * sizeof(fds[0]));
		closer->n_fds = 0;
		(void)pthread_mutex_unlock(&closer->mutex);
		for (unsigned i = 0; i < n; i++)
			(void)close(fds[i]);
		(void)pthread_mutex_lock(&closer->mutex);
	}
	(void)pthread_mutex_unlock(&closer->mutex);
	return NULL;
}

int
td_closer_start(struct td_closer *closer)
{
	int rc;

	*closer = (struct td_closer){ .n_fds = 0 };
	(void)pthread_mutex_init(&closer->mutex, NULL);
	td_thread_open_cond(&closer->wake);
	rc = td_thread_start(&closer->thread, work, closer);
	closer->running = rc == 0;
	return rc;
}

void
td_closer_add(struct td_closer *closer, int *fd)
{
	unsigned n = TD_CLOSER_MAX;

	if (*fd < 0)
		return;
	if (closer->running) {
		(void)pthread_mutex_lock(&closer->mutex);
		n = closer->n_fds;
		if (n < TD_CLOSER_MAX)
			closer->fds[closer->n_fds++] = *fd;
		(void)pthread_mutex_unlock(&closer->mutex);
	}
	if (n == 0 || n + 1 == TD_CLOSER_GROUP)
		(void)pthread_cond_signal(&closer->wake);
	if (n == TD_CLOSER_MAX)
		(void)close(*fd);
	*fd = -1;
}

void
td_closer_stop(struct td_closer *closer)
{
	if (!closer->running)
		return;
	(void)pthread_mutex_lock(&closer->mutex);
	closer->stop = true;
	(void)pthread_cond_signal(&closer->wake);
	(void)pthread_mutex_unlock(&closer->mutex);
	(void)pthread_join(closer->thread, NULL);
	(void)pthread_mutex_destroy(&closer->mutex);
	(void)pthread_cond_destroy(&closer->wake);
	closer->running = false;
}
