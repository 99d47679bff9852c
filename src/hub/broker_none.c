#include "config.h"

/*
 * In place of broker.c and consume.c where Taskdir was built without AMQP.
 */
#include "hub/broker.h"
#include "hub/core.h"

#include <errno.h>

int
td_brokers_open(struct td_brokers **out, struct td_loop *loop,
    const char *spool_path)
{
	(void)out;
	(void)loop;
	(void)spool_path;
	return -EOPNOTSUPP;
}

int
td_brokers_publish(struct td_brokers *brokers, struct td_message *message)
{
	(void)brokers;
	(void)message;
	return -EOPNOTSUPP;
}

void
td_brokers_close(struct td_brokers *brokers)
{
	(void)brokers;
}

void
td_consume_start(struct td_hub_task *task)
{
	td_hub_answer_permanent(task, "this Taskdir was built without AMQP");
}
