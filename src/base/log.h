/*
 * The program's own chatter on standard error: one line, "level module:
 * sentence key=value".  Bytes from outside must be passed through
 * td_log_escape.  Libraries never log above debug.
 */
#ifndef TD_BASE_LOG_H
#define TD_BASE_LOG_H

#include <stddef.h>

enum td_log_level {	/* as in syslog(3) */
	TD_LOG_ERR = 3,
	TD_LOG_WARNING = 4,
	TD_LOG_NOTICE = 5,
	TD_LOG_INFO = 6,
	TD_LOG_DEBUG = 7,
};

void td_log(enum td_log_level level, const char *module, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* Lines above LEVEL are dropped; TD_LOG_INFO at the start. */
void td_log_set_level(enum td_log_level level);

/* Sends the lines (without newline) elsewhere; NULL: standard error again. */
void td_log_set_sink(void (*sink)(enum td_log_level level, const char *line));

/* TEXT with control bytes, blanks, backslashes and bytes above 0x7e as \xHH,
 * cut with "..." when OUT is too small.  Returns OUT. */
const char *td_log_escape(char *out, size_t size, const char *text);

/* The same with blanks as they are, for the end of a line. */
const char *td_log_escape_words(char *out, size_t size, const char *text);

#endif
