#include "config.h"

/*
 * net/amqp for stories:
 *
 *	amqp_tool [NAME=VALUE...] URL VERB [ARG...]
 *
 *	publish EXCHANGE KEY N BYTES	with a window of 100; prints
 *					"acked A nacked B returned C"
 *	put EXCHANGE KEY		standard input, with the properties
 *					id, correlation, type, content_type
 *	feed EXCHANGE KEY		a message {"n":LINE} for each line of
 *					standard input, its id "n" and the line
 *	drain QUEUE			until it is empty; prints the bodies,
 *					a line each, and acknowledges them
 *	declare QUEUE [MAX-LENGTH]	durable; "passive=1" only asks
 *	look QUEUE			headers and properties of the first
 *	idle SECONDS			only keeps the connection
 *
 * A failure is "CODE: sentence" on standard error and exit 1.
 */
#include "base/clock.h"
#include "base/io.h"
#include "base/num.h"
#include "net/amqp.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WINDOW = 100, BODY_MAX = 64 << 20 };

static struct td_err err;
static char **names;		/* NAME=VALUE */
static int n_names;

static const char *
value_of(const char *name)
{
	size_t len = strlen(name);

	for (int i = 0; i < n_names; i++)
		if (strncmp(names[i], name, len) == 0 &&
		    names[i][len] == '=')
			return names[i] + len + 1;
	return NULL;
}

static uint64_t
number_of(const char *text, uint64_t otherwise)
{
	return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static int
connect_to(struct td_amqp **amqp, const char *text)
{
	struct td_amqp_url url;
	struct td_amqp_target target = {
		.url = &url,
		.user = value_of("user"),
		.password = value_of("password"),
		.name = "amqp_tool",
		.connect_timeout_ms = number_of(value_of("connect_ms"), 10000),
		.timeout_ms = number_of(value_of("timeout_ms"), 10000),
		.heartbeat_s = number_of(value_of("heartbeat"), 30),
		.ca_file = value_of("ca"),
		.client_cert = value_of("cert"),
		.client_key = value_of("key"),
		.insecure = value_of("insecure") != NULL,
	};
	int rc = td_amqp_url_parse(&url, text, &err);

	return rc != 0 ? rc : td_amqp_open(amqp, &target, &err);
}

struct tally {
	uint64_t acked, nacked, returned, settled;
};

static int
count_next(struct td_amqp *amqp, struct tally *tally)
{
	struct td_amqp_event event;
	int rc = td_amqp_next(amqp, number_of(value_of("timeout_ms"), 10000),
	    &event, &err);

	if (rc != 0)
		return rc;
	switch (event.type) {
	case TD_AMQP_ACK:
	case TD_AMQP_NACK:
		*(event.type == TD_AMQP_ACK ? &tally->acked : &tally->nacked)
		    += event.multiple ? event.tag - tally->settled : 1;
		tally->settled = tally->acked + tally->nacked;
		return 0;
	case TD_AMQP_RETURNED:
		tally->returned++;
		(void)printf("returned %s: %s\n", event.message.message_id,
		    event.text);
		return 0;
	case TD_AMQP_BLOCKED:
		return td_fail(&err, -EBUSY, "blocked: %s", event.text);
	case TD_AMQP_NOTHING:
		return td_fail(&err, -ETIMEDOUT, "no confirm");
	case TD_AMQP_UNBLOCKED:
	case TD_AMQP_MESSAGE:
	case TD_AMQP_EMPTY:
	case TD_AMQP_CANCELLED:
		break;
	}
	return td_fail(&err, -EPROTO, "event %d", event.type);
}

static int
publish(struct td_amqp *amqp, char **args)
{
	struct td_buf body = {0};
	struct tally tally = {0};
	uint64_t n = number_of(args[2], 1), tag = 0;
	int rc = td_amqp_confirm(amqp, &err);

	for (uint64_t i = number_of(args[3], 0); i > 0; i--)
		td_buf_add_char(&body, 'x');
	while (rc == 0 && tally.settled < n) {
		char id[32];
		struct td_amqp_message message = {
			.exchange = args[0], .routing_key = args[1],
			.mandatory = true, .persistent = true,
			.message_id = id, .body = td_buf_text(&body),
			.body_len = body.len,
		};

		(void)snprintf(id, sizeof(id), "m%" PRIu64, tag + 1);
		if (tag < n && tag - tally.settled < WINDOW)
			rc = td_amqp_publish(amqp, &message, &tag, &err);
		else
			rc = count_next(amqp, &tally);
	}
	td_buf_release(&body);
	if (rc == 0)
		(void)printf("acked %" PRIu64 " nacked %" PRIu64 " returned %"
		    PRIu64 "\n", tally.acked, tally.nacked, tally.returned);
	return rc;
}

static int
put(struct td_amqp *amqp, char **args)
{
	const struct td_amqp_field headers[] = {
		{ .kind = TD_AMQP_TEXT, .name = "x-text", .name_len = 6,
		    .text = "h\"i", .text_len = 3 },
		{ .kind = TD_AMQP_INT, .name = "x-int", .name_len = 5,
		    .number = -5 },
		{ .kind = TD_AMQP_BOOL, .name = "x-yes", .name_len = 5,
		    .number = 1 },
	};
	struct td_buf body = {0};
	struct tally tally = {0};
	uint64_t tag;
	int rc = td_io_read(STDIN_FILENO, &body, BODY_MAX);
	struct td_amqp_message message = {
		.exchange = args[0], .routing_key = args[1],
		.persistent = true, .mandatory = true,
		.message_id = value_of("id"),
		.correlation_id = value_of("correlation"),
		.type = value_of("type"),
		.content_type = value_of("content_type"),
		.timestamp = 1795132800,
		.headers = headers,
		.n_headers = sizeof(headers) / sizeof(*headers),
		.body = td_buf_text(&body), .body_len = body.len,
	};

	if (rc == 0)
		rc = td_amqp_confirm(amqp, &err);
	if (rc == 0)
		rc = td_amqp_publish(amqp, &message, &tag, &err);
	while (rc == 0 && tally.settled == 0)
		rc = count_next(amqp, &tally);
	td_buf_release(&body);
	return rc == 0 && tally.acked != 1 ? -EIO : rc;
}

static int
feed(struct td_amqp *amqp, char **args)
{
	struct tally tally = {0};
	char line[64], id[80], body[80];
	uint64_t tag = 0;
	int rc = td_amqp_confirm(amqp, &err);

	while (rc == 0 && fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		(void)snprintf(id, sizeof(id), "n%s", line);
		(void)snprintf(body, sizeof(body), "{\"n\":%s}", line);
		rc = td_amqp_publish(amqp, &(struct td_amqp_message){
			.exchange = args[0], .routing_key = args[1],
			.persistent = true, .message_id = id, .body = body,
			.body_len = strlen(body),
		    }, &tag, &err);
		while (rc == 0 && tag - tally.settled >= WINDOW)
			rc = count_next(amqp, &tally);
	}
	while (rc == 0 && tally.settled < tag)
		rc = count_next(amqp, &tally);
	return rc;
}

static void
tell(const struct td_amqp_field *field, void *arg)
{
	(void)arg;
	(void)printf("header kind=%d %.*s=%.*s %" PRId64 "\n", field->kind,
	    (int)field->name_len, field->name == NULL ? "" : field->name,
	    (int)field->text_len, field->text == NULL ? "" : field->text,
	    field->number);
}

static void
show(const struct td_amqp *amqp, const struct td_amqp_message *m)
{
	(void)printf("id=%s correlation=%s type=%s content=%s time=%" PRIu64
	    " key=%s\n", m->message_id, m->correlation_id, m->type,
	    m->content_type, m->timestamp, m->routing_key);
	td_amqp_headers(amqp, tell, NULL);
}

static int
drain(struct td_amqp *amqp, char **args, bool look)
{
	bool empty = false;
	int rc = 0;

	while (rc == 0 && !empty) {
		struct td_amqp_event event;

		rc = td_amqp_get(amqp, args[0], 1, &err);
		if (rc == 0)
			rc = td_amqp_next(amqp, 10000, &event, &err);
		if (rc != 0)
			break;
		empty = look || event.type != TD_AMQP_MESSAGE;
		if (event.type != TD_AMQP_MESSAGE)
			break;
		if (look)
			show(amqp, &event.message);
		(void)printf("%.*s\n", (int)event.message.body_len,
		    event.message.body);
		if (!look)
			rc = td_amqp_ack(amqp, event.tag, false, &err);
	}
	return rc;
}

static int
declare(struct td_amqp *amqp, char **args)
{
	struct td_amqp_field length = {
		.kind = TD_AMQP_INT,
		.name = "x-max-length", .name_len = 12,
		.number = (int64_t)number_of(args[1], 0),
	};
	struct td_amqp_declaration queue = {
		.name = args[0],
		.passive = value_of("passive") != NULL,
		.arguments = &length,
		.n_arguments = args[1] != NULL ? 1 : 0,
	};
	uint32_t n_ready;
	int rc = td_amqp_declare_queue(amqp, &queue, &n_ready, &err);

	if (rc == 0)
		(void)printf("%" PRIu32 " ready\n", n_ready);
	return rc;
}

static int
idle(struct td_amqp *amqp, uint64_t seconds)
{
	uint64_t end_ms = td_clock_mono_ms() + seconds * 1000;
	struct td_amqp_event event;
	int rc = 0;

	while (rc == 0 && td_clock_mono_ms() < end_ms)
		rc = td_amqp_next(amqp, 200, &event, &err);
	return rc;
}

static int
act(struct td_amqp *amqp, int argc, char **argv)
{
	const char *verb = argv[0];

	if (strcmp(verb, "publish") == 0 && argc == 5)
		return publish(amqp, argv + 1);
	if (strcmp(verb, "put") == 0 && argc == 3)
		return put(amqp, argv + 1);
	if (strcmp(verb, "feed") == 0 && argc == 3)
		return feed(amqp, argv + 1);
	if (strcmp(verb, "declare") == 0 && argc >= 2)
		return declare(amqp, argv + 1);
	if (strcmp(verb, "idle") == 0 && argc == 2)
		return idle(amqp, number_of(argv[1], 1));
	if (argc == 2)
		return drain(amqp, argv + 1, strcmp(verb, "look") == 0);
	return td_fail(&err, -EINVAL, "see amqp_tool.c");
}

int
main(int argc, char **argv)
{
	struct td_amqp *amqp = NULL;
	int rc;

	(void)signal(SIGPIPE, SIG_IGN);
	names = ++argv;
	argc--;
	for (; argc > 0 && strchr(*argv, '=') != NULL &&
	    strncmp(*argv, "amqp", 4) != 0; argc--, argv++)
		n_names++;
	if (argc < 2)
		return 2;
	rc = connect_to(&amqp, argv[0]);
	if (rc == 0)
		rc = act(amqp, argc - 1, argv + 1);
	td_amqp_close(amqp);
	if (rc != 0)
		(void)fprintf(stderr, "%s: %s\n", strerrorname_np(-rc),
		    err.text);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
