#include "config.h"

#include "hub/meters.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/metrics.h"

struct td_meter {
	char *service;		/* an alphabet without quotes */
	bool inbound;
	uint64_t results[TD_SENT_COUNT];
	uint64_t n, latency_us, bytes_sent, bytes_received;
	struct td_meter *next;
};

static struct td_meter *
find(struct td_meter **meters, const char *service, bool inbound)
{
	struct td_meter *at = *meters;

	while (at != NULL && (at->inbound != inbound ||
	    strcmp(at->service, service) != 0))
		at = at->next;
	if (at != NULL)
		return at;
	at = calloc(1, sizeof(*at));
	if (at == NULL)
		return NULL;
	at->service = strdup(service);
	if (at->service == NULL) {
		free(at);
		return NULL;
	}
	at->inbound = inbound;
	at->next = *meters;
	*meters = at;
	return at;
}

void
td_meters_count(struct td_meter **meters, const char *service, bool inbound,
    const struct td_result_of *result)
{
	struct td_meter *at = find(meters, service, inbound);

	if (at == NULL)
		return;
	at->n++;
	at->results[result->sent]++;
	at->latency_us += result->latency_us;
	at->bytes_sent += result->bytes_sent;
	at->bytes_received += result->bytes_received;
}

struct writer {
	struct td_buf *out;
	const char *spool;
};

static void
add_labels(const struct writer *writer, const char *name,
    const struct td_meter *at)
{
	td_buf_add_format(writer->out, "%s{spool=\"", name);
	td_metrics_add_value(writer->out, writer->spool);
	td_buf_add_format(writer->out, "\",service=\"%s\",direction=\"%s\"",
	    at->service, at->inbound ? "in" : "out");
}

static void
add_results(const struct writer *writer, const struct td_meter *at)
{
	for (int i = 0; i < TD_SENT_COUNT; i++) {
		if (at->results[i] == 0)
			continue;
		add_labels(writer, "taskdir_requests_total", at);
		td_buf_add_format(writer->out, ",result=\"%s\"} %" PRIu64 "\n",
		    td_sent_name((enum td_sent)i), at->results[i]);
	}
}

static void
add_durations(const struct writer *writer, const struct td_meter *at)
{
	add_labels(writer, "taskdir_request_duration_seconds_sum", at);
	td_buf_add_format(writer->out, "} %" PRIu64 ".%06u\n",
	    at->latency_us / 1000000, (unsigned)(at->latency_us % 1000000));
	add_labels(writer, "taskdir_request_duration_seconds_count", at);
	td_buf_add_format(writer->out, "} %" PRIu64 "\n", at->n);
}

static void
add_sent(const struct writer *writer, const struct td_meter *at)
{
	add_labels(writer, "taskdir_request_sent_bytes_total", at);
	td_buf_add_format(writer->out, "} %" PRIu64 "\n", at->bytes_sent);
}

static void
add_received(const struct writer *writer, const struct td_meter *at)
{
	add_labels(writer, "taskdir_request_received_bytes_total", at);
	td_buf_add_format(writer->out, "} %" PRIu64 "\n", at->bytes_received);
}

void
td_meters_format(struct td_buf *out, const struct td_meter *meters,
    const char *spool)
{
	const struct writer writer = { out, spool };
	static const struct {
		const char *name, *type, *help;
		void (*add)(const struct writer *writer,
		    const struct td_meter *at);
	} families[] = {
		{ "taskdir_requests_total", "counter", "Network attempts of "
		  "the hub, and messages that came in, by outcome.",
		  add_results },
		{ "taskdir_request_duration_seconds", "summary", "How long "
		  "they took.", add_durations },
		{ "taskdir_request_sent_bytes_total", "counter", "Bytes sent.",
		  add_sent },
		{ "taskdir_request_received_bytes_total", "counter",
		  "Bytes received.", add_received },
	};

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		td_buf_add_format(out, "# HELP %s %s\n# TYPE %s %s\n",
		    families[i].name, families[i].help, families[i].name,
		    families[i].type);
		for (const struct td_meter *at = meters; at != NULL;
		    at = at->next)
			families[i].add(&writer, at);
	}
}

void
td_meters_free(struct td_meter *meters)
{
	while (meters != NULL) {
		struct td_meter *at = meters;

		meters = at->next;
		free(at->service);
		free(at);
	}
}
