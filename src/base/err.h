/*
 * What went wrong, in words, beside the code that a function returns.
 *
 * Functions return 0 or a negative code: a negated errno, or one of
 * TASKDIR_E... (lib/taskdir.h).  Where a code cannot tell the user enough the
 * last parameter is a struct td_err *, which may be NULL and is written only
 * on failure.
 */
#ifndef TD_BASE_ERR_H
#define TD_BASE_ERR_H

enum { TD_ERR_SIZE = 1024 };

struct td_err {
	int code;
	char text[TD_ERR_SIZE];	/* one line, no newline at its end */
};

/* Fills *err (may be NULL) and returns CODE. */
int td_fail(struct td_err *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As td_fail, with ": " and the system's words for -CODE behind the text. */
int td_fail_errno(struct td_err *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "PREFIX: " in front of what err (may be NULL) already says. */
void td_err_prefix(struct td_err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
