/*
 * What lies in a spool before the runner is run with a fault: scenes, and the
 * handlers that act in them.
 */
#ifndef TD_TESTS_FAULT_SCENE_H
#define TD_TESTS_FAULT_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/spool.h"

enum { TD_SCENE_FILES = 3, TD_SCENE_COUNT = 20 };

struct td_scene {
	const char *name;
	struct td_scene_file {
		enum td_state state;
		const char *class_enc;	/* NULL: no more files */
		const char *id;		/* NULL: a letter of no name */
		const char *more;	/* members behind classname */
		const char *text;	/* instead of a task */
		uint32_t tries;
		int due_s;		/* from now */
		bool ask, withdrawn, wrong_key;
	} files[TD_SCENE_FILES];
	bool loses_id;		/* not every file keeps its id */
};

/* Scene number I, below TD_SCENE_COUNT. */
const struct td_scene *td_scene(int i);
size_t td_scene_count(const struct td_scene *scene);

void td_scene_make_handlers(const struct td_spool *spool);
/* Away with all but handlers and settings. */
void td_scene_reset(const struct td_spool *spool);
void td_scene_lay_out(const struct td_spool *spool,
    const struct td_scene *scene);

#endif
