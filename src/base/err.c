#include "config.h"

#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
td_fail(struct td_err *err, int code, const char *format, ...)
{
	va_list ap;

	if (err == NULL)
		return code;
	err->code = code;
	va_start(ap, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	return code;
}

int
td_fail_errno(struct td_err *err, int code, const char *format, ...)
{
	va_list ap;
	size_t n;

	if (err == NULL)
		return code;
	err->code = code;
	va_start(ap, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	n = strlen(err->text);
	(void)snprintf(err->text + n, sizeof(err->text) - n, ": %s",
	    strerror(-code));
	return code;
}

void
td_err_prefix(struct td_err *err, const char *format, ...)
{
	char old[TD_ERR_SIZE];
	va_list ap;
	size_t n;

	if (err == NULL)
		return;
	memcpy(old, err->text, sizeof(old));
	va_start(ap, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	n = strlen(err->text);
	(void)snprintf(err->text + n, sizeof(err->text) - n, ": %s", old);
}
