/*
 * JSON, strictly: RFC 8259, UTF-8, no BOM, one value, no trailing bytes, at
 * most 128 levels.  Checked here before cJSON sees it, because cJSON takes
 * trailing garbage, bad UTF-8 and control characters, cuts strings at \u0000
 * and loses integers above 2^53.
 *
 * A checked text is walked by spans that point into it, so that what goes
 * out is byte for byte what came in.
 */
#ifndef TD_LIB_JSON_H
#define TD_LIB_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum { TD_JSON_DEPTH_MAX = 128 };

/* One value (or member name, with its quotes) inside a checked text. */
struct td_json_span {
	const char *text;	/* NULL: not there */
	size_t len;
};

enum td_json_type {
	TD_JSON_NULL,
	TD_JSON_FALSE,
	TD_JSON_TRUE,
	TD_JSON_NUMBER,
	TD_JSON_STRING,
	TD_JSON_ARRAY,
	TD_JSON_OBJECT,
};

/*
 * Checks LEN bytes.  0, or TASKDIR_EFORMAT with the reason and "at byte N"
 * (counted from 0) in err.  On success *value (may be NULL) is the value
 * without the white space around it.
 */
int td_json_check(struct td_json_span *value, const char *text, size_t len,
    struct td_err *err);

/* All below take spans of a checked text only. */

enum td_json_type td_json_type(struct td_json_span value);

/*
 * Walks the members of an object or the elements of an array: *at begins as
 * the container and is the walk's own state.  Name is untouched for arrays.
 *
 *	struct td_json_span at = object, name, value;
 *	while (td_json_next(&at, &name, &value)) ...
 */
bool td_json_next(struct td_json_span *at, struct td_json_span *name,
    struct td_json_span *value);

/* The member called NAME (compared decoded) of an object; .text NULL if none
 * or if it is no object.  The first of several. */
struct td_json_span td_json_member(struct td_json_span object,
    const char *name);
/* The same for a name of LEN bytes. */
struct td_json_span td_json_member_named(struct td_json_span object,
    const char *name, size_t len);

/* The Ith element, from 0, of an array; .text NULL if there is none. */
struct td_json_span td_json_element(struct td_json_span array, uint64_t i);

/* Appends a string's decoded UTF-8; 0, -EINVAL (no string, or a lone
 * surrogate), -ENOMEM.  *has_nul (may be NULL) tells of a \u0000. */
int td_json_decode(struct td_buf *out, struct td_json_span string,
    bool *has_nul);

/* Whether a string's decoded value is TEXT. */
bool td_json_equals(struct td_json_span string, const char *text);
bool td_json_equals_bytes(struct td_json_span string, const char *text,
    size_t len);

/* Where in a string as written (its quote is 0) the decoded byte INDEX comes
 * from; the closing quote if there are not so many. */
size_t td_json_offset(struct td_json_span string, size_t index);

/* A number written as a whole one without sign, fraction or exponent:
 * 0, -EINVAL (written otherwise), -ERANGE (above MAX). */
int td_json_uint(uint64_t *out, struct td_json_span number, uint64_t max);

/*
 * Appends the canonical form (DESIGN 2.3): members sorted by the raw bytes of
 * their names as written, stable; insignificant white space removed; scalars
 * and names byte for byte as written.  0 or -ENOMEM.
 */
int td_json_canonical(struct td_buf *out, struct td_json_span value);

/* RFC 6901: the value that POINTER ("" or "/a/0/b") names below VALUE.  0,
 * -ENOENT, -EINVAL (no pointer) or -ENOMEM. */
int td_json_pointer(struct td_json_span *out, struct td_json_span value,
    const char *pointer);

/* Appends the value with LF and CR between tokens replaced by spaces, so that
 * it takes one line. */
void td_json_add_line(struct td_buf *out, struct td_json_span value);

/* Appends TEXT as a JSON string with its quotes; bytes that are not UTF-8
 * become U+FFFD. */
void td_json_quote(struct td_buf *out, const char *text, size_t len);
void td_json_quote_text(struct td_buf *out, const char *text);

/* Appends ,"NAME":"TEXT", a further member; nothing for NULL and "". */
void td_json_add_text(struct td_buf *out, const char *name, const char *text);

#endif
