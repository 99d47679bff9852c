#include "config.h"

#include "hub/core.h"

void
td_consume_start(struct td_hub_task *task)
{
	td_hub_answer_permanent(task, "nothing is fetched yet");
}
