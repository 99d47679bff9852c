#include "config.h"

#include "net/amqp_state.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

void
td_amqp_copy_text(char out[static TD_AMQP_TEXT_SIZE], amqp_bytes_t bytes)
{
	size_t len = bytes.len < TD_AMQP_TEXT_SIZE - 1 ? bytes.len :
	    TD_AMQP_TEXT_SIZE - 1;
	const unsigned char *from = bytes.bytes;

	for (size_t i = 0; i < len; i++)
		out[i] = from[i] < 0x20 || from[i] == 0x7f ? '?' :
		    (char)from[i];
	out[len] = '\0';
}

/* clang-format off */
static const struct {
	int status, code;
	const char *words;	/* NULL: the library's */
} statuses[] = {
	{ AMQP_STATUS_NO_MEMORY, -ENOMEM, NULL },
	{ AMQP_STATUS_BAD_AMQP_DATA, -EPROTO, "the answer is no AMQP" },
	{ AMQP_STATUS_UNKNOWN_CLASS, -EPROTO, NULL },
	{ AMQP_STATUS_UNKNOWN_METHOD, -EPROTO, NULL },
	{ AMQP_STATUS_INCOMPATIBLE_AMQP_VERSION, -EPROTO, NULL },
	{ AMQP_STATUS_WRONG_METHOD, -EPROTO, NULL },
	{ AMQP_STATUS_UNEXPECTED_STATE, -EPROTO, NULL },
	{ AMQP_STATUS_BROKER_UNSUPPORTED_SASL_METHOD, -EPROTO,
	    "the broker takes no user and password (PLAIN)" },
	{ AMQP_STATUS_HOSTNAME_RESOLUTION_FAILED, -EHOSTUNREACH,
	    "the name of the host is not known" },
	{ AMQP_STATUS_INVALID_PARAMETER, -EINVAL, NULL },
	{ AMQP_STATUS_TABLE_TOO_BIG, -EINVAL,
	    "the headers are too long for a frame" },
	{ AMQP_STATUS_TIMEOUT, -ETIMEDOUT, "no answer in time" },
	{ AMQP_STATUS_HEARTBEAT_TIMEOUT, -ETIMEDOUT,
	    "the broker's heart does not beat any more" },
	{ AMQP_STATUS_SSL_ERROR, -EKEYREJECTED, "TLS failed" },
	{ AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED, -EKEYREJECTED,
	    "its certificate is of another host" },
	{ AMQP_STATUS_SSL_PEER_VERIFY_FAILED, -EKEYREJECTED,
	    "its certificate is of nobody that is trusted here" },
	{ AMQP_STATUS_SSL_CONNECTION_FAILED, -EKEYREJECTED, "there is no TLS, "
	    "or its certificate is of nobody that is trusted here" },
};
/* clang-format on */

int
td_amqp_fail_status(struct td_amqp *amqp, int status, const char *doing,
    struct td_err *err)
{
	amqp->is_broken = true;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
		if (statuses[i].status == status)
			return td_fail(err, statuses[i].code, "%s %s: %s",
			    doing, amqp->where, statuses[i].words != NULL ?
			    statuses[i].words : amqp_error_string2(status));
	return td_fail(err, -ECONNRESET, "%s %s: %s", doing, amqp->where,
	    amqp_error_string2(status));
}

/* The limits of a virtual host, of a user and of a node differ in words, but
 * all have these. */
static bool
tells_of_limit(const char *text)
{
	return strstr(text, "onnection limit") != NULL ||
	    strstr(text, "connection_max") != NULL;
}

static int
code_of_reply(unsigned code, const char *text)
{
	switch (code) {
	case AMQP_NOT_FOUND:
	case AMQP_INVALID_PATH:
		return -ENOENT;
	case AMQP_PRECONDITION_FAILED:
		return -EEXIST;
	case AMQP_ACCESS_REFUSED:
	case AMQP_RESOURCE_LOCKED:
		return -EACCES;
	case AMQP_NOT_ALLOWED:
		if (tells_of_limit(text))
			return -EUSERS;
		return strstr(text, "not found") != NULL ? -ENOENT : -EACCES;
	case AMQP_CONNECTION_FORCED:
		return -ECONNRESET;
	default:
		return -EPROTO;
	}
}

int
td_amqp_fail_close(struct td_amqp *amqp, const amqp_method_t *method,
    const char *doing, struct td_err *err)
{
	const bool is_channel = method->id == AMQP_CHANNEL_CLOSE_METHOD;
	const amqp_channel_close_t *channel = method->decoded;
	const amqp_connection_close_t *connection = method->decoded;
	unsigned code = is_channel ? channel->reply_code :
	    connection->reply_code;
	char text[TD_AMQP_TEXT_SIZE];

	td_amqp_copy_text(text, is_channel ? channel->reply_text :
	    connection->reply_text);
	amqp->is_broken = true;
	amqp->reply_code = code;
	return td_fail(err, code_of_reply(code, text), "%s %s: the broker says "
	    "%u %s", doing, amqp->where, code, text);
}

int
td_amqp_check_reply(struct td_amqp *amqp, amqp_rpc_reply_t reply,
    const char *doing, struct td_err *err)
{
	switch (reply.reply_type) {
	case AMQP_RESPONSE_NORMAL:
		return 0;
	case AMQP_RESPONSE_LIBRARY_EXCEPTION:
		return td_amqp_fail_status(amqp, reply.library_error, doing,
		    err);
	case AMQP_RESPONSE_SERVER_EXCEPTION:
		if (reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD ||
		    reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD)
			return td_amqp_fail_close(amqp, &reply.reply, doing,
			    err);
		break;
	case AMQP_RESPONSE_NONE:
		break;
	}
	amqp->is_broken = true;
	return td_fail(err, -EPROTO, "%s %s: the answer makes no sense", doing,
	    amqp->where);
}
