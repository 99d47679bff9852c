#include "config.h"

#include "net/amqp.h"

#include <assert.h>
#include <errno.h>

/* In place of the others after configure --without-amqp: nothing is ever open,
 * so nothing but open is ever called. */

int
td_amqp_open(struct td_amqp **out, const struct td_amqp_target *target,
    struct td_err *err)
{
	(void)out;
	(void)target;
	return td_fail(err, -ENOSYS, "this Taskdir was built without AMQP");
}

void
td_amqp_close(struct td_amqp *amqp)
{
	assert(amqp == NULL);
}

int
td_amqp_fd(const struct td_amqp *amqp)
{
	(void)amqp;
	return -1;
}

uint64_t
td_amqp_beat_ms(const struct td_amqp *amqp)
{
	(void)amqp;
	return 0;
}

bool
td_amqp_is_blocked(const struct td_amqp *amqp)
{
	(void)amqp;
	return false;
}

unsigned
td_amqp_reply_code(const struct td_amqp *amqp)
{
	(void)amqp;
	return 0;
}

int
td_amqp_declare_queue(struct td_amqp *amqp,
    const struct td_amqp_declaration *queue, uint32_t *n_ready,
    struct td_err *err)
{
	(void)amqp;
	(void)queue;
	(void)n_ready;
	return td_amqp_open(NULL, NULL, err);
}

int
td_amqp_declare_exchange(struct td_amqp *amqp,
    const struct td_amqp_declaration *exchange, struct td_err *err)
{
	(void)amqp;
	(void)exchange;
	return td_amqp_open(NULL, NULL, err);
}

int
td_amqp_bind(struct td_amqp *amqp, const char *queue, const char *exchange,
    const char *routing_key, struct td_err *err)
{
	(void)amqp;
	(void)queue;
	(void)exchange;
	(void)routing_key;
	return td_amqp_open(NULL, NULL, err);
}

int
td_amqp_confirm(struct td_amqp *amqp, struct td_err *err)
{
	(void)amqp;
	return td_amqp_open(NULL, NULL, err);
}

int
td_amqp_publish(struct td_amqp *amqp, const struct td_amqp_message *message,
    uint64_t *tag, struct td_err *err)
{
	(void)amqp;
	(void)message;
	(void)tag;
	return td_amqp_open(NULL, NULL, err);
}

int
td_amqp_get(struct td_amqp *amqp, const char *queue, unsigned n,
    struct td_err *err)
{
	(void)amqp;
	(void)queue;
	(void)n;
	return td_amqp_open(NULL, NULL, err);
}

int
td_amqp_consume(struct td_amqp *amqp, const char *queue, unsigned prefetch,
    struct td_err *err)
{
	return td_amqp_get(amqp, queue, prefetch, err);
}

void
td_amqp_set_body_max(struct td_amqp *amqp, uint64_t max_bytes)
{
	(void)amqp;
	(void)max_bytes;
}

int
td_amqp_ack(struct td_amqp *amqp, uint64_t tag, bool multiple,
    struct td_err *err)
{
	(void)amqp;
	(void)tag;
	(void)multiple;
	return td_amqp_open(NULL, NULL, err);
}

int
td_amqp_next(struct td_amqp *amqp, uint64_t timeout_ms,
    struct td_amqp_event *event, struct td_err *err)
{
	(void)amqp;
	(void)timeout_ms;
	(void)event;
	return td_amqp_open(NULL, NULL, err);
}

void
td_amqp_headers(const struct td_amqp *amqp,
    void (*each)(const struct td_amqp_field *field, void *arg), void *arg)
{
	(void)amqp;
	(void)each;
	(void)arg;
}
