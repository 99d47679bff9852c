#include "config.h"

#include "lib/kept.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/*
 * A line "KIND OPEN NAME-LENGTH TEXT-LENGTH", then the name, a NUL, the text
 * and a NUL.
 */
enum { LINE_MAX_LEN = 64 };

static const char version[] = "taskdir " PACKAGE_VERSION "\n";

void
td_kept_begin(struct td_buf *out)
{
	td_buf_add_text(out, version);
}

const char *
td_kept_first(const char *text, const char *end)
{
	size_t len = sizeof(version) - 1;

	return (size_t)(end - text) >= len && memcmp(text, version, len) == 0 ?
	    text + len : NULL;
}

void
td_kept_add(struct td_buf *out, enum td_kept_kind kind,
    const struct td_settings_text *text)
{
	size_t len = strlen(text->name);

	td_buf_add_format(out, "%c %d %zu %zu\n", (char)kind, text->open, len,
	    text->len);
	td_buf_add(out, text->name, len + 1);
	td_buf_add(out, text->text, text->len);
	td_buf_add_char(out, '\0');
}

int
td_kept_next(const char **at, const char *end, enum td_kept_kind *kind,
    struct td_settings_text *text)
{
	size_t left = (size_t)(end - *at), name_len, text_len;
	char line[LINE_MAX_LEN + 1], what;
	const char *after;
	int is_open;

	if (left == 0)
		return 0;
	after = memchr(*at, '\n', left < LINE_MAX_LEN ? left : LINE_MAX_LEN);
	if (after == NULL)
		return -EINVAL;
	(void)snprintf(line, sizeof(line), "%.*s", (int)(after - *at), *at);
	if (sscanf(line, "%c %d %zu %zu", &what, &is_open, &name_len,
	    &text_len) != 4)
		return -EINVAL;
	left = (size_t)(end - ++after);
	if (name_len >= left || text_len >= left - name_len - 1 ||
	    after[name_len] != '\0')
		return -EINVAL;
	*kind = (enum td_kept_kind)what;
	*text = (struct td_settings_text){ .name = after,
		.text = after + name_len + 1, .len = text_len,
		.open = is_open != 0 };
	*at = text->text + text_len + 1;
	return 1;
}
