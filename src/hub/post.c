#include "config.h"

#include "hub/post.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int
td_post_bell(void)
{
	return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void
td_post_ring(int bell_fd)
{
	(void)!write(bell_fd, &(uint64_t){ 1 }, sizeof(uint64_t));
}

void
td_post_silence(int bell_fd)
{
	uint64_t n;

	(void)!read(bell_fd, &n, sizeof(n));
}

static void
read_all(struct td_post *post)
{
	struct td_note *note, *next;

	(void)pthread_mutex_lock(&post->mutex);
	note = post->first;
	post->first = post->last = NULL;
	(void)pthread_mutex_unlock(&post->mutex);
	for (; note != NULL; note = next) {
		next = note->next;
		note->read(note);
	}
}

static void
on_ready(struct td_source *source)
{
	struct td_post *post = (struct td_post *)((char *)source -
	    offsetof(struct td_post, source));

	/* In this order: a note that is sent between the two rings again. */
	td_post_silence(source->fd);
	read_all(post);
}

int
td_post_open(struct td_post *post, struct td_loop *loop)
{
	int rc;

	*post = (struct td_post){
		.source = { on_ready, td_post_bell() },
		.loop = loop,
	};
	if (post->source.fd < 0) {
		post->loop = NULL;
		return -errno;
	}
	rc = td_loop_watch(loop, &post->source);
	if (rc != 0) {
		(void)close(post->source.fd);
		*post = (struct td_post){0};
		return rc;
	}
	(void)pthread_mutex_init(&post->mutex, NULL);
	return 0;
}

void
td_post_send(struct td_post *post, struct td_note *note)
{
	bool was_empty;

	note->next = NULL;
	(void)pthread_mutex_lock(&post->mutex);
	was_empty = post->first == NULL;
	if (was_empty)
		post->first = note;
	else
		post->last->next = note;
	post->last = note;
	(void)pthread_mutex_unlock(&post->mutex);
	if (was_empty)
		td_post_ring(post->source.fd);
}

void
td_post_close(struct td_post *post)
{
	if (post->loop == NULL)
		return;
	read_all(post);
	td_loop_unwatch(post->loop, &post->source);
	(void)close(post->source.fd);
	(void)pthread_mutex_destroy(&post->mutex);
	*post = (struct td_post){0};
}
