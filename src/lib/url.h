/*
 * What a service's base_url is made of.  Only taken apart, nothing decoded.
 */
#ifndef TD_LIB_URL_H
#define TD_LIB_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct td_url_part {
	const char *text;	/* NULL: not there */
	size_t len;
};

struct td_url {
	struct td_url_part scheme, userinfo, host, port;
	struct td_url_part path;	/* with its slash */
	struct td_url_part query, fragment;
};

/* 0; TASKDIR_EFORMAT with what is allowed, and *AT the byte of TEXT. */
int td_url_parse(struct td_url *url, const char *text, size_t *at,
    struct td_err *err);

/* Whether the scheme is this one (lower case). */
bool td_url_is(const struct td_url *url, const char *scheme);

#endif
