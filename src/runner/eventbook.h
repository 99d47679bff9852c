/*
 * The ids that producers gave their events, remembered for a time so that the
 * same event told twice is one: a table, and run/events.YYYYMMDD (day in UTC)
 * with a line for each,
 *
 *	1795132800 9f86d081884c7d659f86d081884c7d65 0643f1c2a9b04-7c1e93ab
 *	when       hash of owner and id             what we call it
 *
 * Each id is remembered with the event that brought it, so that an event that
 * is met again after a crash is not taken for its own twin.  A line with the
 * time 0 takes back the one before it.
 */
#ifndef TD_RUNNER_EVENTBOOK_H
#define TD_RUNNER_EVENTBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct td_eventbook_key {
	uint64_t high, low;
};

struct td_eventbook_row {
	struct td_eventbook_key key;	/* 0, 0: free */
	uint64_t time_s;
	size_t at;		/* of our id, in ids */
};

/* {0} is an empty one, with nothing read. */
struct td_eventbook {
	struct td_eventbook_row *rows;
	size_t n, size;		/* a power of two */
	struct td_buf ids;	/* each with its NUL */
	struct td_buf held;	/* lines that are not written yet */
	unsigned day;		/* of the open file; 0: closed */
	int fd;
};

/* OWNER: decimal uid in a shared spool, else "".  0 or -ENOMEM. */
int td_eventbook_key(struct td_eventbook_key *key, const char *owner,
    const char *id);

/* Reads what was written since SINCE_S: 0 or negated errno. */
int td_eventbook_load(struct td_eventbook *book, int run_fd,
    uint64_t since_s);

/* What the event of that id is called, if it came since then; NULL: there was
 * none.  Valid until the next change. */
const char *td_eventbook_find(const struct td_eventbook *book,
    const struct td_eventbook_key *key, uint64_t since_s);

/* In place of an older one: 0 or -ENOMEM.  To be written. */
int td_eventbook_add(struct td_eventbook *book,
    const struct td_eventbook_key *key, const char *id, uint64_t now_s);

/* No event of that id came after all, if ID's was the last one: 0 or -ENOMEM.
 * To be written. */
int td_eventbook_withdraw(struct td_eventbook *book,
    const struct td_eventbook_key *key, const char *id);

/* Writes what was added: 0, or errno (it is tried again by the next).  Not
 * synced: book->fd, if a day is open. */
int td_eventbook_write(struct td_eventbook *book, int run_fd,
    uint64_t now_s);

/* Forgets what is older, on the disk too. */
void td_eventbook_prune(struct td_eventbook *book, int run_fd,
    uint64_t since_s);

void td_eventbook_release(struct td_eventbook *book);

#endif
