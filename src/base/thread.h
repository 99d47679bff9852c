/* Threads beside the main one, which hears all signals. */
#ifndef TD_BASE_THREAD_H
#define TD_BASE_THREAD_H

#include <pthread.h>

/* Starts one with all signals blocked: 0 or negated errno. */
int td_thread_start(pthread_t *thread, void *(*work)(void *arg), void *arg);

/* A condition whose waits end by the monotonic clock. */
void td_thread_open_cond(pthread_cond_t *cond);

/* That clock's time in so many milliseconds. */
struct timespec td_thread_in(unsigned ms);

#endif
