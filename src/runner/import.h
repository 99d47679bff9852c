/*
 * A user's drop whose copy is in the spool's new/, but not yet known to be
 * durable; and what is different about events, which have no picture: their
 * tasks have.
 */
#ifndef TD_RUNNER_IMPORT_H
#define TD_RUNNER_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/name.h"

struct td_drop;
struct td_letter;
struct td_mailbox;
struct td_runner;

struct td_import {
	struct td_drop *drop;
	char name[TD_NAME_SIZE];	/* of the copy */
	char view[TD_NAME_SIZE];
	char id[TD_NAME_ID_SIZE];
	uint32_t ref;
	bool event;
};

/* Whether a drop of that name has become an event of the spool already. */
bool td_import_has_event(const struct td_mailbox *box, const char *name);

/* Copies an event: 0 with *import; 1: the drop is dealt with; errno. */
int td_import_event(struct td_import *import, struct td_drop *drop,
    const struct td_letter *letter);

/* The copy is durable: away with the drop.  0; -ENOENT: the user was faster,
 * and the copy is gone too; errno, the same. */
int td_import_hand_over(struct td_runner *runner,
    const struct td_import *import);

#endif
