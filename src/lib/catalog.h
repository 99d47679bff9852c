/*
 * The services and rules of one configuration: filled as its files are read,
 * section by section, then checked as a whole.  Only for settings*.c,
 * service.c and rule.c: everybody else asks lib/service.h and lib/rule.h.
 */
#ifndef TD_LIB_CATALOG_H
#define TD_LIB_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/ini.h"
#include "lib/rule.h"
#include "lib/service.h"
#include "lib/settings_table.h"

/* One setting as it stands in a file. */
struct td_catalog_value {
	const struct td_setting *setting;
	const struct td_ini_entry *entry;
	const char *file;
	bool open;		/* others may read it */
};

/* A service or a rule: all sections of one name. */
struct td_target {
	char *name;
	struct td_catalog_value *values;
	size_t n_values;
	struct td_service_header *headers;
	size_t n_headers;
	union {
		struct td_service service;
		struct td_rule rule;
	} is;
};

struct td_shelf {
	struct td_target **all;		/* in the order of the files */
	struct td_target **by_name;	/* the same, sorted */
	size_t n;
};

/* {0} is an empty one. */
struct td_catalog {
	struct td_shelf shelves[TD_PLACE_COUNT];
	struct td_target *current;	/* whose section is being read */
};

/* A section begins.  0, TASKDIR_EFORMAT (no such name), -ENOMEM. */
int td_catalog_begin(struct td_catalog *catalog, enum td_setting_place place,
    const char *name, const char *file, unsigned line, struct td_err *err);

/* One entry of it, which has the right form: 0 or -ENOMEM. */
int td_catalog_set(struct td_catalog *catalog,
    const struct td_catalog_value *value);

/* How the text of a template file is read: 0, or a code with a message. */
struct td_catalog_reader {
	int (*read)(void *arg, struct td_buf *text, const char *path,
	    struct td_err *err);
	void *arg;
};

/* All files are read: what only all of them together say is checked, and
 * templates and conditions are made.  0; TASKDIR_EFORMAT with "FILE:LINE:
 * COLUMN: what, and what is allowed"; the reader's code; -ENOMEM. */
int td_catalog_finish(struct td_catalog *catalog,
    const struct td_catalog_reader *reader, struct td_err *err);

void td_catalog_release(struct td_catalog *catalog);

/* NULL: there is none. */
const struct td_target *td_catalog_find(const struct td_catalog *catalog,
    enum td_setting_place place, const char *name);

/* Where the value that counts of a setting stands; NULL: its default does. */
const struct td_catalog_value *td_catalog_value(
    const struct td_target *target, const char *setting_name);

/* Appends where a value stands, "FILE:LINE"; NULL: "default". */
void td_catalog_add_origin(struct td_buf *out,
    const struct td_catalog_value *value);

/* Prefixes err with where this entry's value, or byte AT of it, stands. */
void td_catalog_point(struct td_err *err, const char *file,
    const struct td_ini_entry *entry, size_t at);

#endif
