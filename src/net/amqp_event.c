#include "config.h"

#include "net/amqp.h"

#include <errno.h>
#include <string.h>
#include <sys/time.h>

#include "base/clock.h"
#include "net/amqp_state.h"

static void
copy_if(char out[static TD_AMQP_TEXT_SIZE],
    const amqp_basic_properties_t *properties, amqp_flags_t flag,
    amqp_bytes_t bytes)
{
	if ((properties->_flags & flag) != 0)
		td_amqp_copy_text(out, bytes);
	else
		out[0] = '\0';
}

/* Forgets the last message, begins another. */
static void
begin(struct td_amqp_gather *g, enum td_amqp_event_type type)
{
	td_buf_clear(&g->body);
	g->type = type;
	g->has_header = false;
	g->tag = g->missing = g->body_bytes = g->timestamp = 0;
	g->redelivered = false;
	g->headers = amqp_empty_table;
}

static void
begin_message(struct td_amqp_gather *g, const amqp_method_t *method)
{
	begin(g, TD_AMQP_MESSAGE);
	if (method->id == AMQP_BASIC_GET_OK_METHOD) {
		const amqp_basic_get_ok_t *ok = method->decoded;

		g->tag = ok->delivery_tag;
		g->redelivered = ok->redelivered;
		td_amqp_copy_text(g->exchange, ok->exchange);
		td_amqp_copy_text(g->routing_key, ok->routing_key);
	} else {
		const amqp_basic_deliver_t *deliver = method->decoded;

		g->tag = deliver->delivery_tag;
		g->redelivered = deliver->redelivered;
		td_amqp_copy_text(g->exchange, deliver->exchange);
		td_amqp_copy_text(g->routing_key, deliver->routing_key);
	}
}

static void
begin_return(struct td_amqp *amqp, const amqp_basic_return_t *returned)
{
	struct td_amqp_gather *g = &amqp->gather;

	begin(g, TD_AMQP_RETURNED);
	amqp->reply_code = returned->reply_code;
	td_amqp_copy_text(amqp->text, returned->reply_text);
	td_amqp_copy_text(g->exchange, returned->exchange);
	td_amqp_copy_text(g->routing_key, returned->routing_key);
}

/* Headers are copied: the library forgets its frames before the body is
 * whole. */
static int
keep_headers(struct td_amqp_gather *g, const amqp_table_t *headers)
{
	if (g->has_pool)
		recycle_amqp_pool(&g->pool);
	else
		init_amqp_pool(&g->pool, 4096);
	g->has_pool = true;
	return amqp_table_clone(headers, &g->headers, &g->pool) ==
	    AMQP_STATUS_OK ? 0 : -ENOMEM;
}

static int
take_header(struct td_amqp_gather *g, const amqp_frame_t *frame)
{
	const amqp_basic_properties_t *p = frame->payload.properties.decoded;

	g->has_header = true;
	g->body_bytes = g->missing = frame->payload.properties.body_size;
	copy_if(g->message_id, p, AMQP_BASIC_MESSAGE_ID_FLAG, p->message_id);
	copy_if(g->correlation_id, p, AMQP_BASIC_CORRELATION_ID_FLAG,
	    p->correlation_id);
	copy_if(g->reply_to, p, AMQP_BASIC_REPLY_TO_FLAG, p->reply_to);
	copy_if(g->type_text, p, AMQP_BASIC_TYPE_FLAG, p->type);
	copy_if(g->content_type, p, AMQP_BASIC_CONTENT_TYPE_FLAG,
	    p->content_type);
	if ((p->_flags & AMQP_BASIC_TIMESTAMP_FLAG) != 0)
		g->timestamp = p->timestamp;
	if ((p->_flags & AMQP_BASIC_HEADERS_FLAG) != 0)
		return keep_headers(g, &p->headers);
	return 0;
}

static int
take_body(struct td_amqp *amqp, const amqp_frame_t *frame)
{
	struct td_amqp_gather *g = &amqp->gather;
	amqp_bytes_t part = frame->payload.body_fragment;

	if (part.len > g->missing)
		return -EPROTO;
	g->missing -= part.len;
	if (g->body_bytes <= amqp->body_max)
		td_buf_add(&g->body, part.bytes, part.len);
	return td_buf_status(&g->body);
}

static void
fill_message(struct td_amqp_event *event, const struct td_amqp *amqp)
{
	const struct td_amqp_gather *g = &amqp->gather;

	event->type = g->type;
	event->tag = g->tag;
	event->text = amqp->text;
	event->body_bytes = g->body_bytes;
	event->message = (struct td_amqp_message){
		.exchange = g->exchange,
		.routing_key = g->routing_key,
		.redelivered = g->redelivered,
		.message_id = g->message_id,
		.correlation_id = g->correlation_id,
		.reply_to = g->reply_to,
		.type = g->type_text,
		.content_type = g->content_type,
		.timestamp = g->timestamp,
		.body = g->body_bytes <= amqp->body_max ?
		    td_buf_text(&g->body) : NULL,
		.body_len = g->body.len,
	};
}

static int
take_content(struct td_amqp *amqp, const amqp_frame_t *frame,
    struct td_amqp_event *event, struct td_err *err)
{
	struct td_amqp_gather *g = &amqp->gather;
	bool is_header = frame->frame_type == AMQP_FRAME_HEADER;
	int rc = -EPROTO;

	if (g->type != TD_AMQP_NOTHING && g->has_header != is_header)
		rc = is_header ? take_header(g, frame) :
		    take_body(amqp, frame);
	if (rc != 0) {
		amqp->is_broken = true;
		return td_fail_errno(err, rc, "cannot take the message that %s "
		    "sends", amqp->where);
	}
	if (g->missing == 0) {
		fill_message(event, amqp);
		g->type = TD_AMQP_NOTHING;
	}
	return 0;
}

static void
take_confirm(struct td_amqp_event *event, const amqp_method_t *method)
{
	if (method->id == AMQP_BASIC_ACK_METHOD) {
		const amqp_basic_ack_t *ack = method->decoded;

		event->type = TD_AMQP_ACK;
		event->tag = ack->delivery_tag;
		event->multiple = ack->multiple;
	} else {
		const amqp_basic_nack_t *nack = method->decoded;

		event->type = TD_AMQP_NACK;
		event->tag = nack->delivery_tag;
		event->multiple = nack->multiple;
	}
}

static void
take_blocked(struct td_amqp *amqp, struct td_amqp_event *event,
    const amqp_method_t *method)
{
	amqp->is_blocked = method->id == AMQP_CONNECTION_BLOCKED_METHOD;
	event->type = amqp->is_blocked ? TD_AMQP_BLOCKED : TD_AMQP_UNBLOCKED;
	amqp->text[0] = '\0';
	if (amqp->is_blocked)
		td_amqp_copy_text(amqp->text, ((const
		    amqp_connection_blocked_t *)method->decoded)->reason);
	event->text = amqp->text;
}

static int
take_method(struct td_amqp *amqp, const amqp_method_t *method,
    struct td_amqp_event *event, struct td_err *err)
{
	switch (method->id) {
	case AMQP_BASIC_ACK_METHOD:
	case AMQP_BASIC_NACK_METHOD:
		take_confirm(event, method);
		return 0;
	case AMQP_BASIC_RETURN_METHOD:
		begin_return(amqp, method->decoded);
		return 0;
	case AMQP_BASIC_GET_OK_METHOD:
	case AMQP_BASIC_DELIVER_METHOD:
		begin_message(&amqp->gather, method);
		return 0;
	case AMQP_BASIC_GET_EMPTY_METHOD:
		event->type = TD_AMQP_EMPTY;
		return 0;
	case AMQP_BASIC_CANCEL_METHOD:
		event->type = TD_AMQP_CANCELLED;
		return 0;
	case AMQP_CONNECTION_BLOCKED_METHOD:
	case AMQP_CONNECTION_UNBLOCKED_METHOD:
		take_blocked(amqp, event, method);
		return 0;
	case AMQP_CHANNEL_CLOSE_METHOD:
	case AMQP_CONNECTION_CLOSE_METHOD:
		return td_amqp_fail_close(amqp, method, "closed by", err);
	default:
		/* An answer that came after its question was given up. */
		return 0;
	}
}

static int
take_frame(struct td_amqp *amqp, const amqp_frame_t *frame,
    struct td_amqp_event *event, struct td_err *err)
{
	switch (frame->frame_type) {
	case AMQP_FRAME_METHOD:
		return take_method(amqp, &frame->payload.method, event, err);
	case AMQP_FRAME_HEADER:
	case AMQP_FRAME_BODY:
		return take_content(amqp, frame, event, err);
	default:
		return 0;
	}
}

int
td_amqp_next(struct td_amqp *amqp, uint64_t timeout_ms,
    struct td_amqp_event *event, struct td_err *err)
{
	uint64_t now_ms = td_clock_mono_ms(), end_ms = now_ms + timeout_ms;
	int rc = 0;

	*event = (struct td_amqp_event){ .type = TD_AMQP_NOTHING };
	while (rc == 0 && event->type == TD_AMQP_NOTHING) {
		uint64_t left_ms = now_ms < end_ms ? end_ms - now_ms : 0;
		struct timeval wait = { (time_t)(left_ms / 1000),
		    (suseconds_t)(left_ms % 1000 * 1000) };
		amqp_frame_t frame;
		int status;

		amqp_maybe_release_buffers(amqp->state);
		status = amqp_simple_wait_frame_noblock(amqp->state, &frame,
		    &wait);
		if (status == AMQP_STATUS_TIMEOUT)
			return 0;
		rc = status != AMQP_STATUS_OK ? td_amqp_fail_status(amqp,
		    status, "the connection broke to", err) :
		    take_frame(amqp, &frame, event, err);
		now_ms = td_clock_mono_ms();
	}
	return rc;
}

static void tell_value(struct td_amqp_field *field,
    const amqp_field_value_t *value,
    void (*each)(const struct td_amqp_field *, void *), void *arg);

static void
tell_nested(enum td_amqp_kind kind, struct td_amqp_field *field,
    const amqp_field_value_t *value,
    void (*each)(const struct td_amqp_field *, void *), void *arg)
{
	const amqp_table_t *table = &value->value.table;
	const amqp_array_t *array = &value->value.array;

	field->kind = kind;
	each(field, arg);
	for (int i = 0; kind == TD_AMQP_TABLE && i < table->num_entries; i++) {
		const amqp_table_entry_t *entry = &table->entries[i];

		tell_value(&(struct td_amqp_field){ .name = entry->key.bytes,
		    .name_len = entry->key.len }, &entry->value, each, arg);
	}
	for (int i = 0; kind == TD_AMQP_ARRAY && i < array->num_entries; i++)
		tell_value(&(struct td_amqp_field){ .name = NULL },
		    &array->entries[i], each, arg);
	each(&(struct td_amqp_field){ .kind = TD_AMQP_END }, arg);
}

static void
set_number(struct td_amqp_field *field, enum td_amqp_kind kind, int64_t number)
{
	field->kind = kind;
	field->number = number;
}

/* Numbers of every width; anything unknown is null. */
static void
set_scalar(struct td_amqp_field *field, const amqp_field_value_t *value)
{
	switch (value->kind) {
	case AMQP_FIELD_KIND_BOOLEAN:
		set_number(field, TD_AMQP_BOOL, value->value.boolean != 0);
		break;
	case AMQP_FIELD_KIND_I8:
		set_number(field, TD_AMQP_INT, value->value.i8);
		break;
	case AMQP_FIELD_KIND_U8:
		set_number(field, TD_AMQP_UINT, value->value.u8);
		break;
	case AMQP_FIELD_KIND_I16:
		set_number(field, TD_AMQP_INT, value->value.i16);
		break;
	case AMQP_FIELD_KIND_U16:
		set_number(field, TD_AMQP_UINT, value->value.u16);
		break;
	case AMQP_FIELD_KIND_I32:
		set_number(field, TD_AMQP_INT, value->value.i32);
		break;
	case AMQP_FIELD_KIND_U32:
		set_number(field, TD_AMQP_UINT, value->value.u32);
		break;
	case AMQP_FIELD_KIND_I64:
		set_number(field, TD_AMQP_INT, value->value.i64);
		break;
	case AMQP_FIELD_KIND_U64:
	case AMQP_FIELD_KIND_TIMESTAMP:
		set_number(field, TD_AMQP_UINT, (int64_t)value->value.u64);
		break;
	case AMQP_FIELD_KIND_F32:
		field->kind = TD_AMQP_DOUBLE;
		field->real = (double)value->value.f32;
		break;
	case AMQP_FIELD_KIND_F64:
		field->kind = TD_AMQP_DOUBLE;
		field->real = value->value.f64;
		break;
	case AMQP_FIELD_KIND_UTF8:
	case AMQP_FIELD_KIND_BYTES:
		field->kind = TD_AMQP_TEXT;
		field->text = value->value.bytes.bytes;
		field->text_len = value->value.bytes.len;
		break;
	default:
		field->kind = TD_AMQP_NULL;
	}
}

static void
tell_value(struct td_amqp_field *field, const amqp_field_value_t *value,
    void (*each)(const struct td_amqp_field *, void *), void *arg)
{
	if (value->kind == AMQP_FIELD_KIND_TABLE) {
		tell_nested(TD_AMQP_TABLE, field, value, each, arg);
	} else if (value->kind == AMQP_FIELD_KIND_ARRAY) {
		tell_nested(TD_AMQP_ARRAY, field, value, each, arg);
	} else {
		set_scalar(field, value);
		each(field, arg);
	}
}

void
td_amqp_headers(const struct td_amqp *amqp,
    void (*each)(const struct td_amqp_field *field, void *arg), void *arg)
{
	const amqp_table_t *headers = &amqp->gather.headers;

	for (int i = 0; i < headers->num_entries; i++) {
		const amqp_table_entry_t *entry = &headers->entries[i];

		tell_value(&(struct td_amqp_field){ .name = entry->key.bytes,
		    .name_len = entry->key.len }, &entry->value, each, arg);
	}
}
