#include "config.h"

#include "hub/messages.h"

#include <stddef.h>

void
td_messages_add(struct td_messages *messages, struct td_message *message)
{
	message->next = NULL;
	if (messages->first == NULL)
		messages->first = message;
	else
		messages->last->next = message;
	messages->last = message;
	messages->n++;
}

void
td_messages_unlink(struct td_messages *messages, struct td_message *before)
{
	struct td_message **at = before == NULL ? &messages->first :
	    &before->next;

	if (messages->last == *at)
		messages->last = before;
	*at = (*at)->next;
	messages->n--;
}

struct td_message *
td_messages_pop(struct td_messages *messages)
{
	struct td_message *message = messages->first;

	td_messages_unlink(messages, NULL);
	return message;
}

uint64_t
td_messages_deadline(const struct td_messages *messages)
{
	return messages->first == NULL ? TD_MESSAGES_NEVER :
	    messages->first->deadline_ms;
}
