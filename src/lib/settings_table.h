/*
 * The one table of all settings, how the text of each is read, and the pieces
 * that a load is made of.  Only for settings*.c: everybody else asks
 * lib/settings.h.
 */
#ifndef TD_LIB_SETTINGS_TABLE_H
#define TD_LIB_SETTINGS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "lib/name.h"
#include "lib/rule.h"
#include "lib/service.h"
#include "lib/settings.h"

enum td_setting_place {
	TD_IN_RUNNER,
	TD_IN_CLASS,
	TD_IN_SERVICE,
	TD_IN_RULE,
	TD_IN_NONE,		/* [schedule ID]: checked by others */
};
enum { TD_PLACE_COUNT = TD_IN_NONE };

struct td_catalog;

enum td_setting_type {
	TD_SET_NUMBER,
	TD_SET_ATTEMPTS,	/* or "unlimited", which is 0 */
	TD_SET_YES_NO,
	TD_SET_DURATION_MS,
	TD_SET_DURATION_S,
	TD_SET_SIZE,
	TD_SET_PERCENT,
	TD_SET_OCTAL,
	TD_SET_NICE,
	TD_SET_TEXT,
	TD_SET_LINES,		/* text that may have several lines */
	TD_SET_CHOICE,		/* one of the row's words, kept as text */
	TD_SET_HEADER,		/* "header.NAME": who asks keeps them */
	TD_SET_DIRECTORY,	/* an absolute path */
	TD_SET_WORD,		/* one of the row's words; its place counts */
	TD_SET_LEVEL,		/* a word too; 0 is syslog's 3 */
	TD_SET_RATE,		/* "10/s"; nanoseconds from one to the next */
	TD_SET_WINDOW,		/* "mon-fri 22:00-06:00, ..." */
	TD_SET_UNIQUE,		/* "running" or "no" */
	TD_SET_BACKOFF,
	TD_SET_EXITS,
};

struct td_setting {
	struct td_setting_info info;
	enum td_setting_place place;
	enum td_setting_type type;
	size_t offset;		/* in the place's struct */
	uint64_t min, max;	/* of numbers, in the unit of the struct */
	const char *words;	/* "auto strict" */
	/* Of text that is not empty, where its form matters; NULL: any.  On
	 * failure *AT is the byte that it is about. */
	int (*check)(const char *text, size_t *at, struct td_err *err);
};

/* The name of the one row that stands for all "header.NAME". */
#define TD_SETTING_HEADER	"header.NAME"

/* The NAME of a "header.NAME"; NULL if it is none. */
const char *td_setting_header_name(const char *setting_name);

/* What may hold of a place: for values of which only the form matters. */
union td_setting_scratch {
	struct td_runner_settings runner;
	struct td_class_settings class;
	struct td_service service;
	struct td_rule rule;
};

/* The Ith row, NULL behind the last. */
const struct td_setting *td_setting_at(size_t i);
/* The same of the rows of services and rules. */
const struct td_setting *td_settings_hub_row(size_t i);

/* The row of that name; NULL if there is none. */
const struct td_setting *td_setting_find(enum td_setting_place place,
    const char *name);

/* The row whose name is nearest to a mistyped one; NULL if none is near. */
const struct td_setting *td_setting_nearest(enum td_setting_place place,
    const char *name);

/* Reads TEXT into the struct of the setting's place; texts are borrowed.  0,
 * or TASKDIR_EFORMAT with "NAME: what, and what is allowed". */
int td_setting_parse(const struct td_setting *setting, const char *text,
    void *target, struct td_err *err);

/* All of a place's defaults. */
void td_setting_defaults(enum td_setting_place place, void *target);

/* Whether taskdir-hub executes this class unless a section says otherwise. */
bool td_settings_is_hub(const char *class_name);

/* The default of a setting for this class. */
const char *td_settings_class_default(const char *class_name,
    const struct td_setting *setting);

/* The settings of such a class, before and after the sections that fit it;
 * SERVICE NULL: it is of none. */
void td_settings_hub_begin(struct td_class_settings *class,
    const struct td_service *service);
void td_settings_hub_end(struct td_class_settings *class,
    const struct td_service *service);

/* Takes a section's name apart: its place and, within HEAD, what follows it.
 * 0 or TASKDIR_EFORMAT. */
int td_settings_parse_head(enum td_setting_place *place,
    const char **argument, const char *head, struct td_err *err);

/* "service", as heads have it. */
const char *td_setting_place_name(enum td_setting_place place);

/* A class name or pattern with "\\" for ":" and "/": 0 or TASKDIR_EFORMAT. */
int td_settings_parse_pattern(char out[static TD_NAME_CLASS_SIZE],
    const char *text, struct td_err *err);

/* The name of a service or a rule: 0 or TASKDIR_EFORMAT. */
int td_settings_check_target(enum td_setting_place place, const char *name,
    struct td_err *err);

/* As td_setting_find, but says what was perhaps meant: 0, TASKDIR_EFORMAT. */
int td_settings_find_row(const struct td_setting **setting,
    enum td_setting_place place, const char *name, struct td_err *err);

/* A load: new, add_text for each file, sort; then td_catalog_finish.  0,
 * TASKDIR_EFORMAT, -ENOMEM. */
int td_settings_new(struct td_settings **settings);
int td_settings_add_text(struct td_settings *settings,
    const struct td_settings_text *text, struct td_err *err);
void td_settings_sort(struct td_settings *settings);

/* Its services and rules. */
struct td_catalog *td_settings_catalog(struct td_settings *settings);
const struct td_catalog *td_settings_targets(
    const struct td_settings *settings);

#endif
