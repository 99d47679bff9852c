/*
 * How threads hand something to the loop's thread: notes, read there in the
 * order in which they were sent.
 */
#ifndef TD_HUB_POST_H
#define TD_HUB_POST_H

#include <pthread.h>

#include "loop/loop.h"

/* Embedded in what is handed over; READ may free it. */
struct td_note {
	struct td_note *next;
	void (*read)(struct td_note *note);
};

/* {0} is closed. */
struct td_post {
	struct td_source source;
	struct td_loop *loop;
	pthread_mutex_t mutex;
	struct td_note *first, *last;
};

/* 0 or negated errno. */
int td_post_open(struct td_post *post, struct td_loop *loop);

/* From any thread. */
void td_post_send(struct td_post *post, struct td_note *note);

/* Reads what was sent; when nobody sends any more. */
void td_post_close(struct td_post *post);

/* For threads that wait in poll(2): -1 or an eventfd; to wake whoever waits
 * for it; and to have been woken. */
int td_post_bell(void);
void td_post_ring(int bell_fd);
void td_post_silence(int bell_fd);

#endif
