#include "config.h"

/*
 * Publishing with confirms: the hub's brokers beside a bare loop of rabbitmq-c
 * with the same window, message and properties, in the same rounds.
 *
 *	amqp URL QUEUE N ROUNDS
 *
 * URL without user: guest.  Prints a line a round and the medians.
 */
#ifdef HAVE_RABBITMQ_C_AMQP_H
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_tcp_socket.h>
#endif
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hub/broker.h"
#include "hub/lane.h"
#include "base/amqp_url.h"

enum { BODY_BYTES = 300, ROUNDS_MAX = 100 };

static char body_text[BODY_BYTES + 1];
static unsigned n_out, n_failed;

static _Noreturn void
die(const char *what)
{
	(void)fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Bare */

static amqp_connection_state_t
connect_bare(const struct td_amqp_url *url)
{
	amqp_connection_state_t state = amqp_new_connection();
	amqp_socket_t *socket = amqp_tcp_socket_new(state);

	if (amqp_socket_open(socket, url->host, url->port) != AMQP_STATUS_OK ||
	    amqp_login(state, url->vhost, 1, 131072, 0,
	    AMQP_SASL_METHOD_PLAIN, url->user, url->password).reply_type !=
	    AMQP_RESPONSE_NORMAL)
		die("cannot connect");
	(void)amqp_channel_open(state, 1);
	(void)amqp_confirm_select(state, 1);
	return state;
}

static void
publish_bare(amqp_connection_state_t state, const char *queue)
{
	amqp_basic_properties_t properties = {
		._flags = AMQP_BASIC_DELIVERY_MODE_FLAG |
		    AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_TYPE_FLAG |
		    AMQP_BASIC_CORRELATION_ID_FLAG |
		    AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_TIMESTAMP_FLAG,
		.delivery_mode = 2,
		.message_id = amqp_cstring_bytes("0643f1c2a9b04-7c1e93ab"),
		.correlation_id = amqp_cstring_bytes("0643f1c2a9b04-7c1e93ab"),
		.type = amqp_cstring_bytes("bench"),
		.content_type = amqp_cstring_bytes("application/json"),
		.timestamp = 1795132800,
	};

	if (amqp_basic_publish(state, 1, amqp_empty_bytes,
	    amqp_cstring_bytes(queue), 1, 0, &properties,
	    amqp_cstring_bytes(body_text)) != AMQP_STATUS_OK)
		die("cannot publish");
}

/* So many messages are settled now. */
static unsigned
wait_bare(amqp_connection_state_t state, unsigned settled)
{
	amqp_frame_t frame;
	amqp_basic_ack_t *ack;

	amqp_maybe_release_buffers(state);
	if (amqp_simple_wait_frame(state, &frame) != AMQP_STATUS_OK)
		die("the connection broke");
	if (frame.frame_type != AMQP_FRAME_METHOD ||
	    frame.payload.method.id != AMQP_BASIC_ACK_METHOD)
		die("no confirm");
	ack = frame.payload.method.decoded;
	return ack->multiple ? (unsigned)ack->delivery_tag : settled + 1;
}

static double
run_bare(const struct td_amqp_url *url, const char *queue, unsigned n)
{
	amqp_connection_state_t state = connect_bare(url);
	unsigned sent = 0, settled = 0;
	double began = now(), took;

	while (settled < n) {
		if (sent < n && sent - settled < TD_LANE_WINDOW) {
			publish_bare(state, queue);
			sent++;
		} else {
			settled = wait_bare(state, settled);
		}
	}
	took = now() - began;
	(void)amqp_connection_close(state, AMQP_REPLY_SUCCESS);
	(void)amqp_destroy_connection(state);
	return n / took;
}

/* Ours */

static void
on_done(struct td_message *message)
{
	n_failed += message->result.sent != TD_SENT_OK;
	n_out--;
}

static void
hand_in(struct td_brokers *brokers, struct td_message *messages,
    const struct td_message *like, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		messages[i] = *like;
		if (td_brokers_publish(brokers, &messages[i]) != 0)
			die("cannot hand in");
		n_out++;
	}
}

static double
run_ours(const struct td_service *service, const char *queue, unsigned n)
{
	struct td_buf body = { .data = body_text, .len = BODY_BYTES };
	const struct td_message like = {
		.service = service, .routing_key = queue,
		.message_id = "0643f1c2a9b04-7c1e93ab",
		.correlation_id = "0643f1c2a9b04-7c1e93ab", .type = "bench",
		.content_type = "application/json", .timestamp = 1795132800,
		.body = &body, .done = on_done,
	};
	struct td_message *messages = calloc(n + 1, sizeof(*messages));
	struct td_brokers *brokers;
	struct td_loop loop = {0};
	double began, took;

	if (messages == NULL || td_loop_open(&loop) != 0 ||
	    td_brokers_open(&brokers, &loop, ".") != 0)
		die("cannot begin");
	/* The connection is there before the clock runs, as in the other. */
	hand_in(brokers, messages + n, &like, 1);
	while (n_out > 0)
		(void)td_loop_wait(&loop, false);
	began = now();
	hand_in(brokers, messages, &like, n);
	while (n_out > 0)
		(void)td_loop_wait(&loop, false);
	took = now() - began;
	td_brokers_close(brokers);
	td_loop_close(&loop);
	free(messages);
	if (n_failed > 0)
		die("messages failed");
	return n / took;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double
median(double *values, unsigned n)
{
	qsort(values, n, sizeof(*values), compare);
	return values[n / 2];
}

int
main(int argc, char **argv)
{
	double bare[ROUNDS_MAX], ours[ROUNDS_MAX], ratio[ROUNDS_MAX];
	unsigned n = argc == 5 ? (unsigned)atoi(argv[3]) : 0;
	unsigned rounds = argc == 5 ? (unsigned)atoi(argv[4]) : 0;
	struct td_amqp_url url;
	struct td_service service = {
		.name = "bench", .type = TD_SERVICE_AMQP,
		.base_url = argv[1], .user = "", .token = "",
		.token_file = "", .token_env = "", .ca_file = "",
		.client_cert = "", .client_key = "", .exchange = "",
		.routing_key = "", .declare_type = "", .declare_queue = "",
		.declare_arguments = "", .message_type = "", .reply_to = "",
		.response_queue = "", .connect_timeout_ms = 60000,
		.confirm_timeout_ms = 60000, .mandatory = true,
		.persistent = true, .max_connections = 4,
	};

	(void)signal(SIGPIPE, SIG_IGN);
	if (n == 0 || rounds == 0 || rounds > ROUNDS_MAX ||
	    td_amqp_url_parse(&url, argv[1], NULL) != 0)
		die("amqp URL QUEUE N ROUNDS");
	(void)memset(body_text, '1', BODY_BYTES);
	for (unsigned i = 0; i < rounds; i++) {
		bare[i] = run_bare(&url, argv[2], n);
		ours[i] = run_ours(&service, argv[2], n);
		ratio[i] = ours[i] / bare[i];
		(void)printf("bare %.0f/s, hub %.0f/s, ratio %.2f\n", bare[i],
		    ours[i], ratio[i]);
	}
	(void)printf("medians of %u rounds of %u: bare %.0f/s, hub %.0f/s, "
	    "ratio %.2f (aim: >= 0.9)\n", rounds, n, median(bare, rounds),
	    median(ours, rounds), median(ratio, rounds));
	return 0;
}
