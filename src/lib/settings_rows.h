/*
 * How the rows of the settings' table are written: only for the files that
 * hold some.
 */
#ifndef TD_LIB_SETTINGS_ROWS_H
#define TD_LIB_SETTINGS_ROWS_H

#include "lib/settings_table.h"

#define DAY_MS		UINT64_C(86400000)
#define YEAR_MS		(366 * DAY_MS)
#define AGE_MAX_MS	(100 * YEAR_MS)
#define SIZE_MAX_BYTES	(UINT64_C(1) << 62)
#define COUNT_MAX	UINT64_C(1000000)

/* As many spellings of a type as a person needs, no more. */
#define NAME_NUMBER	"number"
#define NAME_ATTEMPTS	"number or \"unlimited\""
#define NAME_YES_NO	"yes or no"
#define NAME_DURATION_MS "duration"
#define NAME_DURATION_S	"duration"
#define NAME_SIZE	"size"
#define NAME_PERCENT	"percent"
#define NAME_OCTAL	"octal number"
#define NAME_NICE	"number"
#define NAME_TEXT	"text"
#define NAME_LINES	"text"
#define NAME_CHOICE	"word"
#define NAME_HEADER	"text"
#define NAME_DIRECTORY	"absolute path"
#define NAME_WORD	"word"
#define NAME_LEVEL	"word"
#define NAME_RATE	"rate"
#define NAME_WINDOW	"list of times"
#define NAME_UNIQUE	"running or no"
#define NAME_BACKOFF	"list of durations"
#define NAME_EXITS	"list of numbers"

/* Behind the help there may be what else a row has, such as .check = ... */
#define ROW(in, place_name, of, name_, member, kind, lo, hi, words_,	\
    default_, ...)							\
	ROW_OF(in, place_name, of, name_, member, kind, lo, hi, words_,	\
	    default_, __VA_ARGS__, )
#define ROW_OF(in, place_name, of, name_, member, kind, lo, hi, words_,	\
    default_, help_, ...)						\
	{								\
		.info = { .name = name_, .place = place_name,		\
		    .type = NAME_##kind, .words = words_,		\
		    .default_text = default_, .help = help_ },		\
		.place = in, .type = TD_SET_##kind,			\
		.offset = offsetof(struct of, member),			\
		.min = lo, .max = hi, .words = words_,			\
		__VA_ARGS__						\
	}

#endif
