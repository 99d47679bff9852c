/*
 * Dead deliveries: what log/attempts/ID and the task tell of them, and which
 * of them somebody means.
 */
#ifndef TD_CLI_DEAD_H
#define TD_CLI_DEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/arg.h"
#include "cli/conf.h"
#include "cli/detail.h"
#include "cli/out.h"
#include "cli/select.h"
#include "lib/attempts.h"

/* Of these, names may hold "*"; NULL or not given: all. */
struct td_dead_filter {
	const char *service, *rule, *event, *error;
	struct td_opt_number since, until;
};

/* Its options, where MEMBER of TYPE is one. */
#define TD_DEAD_OPT(TYPE, MEMBER, FIELD) \
	offsetof(TYPE, MEMBER) + offsetof(struct td_dead_filter, FIELD)
#define TD_DEAD_OPTS(TYPE, MEMBER) \
	{ "service", 0, "NAME", TD_OPT_TEXT, \
	  TD_DEAD_OPT(TYPE, MEMBER, service), 0, \
	  "only deliveries to this service" }, \
	{ "rule", 0, "NAME", TD_OPT_TEXT, \
	  TD_DEAD_OPT(TYPE, MEMBER, rule), 0, \
	  "only deliveries by this rule" }, \
	{ "event", 0, "NAME", TD_OPT_TEXT, \
	  TD_DEAD_OPT(TYPE, MEMBER, event), 0, \
	  "only deliveries of events of this name" }, \
	{ "error", 0, "CLASS", TD_OPT_TEXT, \
	  TD_DEAD_OPT(TYPE, MEMBER, error), 0, \
	  "only deliveries whose last error was of this class: network, " \
	  "timeout, tls, status, template, ..." }, \
	{ "since", 's', "TIME", TD_OPT_TIME_LAST, \
	  TD_DEAD_OPT(TYPE, MEMBER, since), 0, \
	  "only what died then or later" }, \
	{ "until", 0, "TIME", TD_OPT_TIME_LAST, \
	  TD_DEAD_OPT(TYPE, MEMBER, until), 0, \
	  "only what died before then" }

/* Whether anything is given. */
bool td_dead_is_filter(const struct td_dead_filter *filter);

/* {0} is an empty one, and that of a letter that is no delivery. */
struct td_dead {
	bool is_delivery;
	struct td_buf record;	/* log/attempts/ID */
	struct td_attempts_last last;	/* of that */
	struct td_buf service, rule, event, eventid;
};

/* DIR_FD: log/attempts, or negative: there is none.  What cannot be read is
 * left out. */
void td_dead_load(struct td_dead *dead, const struct td_conf *conf,
    int dir_fd, const struct td_found *found);
void td_dead_release(struct td_dead *dead);

bool td_dead_fits(const struct td_dead *dead,
    const struct td_verdict *verdict, const struct td_dead_filter *filter);

/* Fields of the open row or record: service, rule, event, eventid, and of the
 * last attempt status and error_class. */
void td_dead_print(struct td_out *out, const struct td_dead *dead);
/* Of a record: also verb, url, content_type and what was sent. */
void td_dead_print_sent(struct td_out *out, const struct td_dead *dead);
/* The last of a record: all attempts.  JSON: the record's lines. */
void td_dead_print_attempts(struct td_out *out, const struct td_dead *dead);

#endif
