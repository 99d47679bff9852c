/*
 * Where a broker is, as its URL says:
 *
 *	amqp[s]://[USER[:PASSWORD]@]HOST[:PORT][/VHOST][?QUERY]
 *
 * User, password and virtual host may have %XX; HOST may be [IPv6].  No or an
 * empty VHOST is "/".  QUERY knows heartbeat (seconds) and connection_timeout
 * (milliseconds); every other name is refused.
 */
#ifndef TD_NET_AMQP_URL_H
#define TD_NET_AMQP_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum {
	TD_AMQP_TEXT_SIZE = 256,	/* a short string of AMQP, and NUL */
	TD_AMQP_SECRET_SIZE = 1024,
};

struct td_amqp_url {
	bool tls;
	bool has_user;		/* else both are "guest" */
	char user[TD_AMQP_TEXT_SIZE];
	char password[TD_AMQP_SECRET_SIZE];
	char host[TD_AMQP_TEXT_SIZE];	/* without brackets */
	uint16_t port;		/* 5672, with TLS 5671 */
	char vhost[TD_AMQP_TEXT_SIZE];
	uint64_t heartbeat_s;	/* UINT64_MAX: not given */
	uint64_t connect_timeout_ms;	/* 0: not given */
};

/* 0, or -EINVAL with what is wrong in err: never the password. */
int td_amqp_url_parse(struct td_amqp_url *url, const char *text,
    struct td_err *err);

/* Appends it for logs: no user, no password, no query. */
void td_amqp_url_show(struct td_buf *out, const struct td_amqp_url *url);

#endif
