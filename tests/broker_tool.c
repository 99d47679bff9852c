#include "config.h"

/*
 * hub/broker for stories, without the rest of the hub:
 *
 *	broker_tool [NAME=VALUE...] URL KEY N
 *
 * hands in N messages at once for each of "services" (1) services, and prints
 * a line for each kind of end, "FAULT COUNT [sentence of the first]", sorted
 * by the first to come, and last "slowest MS".  Names are those of [service],
 * and bytes (of a body), type, rounds (that many times, one after the other,
 * each but the first after a line on standard input).
 * Exit 0 if all were confirmed.
 */
#include "base/clock.h"
#include "hub/broker.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char **names;		/* NAME=VALUE */
static int n_names;

static struct {
	unsigned n;
	enum td_fault fault;
	char error[TD_RESULT_ERROR_SIZE];
} ends[TD_FAULT_COUNT];
static unsigned n_ends, n_out;
static uint64_t slowest_us;

static const char *
value_of(const char *name, const char *otherwise)
{
	size_t len = strlen(name);

	for (int i = 0; i < n_names; i++)
		if (strncmp(names[i], name, len) == 0 &&
		    names[i][len] == '=')
			return names[i] + len + 1;
	return otherwise;
}

static uint64_t
number_of(const char *name, uint64_t otherwise)
{
	const char *text = value_of(name, NULL);

	return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static uint64_t
declare_of(const char *text)
{
	static const char *const words[] = { "no", "queue", "exchange",
		"bind" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(words[i], text) == 0)
			return i;
	return TD_DECLARE_NO;
}

static void
make_service(struct td_service *service, const char *name, const char *url)
{
	static const struct td_service_header header = { "x-from", "tool" };

	*service = (struct td_service){
		.name = name, .type = TD_SERVICE_AMQP, .enabled = true,
		.base_url = url,
		.auth = value_of("user", NULL) != NULL ? TD_AUTH_BASIC :
		    TD_AUTH_NONE,
		.user = value_of("user", ""),
		.token = value_of("token", ""),
		.token_file = value_of("token_file", ""), .token_env = "",
		.headers = &header, .n_headers = 1,
		.connect_timeout_ms = number_of("connect_timeout", 10000),
		.confirm_timeout_ms = number_of("confirm_timeout", 10000),
		.ca_file = value_of("ca_file", ""),
		.client_cert = "", .client_key = "",
		.exchange = value_of("exchange", ""),
		.routing_key = value_of("routing_key", ""),
		.declare = declare_of(value_of("declare", "no")),
		.declare_type = value_of("declare_type", "direct"),
		.declare_queue = value_of("declare_queue", ""),
		.declare_arguments = value_of("declare_arguments", ""),
		.mandatory = number_of("mandatory", 1) != 0,
		.persistent = true,
		.heartbeat_s = number_of("heartbeat", 30),
		.max_connections = number_of("max_connections", 4),
		.message_type = "", .reply_to = value_of("reply_to", ""),
		.response_queue = value_of("response_queue", ""),
	};
}

static void
on_done(struct td_message *message)
{
	const struct td_result_of *result = &message->result;
	unsigned i = 0;

	while (i < n_ends && ends[i].fault != result->fault)
		i++;
	if (i == n_ends) {
		n_ends++;
		ends[i].fault = result->fault;
		(void)memcpy(ends[i].error, result->error,
		    sizeof(ends[i].error));
	}
	ends[i].n++;
	if (result->latency_us > slowest_us)
		slowest_us = result->latency_us;
	n_out--;
}

static int
hand_in(struct td_brokers *brokers, const struct td_service *service,
    const char *key, const struct td_buf *body, struct td_message *messages,
    unsigned n)
{
	static char ids[1 << 20][12];
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < n; i++) {
		(void)snprintf(ids[i], sizeof(ids[i]), "m%u", i + 1);
		messages[i] = (struct td_message){
			.service = service,
			.routing_key = key, .message_id = ids[i],
			.correlation_id = ids[i],
			.type = value_of("type", "tool"),
			.content_type = "application/json",
			.timestamp = 1795132800, .body = body,
			.done = on_done,
		};
		rc = td_brokers_publish(brokers, &messages[i]);
		n_out += rc == 0;
	}
	return rc;
}

/* All services at once, until all are back. */
static int
round_of(struct td_loop *loop, struct td_brokers *brokers,
    const struct td_service *services, const char *key, unsigned n)
{
	unsigned n_services = (unsigned)number_of("services", 1);
	struct td_message *messages = calloc((size_t)n * n_services,
	    sizeof(*messages));
	struct td_buf body = {0};
	int rc = messages == NULL ? -1 : 0;

	for (uint64_t i = number_of("bytes", 10); i > 0; i--)
		td_buf_add_char(&body, '1');
	for (unsigned i = 0; rc == 0 && i < n_services; i++)
		rc = hand_in(brokers, &services[i], key, &body,
		    messages + (size_t)i * n, n);
	while (rc >= 0 && n_out > 0)
		rc = td_loop_wait(loop, false);
	td_buf_release(&body);
	free(messages);
	return rc < 0 ? rc : 0;
}

/* Says how far it is. */
static void
wait_for_line(bool is_more)
{
	int c = is_more ? 0 : EOF;

	if (is_more) {
		(void)puts("round");
		(void)fflush(stdout);
	}
	while (c != EOF && c != '\n')
		c = getchar();
}

static int
report(void)
{
	for (unsigned i = 0; i < n_ends; i++)
		(void)printf("%s %u%s%s\n", ends[i].fault == TD_FAULT_NONE ?
		    "ok" : td_fault_name(ends[i].fault), ends[i].n,
		    *ends[i].error != '\0' ? " " : "", ends[i].error);
	(void)printf("slowest %" PRIu64 "\n", slowest_us / 1000);
	return n_ends == 1 && ends[0].fault == TD_FAULT_NONE ? EXIT_SUCCESS :
	    EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	static struct td_service services[64];
	static char service_names[64][16];
	struct td_loop loop = {0};
	struct td_brokers *brokers = NULL;
	int rc;

	(void)signal(SIGPIPE, SIG_IGN);
	names = ++argv;
	for (argc--; argc > 0 && strchr(*argv, '=') != NULL &&
	    strncmp(*argv, "amqp", 4) != 0; argc--, argv++)
		n_names++;
	if (argc != 3 || number_of("services", 1) > 64)
		return 2;
	for (unsigned i = 0; i < 64; i++) {
		(void)snprintf(service_names[i], sizeof(service_names[i]),
		    "tool%u", i);
		make_service(&services[i], service_names[i], argv[0]);
	}
	rc = td_loop_open(&loop);
	if (rc == 0)
		rc = td_brokers_open(&brokers, &loop, ".");
	for (uint64_t i = number_of("rounds", 1); rc == 0 && i > 0; i--) {
		rc = round_of(&loop, brokers, services, argv[1],
		    (unsigned)strtoul(argv[2], NULL, 10));
		wait_for_line(i > 1);
	}
	td_brokers_close(brokers);
	td_loop_close(&loop);
	if (rc != 0)
		(void)fprintf(stderr, "broker_tool: %s\n", strerror(-rc));
	return rc != 0 ? 2 : report();
}
