#include "config.h"

#include "cli/member.h"

#include <string.h>

#include "base/num.h"

/* Of a time or duration the text shows milliseconds. */
enum { DECIMALS = 3 };

void
td_member_styled(struct td_out *out, const char *key,
    struct td_json_span object, const char *name, enum td_style style)
{
	struct td_json_span value = td_json_member(object, name);
	struct td_buf text = {0};

	if (value.text == NULL)
		return;
	if (td_json_type(value) == TD_JSON_NUMBER && out->json) {
		td_out_json(out, key, value.text, value.len);
		return;
	}
	if (td_json_type(value) == TD_JSON_NUMBER)
		td_buf_add(&text, value.text, value.len);
	else if (td_json_type(value) != TD_JSON_STRING ||
	    td_json_decode(&text, value, NULL) != 0)
		td_buf_clear(&text);
	if (text.len > 0)
		td_out_styled(out, key, td_buf_text(&text), style);
	td_buf_release(&text);
}

void
td_member_text(struct td_out *out, const char *key,
    struct td_json_span object, const char *name)
{
	td_member_styled(out, key, object, name, TD_STYLE_PLAIN);
}

uint64_t
td_member_time_of(struct td_json_span object, const char *name)
{
	struct td_json_span value = td_json_member(object, name);
	uint64_t seconds;

	if (value.text == NULL || td_num_parse(&seconds, value.text,
	    strspn(value.text, "0123456789"), INT64_MAX) != 0)
		return 0;
	return seconds;
}

void
td_member_time(struct td_out *out, const char *key,
    struct td_json_span object, const char *name)
{
	if (out->json)
		td_member_text(out, key, object, name);
	else if (td_member_time_of(object, name) != 0)
		td_out_time(out, key,
		    (int64_t)td_member_time_of(object, name));
}

void
td_member_seconds(struct td_out *out, const char *key,
    struct td_json_span object, const char *name)
{
	struct td_json_span value = td_json_member(object, name);
	struct td_buf text = {0};
	size_t len;

	if (value.text == NULL || td_json_type(value) != TD_JSON_NUMBER)
		return;
	if (out->json) {
		td_out_json(out, key, value.text, value.len);
		return;
	}
	len = strspn(value.text, "0123456789");
	if (len < value.len && value.text[len] == '.')
		len += 1 + DECIMALS;
	td_buf_add(&text, value.text, len < value.len ? len : value.len);
	td_buf_add_char(&text, 's');
	td_out_text(out, key, td_buf_text(&text));
	td_buf_release(&text);
}
