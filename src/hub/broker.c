#include "config.h"

#include "hub/broker.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "hub/lane.h"
#include "hub/post.h"
#include "hub/turns.h"

struct td_brokers {
	struct td_post post;
	struct td_turns turns;
	char *spool_path;
	struct td_lane *lanes;
};

int
td_brokers_open(struct td_brokers **out, struct td_loop *loop,
    const char *spool_path)
{
	struct td_brokers *brokers = calloc(1, sizeof(*brokers));
	int rc;

	if (brokers == NULL)
		return -ENOMEM;
	td_turns_open(&brokers->turns);
	brokers->spool_path = strdup(spool_path);
	rc = brokers->spool_path == NULL ? -ENOMEM :
	    td_post_open(&brokers->post, loop);
	if (rc == 0)
		*out = brokers;
	else
		td_brokers_close(brokers);
	return rc;
}

static int
find_lane(struct td_lane **out, struct td_brokers *brokers,
    const struct td_service *service)
{
	struct td_lane *lane = brokers->lanes;
	int rc;

	while (lane != NULL && lane->link.service != service)
		lane = lane->next;
	if (lane == NULL) {
		rc = td_lane_start(&lane, service, brokers->spool_path,
		    &brokers->turns, &brokers->post);
		if (rc != 0)
			return rc;
		lane->next = brokers->lanes;
		brokers->lanes = lane;
	}
	*out = lane;
	return 0;
}

static void
on_note(struct td_note *note)
{
	struct td_message *message = (struct td_message *)((char *)note -
	    offsetof(struct td_message, note));

	message->done(message);
}

int
td_brokers_publish(struct td_brokers *brokers, struct td_message *message)
{
	const struct td_service *service = message->service;
	uint64_t now_ms = td_clock_mono_ms();
	struct td_lane *lane;
	int rc = find_lane(&lane, brokers, service);

	if (rc != 0)
		return rc;
	message->note.read = on_note;
	message->began_us = now_ms * 1000;
	message->deadline_ms = now_ms + service->connect_timeout_ms +
	    service->confirm_timeout_ms;
	message->returned = false;
	td_lane_hand_in(lane, message);
	return 0;
}

struct td_turns *
td_brokers_turns(struct td_brokers *brokers)
{
	return &brokers->turns;
}

void
td_brokers_close(struct td_brokers *brokers)
{
	struct td_lane *lane, *next;

	if (brokers == NULL)
		return;
	for (lane = brokers->lanes; lane != NULL; lane = lane->next)
		td_lane_stop(lane);
	td_turns_stop(&brokers->turns);
	for (lane = brokers->lanes; lane != NULL; lane = next) {
		next = lane->next;
		td_lane_free(lane);
	}
	td_post_close(&brokers->post);
	td_turns_close(&brokers->turns);
	free(brokers->spool_path);
	free(brokers);
}
