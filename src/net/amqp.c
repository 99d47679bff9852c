#include "config.h"

#include "net/amqp.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "net/amqp_state.h"

#ifdef HAVE_RABBITMQ_C_AMQP_H
#include <rabbitmq-c/ssl_socket.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#endif

/* Where distributions keep whom they trust, for the library knows no default.
 * The first is Debian's. */
static const char *const ca_files[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/ca-bundle.pem",
	"/etc/ssl/cert.pem",
};

#define FRAME_MAX	131072	/* what RabbitMQ offers */
#define CHANNEL_MAX	1
/* How long a good-bye may take: it changes nothing. */
#define CLOSE_MS	1000

static bool
given(const char *text)
{
	return text != NULL && *text != '\0';
}

static struct timeval
time_of(uint64_t ms)
{
	return (struct timeval){ (time_t)(ms / 1000),
	    (suseconds_t)(ms % 1000 * 1000) };
}

static const char *
system_ca_file(void)
{
	for (size_t i = 0; i < sizeof(ca_files) / sizeof(*ca_files); i++)
		if (access(ca_files[i], R_OK) == 0)
			return ca_files[i];
	return ca_files[0];
}

static int
load_certificates(amqp_socket_t *socket, const struct td_amqp_target *target,
    struct td_err *err)
{
	const char *ca = given(target->ca_file) ? target->ca_file :
	    system_ca_file();
	const char *key = given(target->client_key) ? target->client_key :
	    target->client_cert;

	/* Else OpenSSL asks at a terminal. */
	amqp_ssl_socket_set_key_passwd(socket, "");
	if (!target->insecure &&
	    amqp_ssl_socket_set_cacert(socket, ca) != AMQP_STATUS_OK)
		return td_fail(err, -EKEYREJECTED,
		    "%s holds no certificates of authorities", ca);
	if (given(target->client_cert) && amqp_ssl_socket_set_key(socket,
	    target->client_cert, key) != AMQP_STATUS_OK)
		return td_fail(err, -EKEYREJECTED, "%s and %s are no "
		    "certificate and its key", target->client_cert, key);
	return 0;
}

static int
make_socket(amqp_socket_t **out, struct td_amqp *amqp,
    const struct td_amqp_target *target, struct td_err *err)
{
	amqp_socket_t *socket;

	if (!target->url->tls) {
		*out = amqp_tcp_socket_new(amqp->state);
		return *out != NULL ? 0 : td_fail_errno(err, -ENOMEM,
		    "cannot make a socket");
	}
	*out = socket = amqp_ssl_socket_new(amqp->state);
	if (socket == NULL)
		return td_fail_errno(err, -ENOMEM, "cannot make a socket");
	amqp_ssl_socket_set_verify_peer(socket, !target->insecure);
	amqp_ssl_socket_set_verify_hostname(socket, !target->insecure);
	(void)amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2,
	    AMQP_TLSvLATEST);
	return load_certificates(socket, target, err);
}

/*
 * The library waits for ever where a broker in need reads no more: then the
 * kernel gives the connection up, dead peers too.
 */
static void
limit_standstill(struct td_amqp *amqp, uint64_t timeout_ms)
{
	unsigned ms = timeout_ms > 3600 * 1000 ? 3600 * 1000 :
	    (unsigned)timeout_ms;

	(void)setsockopt(td_amqp_fd(amqp), IPPROTO_TCP, TCP_USER_TIMEOUT, &ms,
	    sizeof(ms));
}

static int
connect_to(struct td_amqp *amqp, const struct td_amqp_target *target,
    struct td_err *err)
{
	struct timeval timeout = time_of(target->connect_timeout_ms);
	amqp_socket_t *socket;
	int rc;

	rc = make_socket(&socket, amqp, target, err);
	if (rc != 0)
		return rc;
	rc = amqp_socket_open_noblock(socket, target->url->host,
	    target->url->port, &timeout);
	if (rc == AMQP_STATUS_SOCKET_ERROR)
		return td_fail(err, -ECONNREFUSED, "cannot connect to %s: "
		    "nobody listens there, or there is no way to it",
		    amqp->where);
	if (rc != AMQP_STATUS_OK)
		return td_amqp_fail_status(amqp, rc, "cannot connect to", err);
	limit_standstill(amqp, target->timeout_ms);
	return 0;
}

static amqp_table_entry_t
text_entry(const char *name, const char *text)
{
	return (amqp_table_entry_t){
		.key = amqp_cstring_bytes(name),
		.value = {
			.kind = AMQP_FIELD_KIND_UTF8,
			.value.bytes = amqp_cstring_bytes(text),
		},
	};
}

static int
log_in(struct td_amqp *amqp, const struct td_amqp_target *target,
    struct td_err *err)
{
	const struct td_amqp_url *url = target->url;
	const char *user = given(target->user) ? target->user : url->user;
	const char *password = given(target->password) ? target->password :
	    url->password;
	struct timeval timeout = time_of(target->connect_timeout_ms);
	/* The library merges this with its own capabilities. */
	amqp_table_entry_t blocked = {
		.key = amqp_cstring_bytes("connection.blocked"),
		.value = { .kind = AMQP_FIELD_KIND_BOOLEAN,
		    .value.boolean = 1 },
	};
	amqp_table_entry_t entries[] = {
		text_entry("product", "Taskdir"),
		text_entry("version", PACKAGE_VERSION),
		text_entry("connection_name", given(target->name) ?
		    target->name : "taskdir"),
		{
			.key = amqp_cstring_bytes("capabilities"),
			.value = { .kind = AMQP_FIELD_KIND_TABLE,
			    .value.table = { 1, &blocked } },
		},
	};
	amqp_table_t properties = { sizeof(entries) / sizeof(*entries),
	    entries };

	(void)amqp_set_handshake_timeout(amqp->state, &timeout);
	(void)amqp_set_rpc_timeout(amqp->state, &timeout);
	return td_amqp_check_reply(amqp, amqp_login_with_properties(amqp->state,
	    url->vhost, CHANNEL_MAX, FRAME_MAX, (int)target->heartbeat_s,
	    &properties, AMQP_SASL_METHOD_PLAIN, user, password),
	    "cannot log in at", err);
}

static int
open_channel(struct td_amqp *amqp, uint64_t timeout_ms, struct td_err *err)
{
	struct timeval timeout = time_of(timeout_ms);

	(void)amqp_set_rpc_timeout(amqp->state, &timeout);
	(void)amqp_channel_open(amqp->state, TD_AMQP_CHANNEL);
	return td_amqp_check_reply(amqp, amqp_get_rpc_reply(amqp->state),
	    "cannot open a channel at", err);
}

int
td_amqp_open(struct td_amqp **out, const struct td_amqp_target *target,
    struct td_err *err)
{
	struct td_amqp *amqp = calloc(1, sizeof(*amqp));
	int rc;

	if (amqp == NULL)
		return td_fail_errno(err, -ENOMEM, "cannot connect");
	assert(target->connect_timeout_ms > 0 && target->timeout_ms > 0);
	amqp->body_max = UINT64_MAX;
	(void)snprintf(amqp->where, sizeof(amqp->where), "%s:%u",
	    target->url->host, target->url->port);
	amqp->state = amqp_new_connection();
	rc = amqp->state != NULL ? connect_to(amqp, target, err) :
	    td_fail_errno(err, -ENOMEM, "cannot connect");
	if (rc == 0)
		rc = log_in(amqp, target, err);
	if (rc == 0)
		rc = open_channel(amqp, target->timeout_ms, err);
	if (rc == 0) {
		amqp->is_open = true;
		*out = amqp;
	} else {
		td_amqp_close(amqp);
	}
	return rc;
}

void
td_amqp_close(struct td_amqp *amqp)
{
	struct timeval timeout = time_of(CLOSE_MS);

	if (amqp == NULL)
		return;
	/* A blocked one is not read from, so nobody would hear it. */
	if (amqp->is_open && !amqp->is_broken && !amqp->is_blocked) {
		(void)amqp_set_rpc_timeout(amqp->state, &timeout);
		(void)amqp_connection_close(amqp->state, AMQP_REPLY_SUCCESS);
	}
	if (amqp->state != NULL)
		(void)amqp_destroy_connection(amqp->state);
	if (amqp->gather.has_pool)
		empty_amqp_pool(&amqp->gather.pool);
	td_buf_release(&amqp->gather.body);
	free(amqp);
}

int
td_amqp_fd(const struct td_amqp *amqp)
{
	return amqp_get_sockfd(amqp->state);
}

uint64_t
td_amqp_beat_ms(const struct td_amqp *amqp)
{
	return (uint64_t)amqp_get_heartbeat(amqp->state) * 1000 / 2;
}

bool
td_amqp_is_blocked(const struct td_amqp *amqp)
{
	return amqp->is_blocked;
}

unsigned
td_amqp_reply_code(const struct td_amqp *amqp)
{
	return amqp->reply_code;
}

void
td_amqp_set_body_max(struct td_amqp *amqp, uint64_t max_bytes)
{
	amqp->body_max = max_bytes;
}
