/*
 * The name of a task file says all that the runner must know before it opens
 * the file (taskdir(5)):
 *
 *	1795132800,mail.digest,9f86d081884c7d65,0643f1c2a9b04-7c1e93ab,0.json
 *	due        class       key              id                     tries
 *
 * ".ask" instead of ".json": the runner has yet to decide about duplicates.
 * due has one width, so byte order is due order.  A name of any other shape is
 * no task's name, and nobody but this module takes a name apart.
 */
#ifndef TD_LIB_NAME_H
#define TD_LIB_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TD_NAME_DUE_MAX		UINT64_C(9999999999)
#define TD_NAME_TRIES_MAX	UINT32_C(999999999)

enum {
	TD_NAME_SIZE = 256,
	TD_NAME_CLASS_MAX = 128,	/* bytes, encoded: "\" is "%5C" */
	TD_NAME_ID_MAX = 48,
	TD_NAME_KEY_LEN = 16,
	TD_NAME_ID_SIZE = TD_NAME_ID_MAX + 1,
	TD_NAME_CLASS_SIZE = TD_NAME_CLASS_MAX + 1,
};

/* A name taken apart; class_enc and id point into the text it came from. */
struct td_name {
	uint64_t due;		/* Unix seconds */
	uint64_t key;
	uint32_t tries;		/* runs that failed so far */
	bool ask;
	uint8_t class_len, id_len;
	const char *class_enc;	/* not NUL-terminated */
	const char *id;		/* not NUL-terminated */
};

/* 0, or -EINVAL with *name untouched. */
int td_name_parse(struct td_name *name, const char *text);

/* 0, or -ERANGE (a field is out of its range) with out untouched. */
int td_name_format(char out[static TD_NAME_SIZE], const struct td_name *name);

/*
 * Class names.  decode: "mod_x%5Ctask" to "mod_x\task".  encode also reads ":"
 * and "/" as "\" and drops one leading "\"; -EINVAL if TEXT (LEN bytes) is no
 * class name (empty part, "..", a part that begins with "." or "-", a foreign
 * byte), -ERANGE if it is too long.
 */
int td_name_encode_class(char out[static TD_NAME_CLASS_SIZE], const char *text,
    size_t len);
void td_name_decode_class(char out[static TD_NAME_CLASS_SIZE],
    const char *encoded, size_t len);
bool td_name_class_is_valid(const char *encoded, size_t len);

/* Why encode refuses TEXT, in words ("empty part"), and *where: the byte of
 * TEXT at fault.  NULL, *where untouched, if it takes it. */
const char *td_name_class_fault(size_t *where, const char *text, size_t len);

/* 1 to 48 of A-Za-z0-9-. */
bool td_name_id_is_valid(const char *text, size_t len);

/* A fresh id: 13 hex digits of NOW_US, "-", 8 random ones. */
void td_name_make_id(char out[static TD_NAME_ID_SIZE], uint64_t now_us);

/* Whether a letter box leaves NAME alone: editors' and copiers' temporary
 * names, "." and "..". */
bool td_name_is_ignored(const char *name);

#endif
