#include "config.h"

#include "runner/syncer.h"

#include "base/io.h"
#include "base/log.h"
#include "base/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* A group lasts so long; a lost completion only means another run. */
enum { GROUP_MS = 500 };

static void
complain(void)
{
	td_log(TD_LOG_ERR, "runner", "the disk did not confirm finished "
	    "tasks, they may run again after a power cut: %s",
	    strerror(errno));
}

static void
sync_all(const struct td_syncer *syncer, bool with_data)
{
	if (with_data && syncfs(syncer->fds[0]) == 0)
		return;
	for (int i = 0; i < syncer->n_fds; i++)
		if (fsync(syncer->fds[i]) != 0)
			complain();
	if (syncer->log_fd >= 0 && fdatasync(syncer->log_fd) != 0)
		complain();
}

/* Only the thread closes what it syncs. */
static void
take_log(struct td_syncer *syncer)
{
	if (syncer->next_log_fd < 0)
		return;
	td_io_close(&syncer->log_fd);
	syncer->log_fd = syncer->next_log_fd;
	syncer->next_log_fd = -1;
}

/* Called with the mutex held. */
static void
wait_for_group(struct td_syncer *syncer)
{
	struct timespec until = td_thread_in(GROUP_MS);

	while (!syncer->urgent && !syncer->stop &&
	    pthread_cond_timedwait(&syncer->wake, &syncer->mutex, &until) == 0)
		continue;
}

static void *
work(void *arg)
{
	struct td_syncer *syncer = arg;
	bool urgent;

	(void)pthread_mutex_lock(&syncer->mutex);
	for (;;) {
		while (!syncer->dirty && !syncer->stop)
			(void)pthread_cond_wait(&syncer->wake,
			    &syncer->mutex);
		if (!syncer->dirty)
			break;
		wait_for_group(syncer);
		urgent = syncer->urgent;
		syncer->dirty = syncer->urgent = false;
		take_log(syncer);
		(void)pthread_mutex_unlock(&syncer->mutex);
		sync_all(syncer, urgent);
		(void)pthread_mutex_lock(&syncer->mutex);
	}
	(void)pthread_mutex_unlock(&syncer->mutex);
	return NULL;
}

int
td_syncer_start(struct td_syncer *syncer, const int *fds, int n)
{
	int rc;

	*syncer = (struct td_syncer){ .n_fds = n, .log_fd = -1,
	    .next_log_fd = -1 };
	memcpy(syncer->fds, fds, (size_t)n * sizeof(*fds));
	(void)pthread_mutex_init(&syncer->mutex, NULL);
	td_thread_open_cond(&syncer->wake);
	rc = td_thread_start(&syncer->thread, work, syncer);
	syncer->running = rc == 0;
	return rc;
}

void
td_syncer_set_log(struct td_syncer *syncer, int fd)
{
	(void)pthread_mutex_lock(&syncer->mutex);
	td_io_close(&syncer->next_log_fd);
	syncer->next_log_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	(void)pthread_mutex_unlock(&syncer->mutex);
}

void
td_syncer_kick(struct td_syncer *syncer, bool urgent)
{
	bool wake;

	(void)pthread_mutex_lock(&syncer->mutex);
	wake = !syncer->dirty || (urgent && !syncer->urgent);
	syncer->dirty = true;
	syncer->urgent |= urgent;
	if (wake)
		(void)pthread_cond_signal(&syncer->wake);
	(void)pthread_mutex_unlock(&syncer->mutex);
}

void
td_syncer_stop(struct td_syncer *syncer)
{
	if (!syncer->running)
		return;
	(void)pthread_mutex_lock(&syncer->mutex);
	syncer->stop = true;
	(void)pthread_cond_signal(&syncer->wake);
	(void)pthread_mutex_unlock(&syncer->mutex);
	(void)pthread_join(syncer->thread, NULL);
	(void)pthread_mutex_destroy(&syncer->mutex);
	(void)pthread_cond_destroy(&syncer->wake);
	td_io_close(&syncer->log_fd);
	td_io_close(&syncer->next_log_fd);
	syncer->running = false;
}
