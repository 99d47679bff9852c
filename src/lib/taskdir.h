/*
 * libtaskdir: put tasks into a Taskdir spool.
 *
 * A task is one JSON file (taskdir(5)); nothing here is needed to make one,
 * but the library does what a careful shell script would have to: it checks
 * the JSON, names the file, and returns only when the task is durable.
 *
 * Every function returns 0 or a negative code: a negated errno, or one of
 * TASKDIR_E below.  A handle belongs to one thread at a time; different
 * handles are independent.
 */
#ifndef TASKDIR_H
#define TASKDIR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
	TASKDIR_EFORMAT = -1001,	/* no task: taskdir_error says where */
	TASKDIR_EVERSION = -1002,	/* the spool is of a newer format */
	TASKDIR_ETOOBIG = -1003,	/* longer than the spool's max_size */
	TASKDIR_ELOCKED = -1004,	/* a runner holds this spool */
	TASKDIR_ENOSPOOL = -1005,	/* there is no spool at that path */
	TASKDIR_EUNSYNCED = -1006,	/* not durable, but may have run */
	TASKDIR_ETRUST = -1007,		/* wrong owner or mode of a file */
};

enum {
	TASKDIR_ID_SIZE = 49,		/* 48 characters and a NUL */
	TASKDIR_CLASS_SIZE = 129,	/* as in the name: "\" is "%5C" */
	TASKDIR_NAME_SIZE = 256,
	TASKDIR_KEY_SIZE = 17,
};

struct taskdir;		/* an open spool */

/* What a task file's name says. */
struct taskdir_name {
	uint64_t due;		/* Unix seconds, at most 9999999999 */
	uint64_t key;		/* dedup key: first 64 bits of a SHA-256 */
	uint32_t tries;		/* runs that failed, at most 999999999 */
	int ask;		/* 1: ".ask", the runner decides duplicates */
	char class_name[TASKDIR_CLASS_SIZE];	/* decoded, with "\" */
	char id[TASKDIR_ID_SIZE];
};

/* One task of taskdir_add_many. */
struct taskdir_item {
	const char *json;	/* in: the task file's text */
	size_t len;
	int status;		/* out: 0, or why this one was not added */
	char id[TASKDIR_ID_SIZE];	/* out, if status is 0 */
	char error[128];	/* out: what is wrong with it, or "" */
};

/*
 * Opens the spool at PATH; NULL means $TASKDIR, else /var/spool/taskdir.
 * taskdir_close(*spool) releases it.  On failure *spool is still set (but for
 * -ENOMEM), so that taskdir_error can be asked, and must be closed.
 */
int taskdir_open(struct taskdir **spool, const char *path);
void taskdir_close(struct taskdir *spool);

/* What went wrong last, in words; "" if nothing did. */
const char *taskdir_error(const struct taskdir *spool);

/*
 * Adds one task: JSON is the text of a task file.  On 0 the task survives a
 * power cut and ID holds its id.  TASKDIR_EUNSYNCED: the disk failed to
 * confirm and the task could not be taken back, it may run; ID is set.
 */
int taskdir_add(struct taskdir *spool, const char *json, size_t len,
    char id[TASKDIR_ID_SIZE]);

/*
 * Adds N tasks with one sync.  0 if all were added; else the first failure's
 * code, with each item's own in its status: the others were added.
 */
int taskdir_add_many(struct taskdir *spool, struct taskdir_item *items,
    size_t n);

/* Names: the two undo each other.  -EINVAL if TEXT is no task's name or a
 * member is out of range; the output is then untouched. */
int taskdir_name_parse(struct taskdir_name *name, const char *text);
int taskdir_name_format(char out[TASKDIR_NAME_SIZE],
    const struct taskdir_name *name);

/*
 * The dedup key of a task file's text.  OWNER is the decimal uid of the task's
 * owner in a shared spool, "" or NULL in a private one.
 */
int taskdir_key(uint64_t *key, const char *json, size_t len,
    const char *owner);

/* Words for a code of any function above. */
const char *taskdir_strerror(int code);

const char *taskdir_version(void);

#ifdef __cplusplus
}
#endif

#endif
