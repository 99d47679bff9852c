#include "config.h"

/*
 * The planner's table of classes: made at the first task of each.  A class
 * stays while it has tasks; from so many classes on, one that has none is
 * taken for the next new name.
 */
#include "runner/planner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Reuse begins above REUSE_MIN; so many are looked at for one to reuse. */
enum { CLASSES_MIN = 64, REUSE_MIN = 1024, LOOKS = 64 };

struct td_class *
td_class_whole(struct td_class *class)
{
	return class->whole != NULL ? class->whole : class;
}

struct td_share *
td_class_share(struct td_planner *planner, const struct td_class *class)
{
	if (class->apart)
		return &planner->apart;
	return class->share != NULL ? class->share : &planner->root;
}

void
td_planner_count(struct td_planner *planner, uint32_t class_no, int32_t more)
{
	planner->classes[class_no]->n_tasks += (uint32_t)more;
}

static uint32_t
hash_name(uint64_t user, const char *text, size_t len)
{
	uint32_t hash = UINT32_C(2166136261) ^ (uint32_t)user;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)text[i]) * UINT32_C(16777619);
	return hash;
}

static uint64_t
user_of(const struct td_class *class)
{
	return class->share != NULL ? class->share->user : 0;
}

static uint32_t *
head_of(const struct td_planner *planner, const struct td_class *class)
{
	return &planner->by_name[hash_name(user_of(class), class->class_enc,
	    strlen(class->class_enc)) & planner->name_mask];
}

static bool
is_called(const struct td_class *class, uint64_t user, const char *class_enc,
    size_t len)
{
	return strncmp(class->class_enc, class_enc, len) == 0 &&
	    class->class_enc[len] == '\0' && user_of(class) == user;
}

static void
add_to_chain(struct td_planner *planner, struct td_class *class)
{
	uint32_t *head = head_of(planner, class);

	class->next_same_hash = *head;
	*head = class->number;
}

static int
grow_classes(struct td_planner *planner)
{
	uint32_t size = planner->classes_size == 0 ? CLASSES_MIN :
	    2 * planner->classes_size;
	struct td_class **classes;
	uint32_t *by_name;

	classes = reallocarray(planner->classes, size, sizeof(*classes));
	if (classes == NULL)
		return -ENOMEM;
	planner->classes = classes;
	for (int i = TD_STANDING_WAITING; i < TD_STANDING_COUNT; i++)
		if (td_ranking_reserve(&planner->rankings[i], size) != 0)
			return -ENOMEM;
	if (td_ranking_reserve(&planner->ready_shares,
	    planner->n_shares + 1) != 0 ||
	    td_ranking_reserve(&planner->apart.own, size) != 0)
		return -ENOMEM;
	by_name = calloc(size, sizeof(*by_name));
	if (by_name == NULL)
		return -ENOMEM;
	free(planner->by_name);
	planner->by_name = by_name;
	planner->name_mask = size - 1;
	planner->classes_size = size;
	for (uint32_t i = 1; i <= planner->n_classes; i++)
		add_to_chain(planner, classes[i]);
	return 0;
}

static uint32_t
find_class(const struct td_planner *planner, uint64_t user,
    const char *class_enc, size_t len)
{
	uint32_t i = planner->last_found;

	if (i != 0 && is_called(planner->classes[i], user, class_enc, len))
		return i;
	if (planner->n_classes == 0)
		return 0;
	i = planner->by_name[hash_name(user, class_enc, len) &
	    planner->name_mask];
	while (i != 0 && !is_called(planner->classes[i], user, class_enc,
	    len))
		i = planner->classes[i]->next_same_hash;
	return i;
}

static struct td_share *
make_share(struct td_planner *planner, uint64_t user)
{
	struct td_share *share;

	for (uint32_t i = 0; i < planner->n_shares; i++)
		if (planner->shares[i]->user == user)
			return planner->shares[i];
	if (planner->n_shares == planner->shares_size) {
		uint32_t size = planner->n_shares == 0 ? 16 :
		    2 * planner->n_shares;
		struct td_share **shares = reallocarray(planner->shares, size,
		    sizeof(struct td_share *));

		if (shares == NULL)
			return NULL;
		planner->shares = shares;
		planner->shares_size = size;
	}
	if (td_ranking_reserve(&planner->ready_shares,
	    planner->shares_size + 1) != 0)
		return NULL;
	share = calloc(1, sizeof(*share));
	if (share == NULL)
		return NULL;
	share->user = user;
	return planner->shares[planner->n_shares++] = share;
}

/* Its tokens and its pause are remembered longer than it has tasks. */
static bool
is_reusable(const struct td_class *class)
{
	return class->n_tasks == 0 && class->running == 0 &&
	    class->queue.n == 0 && class->n_lanes == 0 &&
	    class->settings.rate_ns == 0 && !class->paused;
}

static void
forget_lane(struct td_class *class)
{
	struct td_class **at = &class->whole->lanes;

	while (*at != class)
		at = &(*at)->next_lane;
	*at = class->next_lane;
	class->whole->n_lanes--;
	class->share->n_classes--;
}

/* As new, but for its number and the memory of its queue. */
static void
clear_class(struct td_planner *planner, struct td_class *class)
{
	uint32_t *at = head_of(planner, class);
	struct td_queue queue = class->queue;
	uint32_t number = class->number;

	while (*at != number)
		at = &planner->classes[*at]->next_same_hash;
	*at = class->next_same_hash;
	if (class->whole != NULL)
		forget_lane(class);
	planner->apart.n_classes -= class->apart;
	free(class->kept);
	*class = (struct td_class){ .queue = queue, .number = number };
}

static struct td_class *
reuse_class(struct td_planner *planner)
{
	for (int i = 0; i < LOOKS && planner->n_classes >= REUSE_MIN; i++) {
		struct td_class *class;

		planner->hand = planner->hand % planner->n_classes + 1;
		class = planner->classes[planner->hand];
		if (is_reusable(class)) {
			clear_class(planner, class);
			return class;
		}
	}
	return NULL;
}

static struct td_class *
new_class(struct td_planner *planner)
{
	struct td_class *class = reuse_class(planner);

	if (class != NULL)
		return class;
	if (planner->n_classes + 1 >= planner->classes_size &&
	    grow_classes(planner) != 0)
		return NULL;
	class = calloc(1, sizeof(*class));
	if (class == NULL)
		return NULL;
	class->number = ++planner->n_classes;
	return planner->classes[class->number] = class;
}

static void
name_class(struct td_planner *planner, struct td_class *class,
    const char *class_enc, size_t len, const struct td_settings *settings)
{
	memcpy(class->class_enc, class_enc, len);
	td_name_decode_class(class->class_name, class_enc, len);
	td_settings_class(settings, class->class_name, &class->settings);
	class->serial = class->settings.serial_by_key &&
	    !planner->ignore_limits;
	class->apart = class->settings.hub;
	planner->apart.n_classes += class->apart;
	class->fresh = true;
	add_to_chain(planner, class);
}

/* What a user has of the class of this name. */
static uint32_t
make_lane(struct td_planner *planner, uint64_t user, struct td_class *whole,
    const struct td_settings *settings)
{
	struct td_share *share = make_share(planner, user);
	struct td_class *class;

	if (share == NULL || (share->own.size < share->n_classes + 2 &&
	    td_ranking_reserve(&share->own, 2 * (size_t)share->n_classes + 2)
	    != 0))
		return 0;
	/* So that it is not taken for a new name itself. */
	whole->n_lanes++;
	class = new_class(planner);
	if (class == NULL) {
		whole->n_lanes--;
		return 0;
	}
	share->n_classes++;
	class->share = share;
	class->whole = whole;
	class->next_lane = whole->lanes;
	whole->lanes = class;
	name_class(planner, class, whole->class_enc, strlen(whole->class_enc),
	    settings);
	return class->number;
}

uint32_t
td_planner_class(struct td_planner *planner, uint64_t user,
    const char *class_enc, size_t len, const struct td_settings *settings)
{
	uint32_t number = find_class(planner, user, class_enc, len);
	struct td_class *class;

	if (number == 0 && user != 0) {
		number = td_planner_class(planner, 0, class_enc, len,
		    settings);
		if (number != 0)
			number = make_lane(planner, user,
			    planner->classes[number], settings);
	} else if (number == 0) {
		class = new_class(planner);
		if (class != NULL) {
			name_class(planner, class, class_enc, len, settings);
			number = class->number;
		}
	}
	if (number != 0)
		planner->last_found = number;
	return number;
}
