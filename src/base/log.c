#include "config.h"

#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum td_log_level max_level = TD_LOG_INFO;
static void (*line_sink)(enum td_log_level level, const char *line);

static const char *
level_name(enum td_log_level level)
{
	switch (level) {
	case TD_LOG_ERR: return "error";
	case TD_LOG_WARNING: return "warning";
	case TD_LOG_NOTICE: return "notice";
	case TD_LOG_INFO: return "info";
	case TD_LOG_DEBUG: return "debug";
	}
	return "?";
}

void
td_log_set_level(enum td_log_level level)
{
	max_level = level;
}

void
td_log_set_sink(void (*sink)(enum td_log_level level, const char *line))
{
	line_sink = sink;
}

void
td_log(enum td_log_level level, const char *module, const char *format, ...)
{
	char line[2048];
	va_list ap;
	size_t n;

	if (level > max_level)
		return;
	n = (size_t)snprintf(line, sizeof(line), "%s %s: ", level_name(level),
	    module);
	va_start(ap, format);
	(void)vsnprintf(line + n, sizeof(line) - n - 1, format, ap);
	va_end(ap);
	if (line_sink != NULL) {
		line_sink(level, line);
		return;
	}
	/* One write: lines of several programs do not mix. */
	n = strlen(line);
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, n) < 0)
		return;
}

/* Bytes up to and including HIGHEST, and above the printable ones, are shown
 * as numbers. */
static const char *
escape(char *out, size_t size, const char *text, unsigned char highest)
{
	size_t n = 0;

	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (n + 8 > size) {
			(void)snprintf(out + n, size - n, "...");
			return out;
		}
		if (c <= highest || c == '\\' || c > 0x7e)
			n += (size_t)snprintf(out + n, size - n, "\\x%02x", c);
		else
			out[n++] = (char)c;
	}
	out[n] = '\0';
	return out;
}

const char *
td_log_escape(char *out, size_t size, const char *text)
{
	return escape(out, size, text, ' ');
}

const char *
td_log_escape_words(char *out, size_t size, const char *text)
{
	return escape(out, size, text, ' ' - 1);
}
