#include "config.h"

#include "net/amqp.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/amqp_state.h"

static amqp_bytes_t
bytes_of(const char *text)
{
	return text == NULL ? amqp_empty_bytes : amqp_cstring_bytes(text);
}

static void
add_entry(amqp_table_entry_t *entry, const struct td_amqp_field *field)
{
	amqp_field_value_t *value = &entry->value;

	entry->key = (amqp_bytes_t){ field->name_len, (void *)field->name };
	switch (field->kind) {
	case TD_AMQP_NULL:
		value->kind = AMQP_FIELD_KIND_VOID;
		break;
	case TD_AMQP_BOOL:
		value->kind = AMQP_FIELD_KIND_BOOLEAN;
		value->value.boolean = field->number != 0;
		break;
	case TD_AMQP_INT:
	case TD_AMQP_UINT:
		value->kind = AMQP_FIELD_KIND_I64;
		value->value.i64 = field->number;
		break;
	case TD_AMQP_DOUBLE:
		value->kind = AMQP_FIELD_KIND_F64;
		value->value.f64 = field->real;
		break;
	case TD_AMQP_TEXT:
		value->kind = AMQP_FIELD_KIND_UTF8;
		value->value.bytes = (amqp_bytes_t){ field->text_len,
		    (void *)field->text };
		break;
	case TD_AMQP_TABLE:
	case TD_AMQP_ARRAY:
	case TD_AMQP_END:
		assert(!"nested tables are not sent");
	}
}

/* The caller frees table->entries; the texts stay the fields'. */
static int
make_table(amqp_table_t *table, const struct td_amqp_field *fields, size_t n)
{
	*table = amqp_empty_table;
	if (n == 0)
		return 0;
	table->entries = calloc(n, sizeof(*table->entries));
	if (table->entries == NULL)
		return -ENOMEM;
	table->num_entries = (int)n;
	for (size_t i = 0; i < n; i++)
		add_entry(&table->entries[i], &fields[i]);
	return 0;
}

static int
last_reply(struct td_amqp *amqp, const char *doing, const char *name,
    struct td_err *err)
{
	int rc = td_amqp_check_reply(amqp, amqp_get_rpc_reply(amqp->state),
	    doing, err);

	if (rc != 0)
		td_err_prefix(err, "%s", name);
	return rc;
}

int
td_amqp_declare_queue(struct td_amqp *amqp,
    const struct td_amqp_declaration *queue, uint32_t *n_ready,
    struct td_err *err)
{
	amqp_queue_declare_ok_t *ok;
	amqp_table_t arguments;
	int rc;

	rc = make_table(&arguments, queue->arguments, queue->n_arguments);
	if (rc != 0)
		return td_fail_errno(err, rc, "cannot declare a queue");
	ok = amqp_queue_declare(amqp->state, TD_AMQP_CHANNEL,
	    bytes_of(queue->name), queue->passive, 1, 0, 0, arguments);
	free(arguments.entries);
	rc = last_reply(amqp, "cannot declare the queue at", queue->name, err);
	if (rc == 0 && n_ready != NULL)
		*n_ready = ok->message_count;
	return rc;
}

int
td_amqp_declare_exchange(struct td_amqp *amqp,
    const struct td_amqp_declaration *exchange, struct td_err *err)
{
	amqp_table_t arguments;
	int rc;

	rc = make_table(&arguments, exchange->arguments,
	    exchange->n_arguments);
	if (rc != 0)
		return td_fail_errno(err, rc, "cannot declare an exchange");
	(void)amqp_exchange_declare(amqp->state, TD_AMQP_CHANNEL,
	    bytes_of(exchange->name), bytes_of(exchange->type),
	    exchange->passive, 1, 0, 0, arguments);
	free(arguments.entries);
	return last_reply(amqp, "cannot declare the exchange at",
	    exchange->name, err);
}

int
td_amqp_bind(struct td_amqp *amqp, const char *queue, const char *exchange,
    const char *routing_key, struct td_err *err)
{
	(void)amqp_queue_bind(amqp->state, TD_AMQP_CHANNEL, bytes_of(queue),
	    bytes_of(exchange), bytes_of(routing_key), amqp_empty_table);
	return last_reply(amqp, "cannot bind the queue at", queue, err);
}

int
td_amqp_confirm(struct td_amqp *amqp, struct td_err *err)
{
	(void)amqp_confirm_select(amqp->state, TD_AMQP_CHANNEL);
	return td_amqp_check_reply(amqp, amqp_get_rpc_reply(amqp->state),
	    "cannot ask for confirms at", err);
}

/* Sets a property that is given. */
static void
set_text(amqp_basic_properties_t *properties, amqp_bytes_t *place,
    amqp_flags_t flag, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	*place = amqp_cstring_bytes(text);
	properties->_flags |= flag;
}

static int
make_properties(amqp_basic_properties_t *p,
    const struct td_amqp_message *message)
{
	*p = (amqp_basic_properties_t){
		._flags = AMQP_BASIC_DELIVERY_MODE_FLAG,
		.delivery_mode = message->persistent ?
		    AMQP_DELIVERY_PERSISTENT : AMQP_DELIVERY_NONPERSISTENT,
		.timestamp = message->timestamp,
	};
	set_text(p, &p->content_type, AMQP_BASIC_CONTENT_TYPE_FLAG,
	    message->content_type);
	set_text(p, &p->message_id, AMQP_BASIC_MESSAGE_ID_FLAG,
	    message->message_id);
	set_text(p, &p->correlation_id, AMQP_BASIC_CORRELATION_ID_FLAG,
	    message->correlation_id);
	set_text(p, &p->reply_to, AMQP_BASIC_REPLY_TO_FLAG,
	    message->reply_to);
	set_text(p, &p->type, AMQP_BASIC_TYPE_FLAG, message->type);
	if (message->timestamp != 0)
		p->_flags |= AMQP_BASIC_TIMESTAMP_FLAG;
	if (message->n_headers > 0)
		p->_flags |= AMQP_BASIC_HEADERS_FLAG;
	return make_table(&p->headers, message->headers, message->n_headers);
}

/* What the wire has as short strings: one byte tells their length. */
static int
check_lengths(const struct td_amqp_message *message, struct td_err *err)
{
	const struct {
		const char *name, *text;
	} texts[] = {
		{ "exchange", message->exchange },
		{ "routing key", message->routing_key },
		{ "message id", message->message_id },
		{ "correlation id", message->correlation_id },
		{ "reply_to", message->reply_to },
		{ "type", message->type },
		{ "content type", message->content_type },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (texts[i].text != NULL &&
		    strlen(texts[i].text) >= TD_AMQP_TEXT_SIZE)
			return td_fail(err, -EMSGSIZE, "the %s is longer than "
			    "AMQP's %d bytes", texts[i].name,
			    TD_AMQP_TEXT_SIZE - 1);
	return 0;
}

int
td_amqp_publish(struct td_amqp *amqp, const struct td_amqp_message *message,
    uint64_t *tag, struct td_err *err)
{
	amqp_basic_properties_t properties;
	int rc;

	rc = check_lengths(message, err);
	if (rc != 0)
		return rc;
	rc = make_properties(&properties, message);
	if (rc != 0)
		return td_fail_errno(err, rc, "cannot publish");
	rc = amqp_basic_publish(amqp->state, TD_AMQP_CHANNEL,
	    bytes_of(message->exchange), bytes_of(message->routing_key),
	    message->mandatory, 0, &properties,
	    (amqp_bytes_t){ message->body_len, (void *)message->body });
	free(properties.headers.entries);
	if (rc != AMQP_STATUS_OK)
		return td_amqp_fail_status(amqp, rc, "cannot publish to", err);
	*tag = ++amqp->published;
	return 0;
}

int
td_amqp_get(struct td_amqp *amqp, const char *queue, unsigned n,
    struct td_err *err)
{
	amqp_basic_get_t get = { .queue = bytes_of(queue) };

	while (n-- > 0) {
		int rc = amqp_send_method(amqp->state, TD_AMQP_CHANNEL,
		    AMQP_BASIC_GET_METHOD, &get);

		if (rc != AMQP_STATUS_OK)
			return td_amqp_fail_status(amqp, rc,
			    "cannot fetch from", err);
	}
	return 0;
}

int
td_amqp_consume(struct td_amqp *amqp, const char *queue, unsigned prefetch,
    struct td_err *err)
{
	if (amqp_basic_qos(amqp->state, TD_AMQP_CHANNEL, 0,
	    (uint16_t)(prefetch > UINT16_MAX ? UINT16_MAX : prefetch), 0)
	    != NULL)
		(void)amqp_basic_consume(amqp->state, TD_AMQP_CHANNEL,
		    bytes_of(queue), amqp_empty_bytes, 0, 0, 0,
		    amqp_empty_table);
	return last_reply(amqp, "cannot consume from the queue at", queue,
	    err);
}

int
td_amqp_ack(struct td_amqp *amqp, uint64_t tag, bool multiple,
    struct td_err *err)
{
	int rc = amqp_basic_ack(amqp->state, TD_AMQP_CHANNEL, tag, multiple);

	return rc == AMQP_STATUS_OK ? 0 : td_amqp_fail_status(amqp, rc,
	    "cannot acknowledge at", err);
}
