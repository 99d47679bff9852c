#include "config.h"

#include "loop/spawner.h"

#include "base/thread.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void
try(struct td_spawn *spawn)
{
	spawn->rc = td_child_spawn(&spawn->pid, &spawn->spec, &spawn->what);
	if (spawn->rc == 0)
		spawn->started(spawn);
}

void
td_spawner_run_here(struct td_spawn *spawn)
{
	atomic_store(&spawn->pid, 0);
	try(spawn);
	spawn->done = true;
}

/* The next one, NULL at the end; with the mutex held. */
static struct td_spawn *
take(struct td_spawner *spawner)
{
	struct td_spawn *spawn;

	while (spawner->first == NULL && !spawner->stop)
		(void)pthread_cond_wait(&spawner->wake, &spawner->mutex);
	spawn = spawner->first;
	if (spawn != NULL)
		spawner->first = spawn->next;
	return spawn;
}

static void *
work(void *arg)
{
	struct td_spawner *spawner = arg;
	struct td_spawn *spawn;

	(void)pthread_mutex_lock(&spawner->mutex);
	while ((spawn = take(spawner)) != NULL) {
		(void)pthread_mutex_unlock(&spawner->mutex);
		try(spawn);
		/* The counter is far from full: this cannot fail. */
		if (spawn->rc != 0)
			(void)eventfd_write(spawner->source.fd, 1);
		(void)pthread_mutex_lock(&spawner->mutex);
		spawn->done = true;
		(void)pthread_cond_signal(&spawner->done);
	}
	(void)pthread_mutex_unlock(&spawner->mutex);
	return NULL;
}

static void
on_ready(struct td_source *source)
{
	struct td_spawner *spawner = (struct td_spawner *)source;
	eventfd_t n;

	if (eventfd_read(source->fd, &n) == 0)
		spawner->failed(spawner);
}

static void
end_threads(struct td_spawner *spawner)
{
	(void)pthread_mutex_lock(&spawner->mutex);
	spawner->stop = true;
	(void)pthread_cond_broadcast(&spawner->wake);
	(void)pthread_mutex_unlock(&spawner->mutex);
	while (spawner->n_threads > 0)
		(void)pthread_join(spawner->threads[--spawner->n_threads],
		    NULL);
	(void)pthread_mutex_destroy(&spawner->mutex);
	(void)pthread_cond_destroy(&spawner->wake);
	(void)pthread_cond_destroy(&spawner->done);
}

static int
start_threads(struct td_spawner *spawner)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	int rc = 0;

	(void)pthread_mutex_init(&spawner->mutex, NULL);
	(void)pthread_cond_init(&spawner->wake, NULL);
	(void)pthread_cond_init(&spawner->done, NULL);
	do {
		rc = td_thread_start(&spawner->threads[spawner->n_threads],
		    work, spawner);
		if (rc == 0)
			spawner->n_threads++;
	} while (rc == 0 && spawner->n_threads < n &&
	    spawner->n_threads < TD_SPAWNER_THREADS);
	/* One is enough to go on with. */
	if (spawner->n_threads > 0)
		return 0;
	end_threads(spawner);
	return rc;
}

int
td_spawner_start(struct td_spawner *spawner, struct td_loop *loop,
    void (*failed)(struct td_spawner *spawner))
{
	int rc, fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		return -errno;
	*spawner = (struct td_spawner){
		.source = { .ready = on_ready, .fd = fd },
		.loop = loop,
		.failed = failed,
	};
	rc = td_loop_watch(loop, &spawner->source);
	if (rc == 0)
		rc = start_threads(spawner);
	if (rc != 0)
		(void)close(fd);
	spawner->running = rc == 0;
	return rc;
}

void
td_spawner_stop(struct td_spawner *spawner)
{
	if (!spawner->running)
		return;
	end_threads(spawner);
	td_loop_unwatch(spawner->loop, &spawner->source);
	(void)close(spawner->source.fd);
	spawner->running = false;
}

void
td_spawner_add(struct td_spawner *spawner, struct td_spawn *spawn)
{
	atomic_store(&spawn->pid, 0);
	spawn->done = false;
	spawn->next = NULL;
	(void)pthread_mutex_lock(&spawner->mutex);
	if (spawner->first == NULL)
		spawner->first = spawn;
	else
		spawner->last->next = spawn;
	spawner->last = spawn;
	(void)pthread_cond_signal(&spawner->wake);
	(void)pthread_mutex_unlock(&spawner->mutex);
}

int
td_spawner_wait(struct td_spawner *spawner, struct td_spawn *spawn)
{
	(void)pthread_mutex_lock(&spawner->mutex);
	while (!spawn->done)
		(void)pthread_cond_wait(&spawner->done, &spawner->mutex);
	(void)pthread_mutex_unlock(&spawner->mutex);
	return spawn->rc;
}
