/*
 * [service NAME]: a target of deliveries, REST or AMQP, as the configuration
 * has it.  Rows of the settings' table like any other, so that each is checked
 * at load, shown by "taskdir service show" and listed in taskdir-hub(8).
 *
 * Knows nothing of connections, and never holds a secret: only where it lies.
 */
#ifndef TD_LIB_SERVICE_H
#define TD_LIB_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "lib/settings.h"

/* The class of its tasks is this, "\" and its name. */
#define TD_SERVICE_CLASS	"dispatch_event_task"
#define TD_SERVICE_CONSUMER	"consume_responses_task"

enum { TD_SERVICE_NAME_MAX = 64 };	/* A-Za-z0-9_- and inner dots */

enum td_service_type { TD_SERVICE_REST, TD_SERVICE_AMQP };
enum td_auth { TD_AUTH_NONE, TD_AUTH_BEARER, TD_AUTH_APIKEY, TD_AUTH_BASIC };
enum td_consume { TD_CONSUME_POLL, TD_CONSUME_ALWAYS };
enum td_declare { TD_DECLARE_NO, TD_DECLARE_QUEUE, TD_DECLARE_EXCHANGE,
	TD_DECLARE_BIND };

/* "header.NAME = VALUE". */
struct td_service_header {
	const char *name, *value;
};

/* Texts are borrowed from the settings; "" is not given. */
struct td_service {
	const char *name;
	uint64_t type;		/* enum td_service_type */
	bool enabled;		/* yes */
	const char *base_url;	/* http, https; amqp, amqps */
	uint64_t auth;		/* enum td_auth; none */
	const char *user;	/* of basic */
	/* At most one of these; token only in a file of mode 0600. */
	const char *token, *token_file, *token_env;
	const struct td_service_header *headers;
	size_t n_headers;
	uint64_t connect_timeout_ms;	/* 5s */
	uint64_t timeout_ms;	/* of one network attempt; 5s */
	uint64_t max_retries;	/* network attempts of one run; 3 */
	uint64_t retry_backoff_ms;	/* 1s, doubling, cap 60s */
	uint64_t retry_after_max_ms;	/* cap of Retry-After; 1h */
	uint64_t cb_failure_threshold;	/* 0: no breaker; 5 */
	uint64_t cb_window_ms;	/* in which they count; 1m */
	uint64_t cb_cooldown_ms;	/* 30s */
	const char *cb_hook;	/* a program; "": none */
	uint64_t max_in_flight;	/* 32 */
	uint64_t postpone_max_ms;	/* while disabled; 7d, 0: no limit */
	uint64_t rate_ns;	/* 0: no limit */
	const char *success, *retry;	/* statuses: "200-299",
					 * "408,425,429,500-599" */
	const char *ca_file, *client_cert, *client_key;
	bool insecure;		/* no */
	bool allow_private;	/* no */
	const char *allow;	/* "10.0.0.0/8, ::1" */
	bool http2;		/* yes */
	uint64_t excerpt_bytes;	/* of a response that is kept; 2K */
	bool trace_payload;	/* yes */
	bool log_bodies;	/* in the request log; no */
	const char *secret_file;	/* signing secrets, one a line */
	const char *signature_prefix;	/* "webhook-" */
	/* What only AMQP has; REST with such a setting is refused. */
	const char *exchange, *routing_key;
	uint64_t declare;	/* enum td_declare; no */
	const char *declare_type;	/* of the exchange; "direct" */
	const char *declare_queue;	/* its name */
	const char *declare_arguments;	/* a JSON object */
	bool mandatory;		/* yes */
	bool persistent;	/* yes */
	uint64_t confirm_timeout_ms;	/* 5s */
	uint64_t heartbeat_s;	/* 30 */
	uint64_t max_connections;	/* to this broker; 4 */
	const char *message_type;	/* "": the event's name */
	const char *reply_to;	/* "": response_queue */
	const char *response_queue;
	const char *response_class;	/* a task of each answer */
	const char *response_event;	/* or an event of that name */
	uint64_t consume;	/* enum td_consume; poll */
	uint64_t prefetch;	/* 50 */
	uint64_t response_max_bytes;	/* 1M */
	/* Where it stands. */
	const char *file;
	unsigned line;
};

size_t td_service_count(const struct td_settings *settings);
/* In the order of the files; of several sections of one name there is one
 * service, later values win. */
const struct td_service *td_service_at(const struct td_settings *settings,
    size_t i);
/* NULL: there is none. */
const struct td_service *td_service_find(const struct td_settings *settings,
    const char *name);

/* The service's name behind "dispatch_event_task\"; NULL: another class. */
const char *td_service_of_class(const char *class_name);

/* Whether an HTTP status is in a list such as "200-299,304". */
bool td_service_status_in(const char *list, unsigned status);

#endif
