/*
 * INI text that can be read with line and column, and edited so that every
 * comment, blank line and order survives.
 *
 *	# comment            ; comment (only at the start of a line)
 *	[section name]       everything up to the last "]" of the line
 *	name = value         value to the end of the line, blanks trimmed,
 *	                     never cut at ";" or "#"
 *	name =
 *	    more             a line that begins with a blank continues the
 *	                     value, joined by LF to what there is of it
 *
 * A blank line ends a value, a comment does not.  Names are case-sensitive.
 * Lines end in LF or CR LF.  A UTF-8 BOM, NUL bytes and lines without "=" are
 * errors.  It knows no setting by name.
 */
#ifndef TD_LIB_INI_H
#define TD_LIB_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

enum { TD_INI_SIZE_MAX = 4 << 20 };	/* bytes a file may have */

struct td_ini_entry {
	const char *section;	/* "" before the first header; the header's */
	char *name;
	char *value;
	unsigned line, column;	/* of the name, from 1 */
	unsigned value_column;	/* of the value's first byte, from 1 */
};

struct td_ini_section {
	char *name;
	unsigned line;
};

/* {0} is an empty one. */
struct td_ini {
	struct td_ini_entry *entries;	/* in file order */
	size_t n;
	struct td_ini_section *sections;	/* headers, in file order */
	size_t n_sections;
};

/* FILE is only for messages ("FILE:LINE:COLUMN: ...").  0, TASKDIR_EFORMAT,
 * -ENOMEM; on failure *ini is empty. */
int td_ini_parse(struct td_ini *ini, const char *file, const char *text,
    size_t len, struct td_err *err);
void td_ini_release(struct td_ini *ini);

/* The last entry of that name in sections of that name; NULL if none. */
const struct td_ini_entry *td_ini_find(const struct td_ini *ini,
    const char *section, const char *name);

/*
 * Appends TEXT to OUT with NAME in SECTION set to VALUE (the last one, where
 * there are several), or taken out (NULL: all of that name).  A new name goes
 * behind the section's last entry, a new section to the end.  Everything else
 * stays byte for byte.  0, TASKDIR_EFORMAT (TEXT does not parse, or name,
 * section or value cannot be written), -ENOMEM; OUT may then hold a part.
 */
int td_ini_edit(struct td_buf *out, const char *text, size_t len,
    const char *section, const char *name, const char *value,
    struct td_err *err);

/* As above for a whole section, from its header to its last entry: taken out,
 * each of that name.  Comments behind the last entry stay. */
int td_ini_remove_section(struct td_buf *out, const char *text, size_t len,
    const char *section, struct td_err *err);

#endif
