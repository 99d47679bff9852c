/*
 * Telling the service manager how we are: sd_notify(3)'s protocol, which is
 * one datagram of NAME=VALUE lines to the socket that $NOTIFY_SOCKET names.
 * Without one nothing is sent.
 */
#ifndef TD_LOOP_NOTIFY_H
#define TD_LOOP_NOTIFY_H

#include <stdint.h>

/* {0} is closed: sends nothing. */
struct td_notify {
	int fd;
	int is_open;
	uint64_t watchdog_ms;	/* 0: nobody waits for signs of life */
};

/* Reads the environment and takes its names out of it, so that no child
 * speaks for us.  0 (also without a manager), or negated errno. */
int td_notify_open(struct td_notify *notify);
void td_notify_close(struct td_notify *notify);

/* "READY=1", "STATUS=...": a lost message is no error. */
void td_notify_send(const struct td_notify *notify, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
