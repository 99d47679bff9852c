#include "config.h"

#include "runner/flusher.h"

#include "base/thread.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int
sync_all(const struct td_spool *spool, int file_fd)
{
	int rc = td_spool_sync(spool);

	/* It may lie on another file system. */
	if (rc == 0 && file_fd >= 0 && fdatasync(file_fd) != 0)
		rc = -errno;
	return rc;
}

static void *
work(void *arg)
{
	struct td_flusher *flusher = arg;
	int file_fd, rc;

	(void)pthread_mutex_lock(&flusher->mutex);
	for (;;) {
		while (!flusher->asked && !flusher->stop)
			(void)pthread_cond_wait(&flusher->wake,
			    &flusher->mutex);
		if (!flusher->asked)
			break;
		flusher->asked = false;
		file_fd = flusher->file_fd;
		(void)pthread_mutex_unlock(&flusher->mutex);
		rc = sync_all(flusher->spool, file_fd);
		(void)pthread_mutex_lock(&flusher->mutex);
		flusher->rc = rc;
		flusher->answered = true;
		/* The counter is far from full: this cannot fail. */
		(void)eventfd_write(flusher->source.fd, 1);
	}
	(void)pthread_mutex_unlock(&flusher->mutex);
	return NULL;
}

static void
on_ready(struct td_source *source)
{
	struct td_flusher *flusher = (struct td_flusher *)source;
	bool answered;
	eventfd_t n;
	int rc;

	if (eventfd_read(source->fd, &n) != 0)
		return;
	(void)pthread_mutex_lock(&flusher->mutex);
	answered = flusher->answered;
	flusher->answered = false;
	rc = flusher->rc;
	(void)pthread_mutex_unlock(&flusher->mutex);
	if (!answered)
		return;
	flusher->busy = false;
	flusher->done(flusher, rc);
}

static void
destroy_locks(struct td_flusher *flusher)
{
	(void)pthread_mutex_destroy(&flusher->mutex);
	(void)pthread_cond_destroy(&flusher->wake);
}

static int
start_thread(struct td_flusher *flusher)
{
	int rc;

	(void)pthread_mutex_init(&flusher->mutex, NULL);
	(void)pthread_cond_init(&flusher->wake, NULL);
	rc = td_thread_start(&flusher->thread, work, flusher);
	if (rc != 0)
		destroy_locks(flusher);
	return rc;
}

int
td_flusher_start(struct td_flusher *flusher, struct td_loop *loop,
    const struct td_spool *spool,
    void (*done)(struct td_flusher *flusher, int rc))
{
	int rc, fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		return -errno;
	*flusher = (struct td_flusher){
		.source = { .ready = on_ready, .fd = fd },
		.loop = loop,
		.spool = spool,
		.done = done,
		.file_fd = -1,
	};
	rc = td_loop_watch(loop, &flusher->source);
	if (rc == 0)
		rc = start_thread(flusher);
	if (rc != 0)
		(void)close(fd);
	flusher->running = rc == 0;
	return rc;
}

void
td_flusher_begin(struct td_flusher *flusher, int file_fd)
{
	flusher->busy = true;
	(void)pthread_mutex_lock(&flusher->mutex);
	flusher->file_fd = file_fd;
	flusher->asked = true;
	(void)pthread_cond_signal(&flusher->wake);
	(void)pthread_mutex_unlock(&flusher->mutex);
}

void
td_flusher_stop(struct td_flusher *flusher)
{
	if (!flusher->running)
		return;
	(void)pthread_mutex_lock(&flusher->mutex);
	flusher->stop = true;
	(void)pthread_cond_signal(&flusher->wake);
	(void)pthread_mutex_unlock(&flusher->mutex);
	(void)pthread_join(flusher->thread, NULL);
	destroy_locks(flusher);
	td_loop_unwatch(flusher->loop, &flusher->source);
	(void)close(flusher->source.fd);
	flusher->running = false;
}
