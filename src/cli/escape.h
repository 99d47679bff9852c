/*
 * Text from outside, made safe to print: a terminal obeys control bytes, and
 * a newline would forge a line of its own.
 */
#ifndef TD_CLI_ESCAPE_H
#define TD_CLI_ESCAPE_H

#include <stddef.h>

#include "base/buf.h"

/* Appends TEXT with control characters (C0, DEL, C1, bidirectional overrides)
 * and bytes that are not UTF-8 as \xHH each. */
void td_escape(struct td_buf *out, const char *text, size_t len);

/* Appends TEXT as a JSON string; bytes that are not UTF-8 become U+FFFD. */
void td_escape_json(struct td_buf *out, const char *text, size_t len);

#endif
