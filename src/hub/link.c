#include "config.h"

#include "hub/link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "hub/secret.h"
#include "hub/tables.h"
#include "lib/taskdir.h"
#include "base/amqp_url.h"

/* What a failure is, and whether the broker is to be called ill. */
/* clang-format off */
static const struct {
	int code;
	enum td_sent sent;
	enum td_fault fault;
	bool unhealthy;
} faults[] = {
	{ -EHOSTUNREACH, TD_SENT_RETRY, TD_FAULT_NETWORK, true },
	{ -ECONNREFUSED, TD_SENT_RETRY, TD_FAULT_NETWORK, true },
	{ -ECONNRESET, TD_SENT_RETRY, TD_FAULT_NETWORK, true },
	{ -ETIMEDOUT, TD_SENT_RETRY, TD_FAULT_TIMEOUT, true },
	{ -EKEYREJECTED, TD_SENT_RETRY, TD_FAULT_TLS, true },
	{ -EPROTO, TD_SENT_RETRY, TD_FAULT_PROTOCOL, true },
	{ -EUSERS, TD_SENT_RETRY, TD_FAULT_LIMIT, true },
	/* Of our own making: the broker is well. */
	{ -EBUSY, TD_SENT_RETRY, TD_FAULT_LIMIT, false },
	/* It may be set right there. */
	{ -EACCES, TD_SENT_RETRY, TD_FAULT_STATUS, false },
	{ -ENOENT, TD_SENT_RETRY, TD_FAULT_STATUS, false },
	{ -EEXIST, TD_SENT_RETRY, TD_FAULT_STATUS, false },
	{ -EMSGSIZE, TD_SENT_NEVER, TD_FAULT_MESSAGE, false },
	{ -EINVAL, TD_SENT_NEVER, TD_FAULT_CONFIG, false },
	{ -ENOSYS, TD_SENT_NEVER, TD_FAULT_CONFIG, false },
	{ TASKDIR_ETRUST, TD_SENT_RETRY, TD_FAULT_CONFIG, false },
	{ TASKDIR_EFORMAT, TD_SENT_RETRY, TD_FAULT_CONFIG, false },
};
/* clang-format on */

void
td_link_judge(struct td_result_of *result, const struct td_link *link, int rc,
    const char *words)
{
	result->sent = TD_SENT_RETRY;
	result->fault = TD_FAULT_CONFIG;
	result->unhealthy = false;
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		if (faults[i].code == rc) {
			result->sent = faults[i].sent;
			result->fault = faults[i].fault;
			result->unhealthy = faults[i].unhealthy;
			break;
		}
	if (link->amqp != NULL)
		result->status = td_amqp_reply_code(link->amqp);
	(void)snprintf(result->error, sizeof(result->error), "%.*s",
	    (int)sizeof(result->error) - 1, words);
}

void
td_link_show(struct td_buf *out, const struct td_service *service)
{
	struct td_amqp_url url;

	if (td_amqp_url_parse(&url, service->base_url, NULL) == 0)
		td_amqp_url_show(out, &url);
	explicit_bzero(&url, sizeof(url));
}

/* Paths of one connection, whole; and its password. */
struct papers {
	char *ca_file, *client_cert, *client_key;
	struct td_buf password;
};

static int
make_path(char **out, const char *name, const char *spool_path)
{
	if (name == NULL || *name == '\0')
		return 0;
	*out = td_secret_path(name, spool_path);
	return *out != NULL ? 0 : -ENOMEM;
}

static int
read_papers(struct papers *papers, const struct td_link *link,
    struct td_err *err)
{
	const struct td_service *service = link->service;
	int rc = make_path(&papers->ca_file, service->ca_file,
	    link->spool_path);

	if (rc == 0)
		rc = make_path(&papers->client_cert, service->client_cert,
		    link->spool_path);
	if (rc == 0)
		rc = make_path(&papers->client_key, service->client_key,
		    link->spool_path);
	if (rc != 0)
		return td_fail_errno(err, rc, "cannot connect");
	return service->auth != TD_AUTH_BASIC ? 0 : td_secret_read(
	    &papers->password, service, link->spool_path, err);
}

static void
burn_papers(struct papers *papers)
{
	free(papers->ca_file);
	free(papers->client_cert);
	free(papers->client_key);
	if (papers->password.data != NULL)
		explicit_bzero(papers->password.data, papers->password.size);
	td_buf_release(&papers->password);
}

static int
take_turn(struct td_link *link, const struct td_amqp_url *url,
    uint64_t until_ms, struct td_err *err)
{
	const struct td_service *service = link->service;
	struct td_buf broker = {0};
	int rc;

	td_amqp_url_show(&broker, url);
	rc = td_buf_status(&broker);
	if (rc == 0)
		rc = td_turns_take(link->turns, &link->turn,
		    td_buf_text(&broker), service->max_connections, until_ms);
	if (rc == -ETIMEDOUT)
		rc = td_fail(err, -EBUSY, "all %llu connections to %s are "
		    "busy (max_connections)",
		    (unsigned long long)service->max_connections,
		    td_buf_text(&broker));
	else if (rc != 0)
		rc = td_fail(err, rc == -ECANCELED ? -ECONNRESET : rc,
		    "the hub ends");
	td_buf_release(&broker);
	return rc;
}

static int
connect_link(struct td_link *link, const struct td_amqp_url *url,
    const char *direction, struct td_err *err)
{
	const struct td_service *service = link->service;
	struct papers papers = {0};
	char name[sizeof("taskdir  out") + TD_SERVICE_NAME_MAX];
	int rc = read_papers(&papers, link, err);

	(void)snprintf(name, sizeof(name), "taskdir %.*s %s",
	    TD_SERVICE_NAME_MAX, service->name, direction);
	if (rc == 0)
		rc = td_amqp_open(&link->amqp, &(struct td_amqp_target){
			.url = url,
			.user = service->auth == TD_AUTH_BASIC ?
			    service->user : NULL,
			.password = papers.password.len > 0 ?
			    td_buf_text(&papers.password) : NULL,
			.name = name,
			.connect_timeout_ms = url->connect_timeout_ms != 0 ?
			    url->connect_timeout_ms :
			    service->connect_timeout_ms,
			.timeout_ms = service->confirm_timeout_ms,
			.heartbeat_s = url->heartbeat_s != UINT64_MAX ?
			    url->heartbeat_s : service->heartbeat_s,
			.ca_file = papers.ca_file,
			.client_cert = papers.client_cert,
			.client_key = papers.client_key,
			.insecure = service->insecure,
		    }, err);
	burn_papers(&papers);
	return rc;
}

int
td_link_open(struct td_link *link, const char *direction, uint64_t until_ms,
    struct td_err *err)
{
	struct td_amqp_url url;
	int rc = td_amqp_url_parse(&url, link->service->base_url, err);

	if (rc == 0)
		rc = take_turn(link, &url, until_ms, err);
	if (rc == 0)
		rc = connect_link(link, &url, direction, err);
	if (rc != 0)
		td_link_close(link);
	explicit_bzero(&url, sizeof(url));
	return rc;
}

void
td_link_close(struct td_link *link)
{
	td_amqp_close(link->amqp);
	link->amqp = NULL;
	if (link->turn.holds)
		td_turns_give(link->turns, &link->turn);
}

static const char *
queue_of(const struct td_service *service)
{
	return *service->declare_queue != '\0' ? service->declare_queue :
	    service->routing_key;
}

static int
declare_queue(struct td_link *link, const struct td_tables *arguments,
    struct td_err *err)
{
	const char *name = queue_of(link->service);

	/* A broker would invent a name, and nobody would listen there. */
	if (*name == '\0')
		return td_fail(err, -EINVAL, "declare = queue or bind needs "
		    "declare_queue or routing_key");
	return td_amqp_declare_queue(link->amqp, &(struct td_amqp_declaration){
		.name = name,
		.arguments = arguments->fields,
		.n_arguments = arguments->n,
	    }, NULL, err);
}

static int
declare_exchange(struct td_link *link, const struct td_tables *arguments,
    bool passive, struct td_err *err)
{
	const struct td_service *service = link->service;

	/* The default exchange is always there, and nobody's to declare. */
	if (*service->exchange == '\0')
		return 0;
	return td_amqp_declare_exchange(link->amqp,
	    &(struct td_amqp_declaration){
		.name = service->exchange,
		.type = service->declare_type,
		.passive = passive,
		.arguments = arguments->fields,
		.n_arguments = arguments->n,
	    }, err);
}

static int
declare(struct td_link *link, struct td_err *err)
{
	static const struct td_tables none;
	const struct td_service *service = link->service;
	struct td_tables arguments = {0};
	int rc = td_tables_parse(&arguments, service->declare_arguments, err);

	if (rc == 0)
		switch ((enum td_declare)service->declare) {
		case TD_DECLARE_NO:
			rc = declare_exchange(link, &none, true, err);
			break;
		case TD_DECLARE_QUEUE:
			rc = declare_queue(link, &arguments, err);
			break;
		case TD_DECLARE_EXCHANGE:
			rc = declare_exchange(link, &arguments, false, err);
			break;
		case TD_DECLARE_BIND:
			rc = declare_exchange(link, &none, false, err);
			if (rc == 0)
				rc = declare_queue(link, &arguments, err);
			if (rc == 0 && *service->exchange != '\0')
				rc = td_amqp_bind(link->amqp,
				    queue_of(service), service->exchange,
				    service->routing_key, err);
			break;
		}
	td_tables_release(&arguments);
	return rc;
}

int
td_link_prepare_publish(struct td_link *link, struct td_err *err)
{
	int rc = declare(link, err);

	return rc != 0 ? rc : td_amqp_confirm(link->amqp, err);
}

static int
look_for_answers(struct td_link *link, struct td_err *err)
{
	const char *queue = link->service->response_queue;

	return *queue == '\0' ? 0 : td_amqp_declare_queue(link->amqp,
	    &(struct td_amqp_declaration){ .name = queue, .passive = true },
	    NULL, err);
}

void
td_link_try(struct td_result_of *result, const struct td_service *service,
    const char *spool_path)
{
	uint64_t began_ms = td_clock_mono_ms();
	struct td_turns turns = {0};
	struct td_link link = {
		.service = service, .spool_path = spool_path, .turns = &turns,
		.turn = { .bell_fd = -1 },
	};
	struct td_err err = {0};
	int rc;

	td_turns_open(&turns);
	rc = td_link_open(&link, "test",
	    began_ms + service->connect_timeout_ms, &err);
	if (rc == 0)
		rc = td_link_prepare_publish(&link, &err);
	if (rc == 0)
		rc = look_for_answers(&link, &err);
	if (rc != 0)
		td_link_judge(result, &link, rc, err.text);
	td_link_close(&link);
	td_turns_close(&turns);
	result->latency_us = (td_clock_mono_ms() - began_ms) * 1000;
}
