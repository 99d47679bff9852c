#include "config.h"

#include "harness.h"
#include "lib/event.h"

#include <stdio.h>
#include <string.h>

#include "lib/taskdir.h"

#define N_OF(a)	((int)(sizeof(a) / sizeof((a)[0])))

static const struct {
	const char *text, *name, *id, *data;
} good[] = {
	{ "{\"eventname\":\"a\"}", "a", NULL, NULL },
	{ " {\"eventname\":\"\\\\core\\\\event\\\\x\",\"id\":\"u-5\",\n"
	    "\"data\":{\"a\": 1}} ", "\\core\\event\\x", "u-5",
	    "{\"a\": 1}" },
	{ "{\"id\":5,\"data\":null,\"eventname\":\"\\u0061\"}", "a", "5",
	    "null" },
	{ "{\"eventname\":\"a\",\"id\":null,\"x\":{\"eventname\":1},\"x\":2}",
	    "a", NULL, NULL },
};

START_TEST(event_is_read)
{
	struct td_event event;
	struct td_err err = { 0 };

	ck_assert_msg(td_event_parse(&event, good[_i].text,
	    strlen(good[_i].text), &err) == 0, "%s", err.text);
	ck_assert_str_eq(event.name, good[_i].name);
	ck_assert_pstr_eq(event.id, good[_i].id);
	ck_assert_int_eq(event.data.text != NULL, good[_i].data != NULL);
	if (event.data.text != NULL)
		ck_assert_mem_eq(event.data.text, good[_i].data,
		    event.data.len);
	ck_assert_int_eq(event.whole.text[0], '{');
	td_event_release(&event);
	td_event_release(&event);
	ck_assert_ptr_null(event.name);
}
END_TEST

static const struct {
	const char *text, *says;
} bad[] = {
	{ "", "byte 0" },
	{ "[]", "an object is expected at byte 0" },
	{ " 5", "an object is expected at byte 1" },
	{ "{}", "eventname: missing" },
	{ "{\"eventname\":\"a\"} x", "byte 18" },
	{ "{\"eventname\":5}", "eventname: text is expected at byte 13" },
	{ "{\"eventname\":null}", "eventname: text is expected" },
	{ "{\"eventname\":\"\"}", "eventname: empty at byte 13" },
	{ "{\"eventname\":\"a\\nb\"}", "eventname: a control byte" },
	{ "{\"eventname\":\"a\\u007f\"}", "eventname: a control byte" },
	{ "{\"eventname\":\"a\\u0000\"}", "eventname: a control byte" },
	{ "{\"eventname\":\"\\ud800\"}", "half of a surrogate pair" },
	{ "{\"eventname\":\"a\",\"eventname\":\"a\"}",
	    "eventname: twice at byte 17" },
	{ "{\"eventname\":\"a\",\"event\\u006eame\":\"b\"}",
	    "eventname: twice" },
	{ "{\"id\":\"a\",\"id\":\"b\",\"eventname\":\"a\"}", "id: twice" },
	{ "{\"eventname\":\"a\",\"data\":1,\"data\":1}", "data: twice" },
	{ "{\"eventname\":\"a\",\"id\":\"\"}", "id: empty" },
	{ "{\"eventname\":\"a\",\"id\":1.5}",
	    "id: text or a whole number is expected" },
	{ "{\"eventname\":\"a\",\"id\":-1}",
	    "id: text or a whole number is expected" },
	{ "{\"eventname\":\"a\",\"id\":[]}",
	    "id: text or a whole number is expected" },
	{ "{\"eventname\":\"a\",\"id\":\"\\t\"}", "id: a control byte" },
};

START_TEST(bad_event_is_refused_and_leaves_none)
{
	struct td_event event = { .name = (char *)"x" };
	struct td_err err = { 0 };

	ck_assert_int_eq(td_event_parse(&event, bad[_i].text,
	    strlen(bad[_i].text), &err), TASKDIR_EFORMAT);
	ck_assert_msg(strstr(err.text, bad[_i].says) != NULL, "%s",
	    err.text);
	ck_assert_ptr_null(event.name);
	ck_assert_ptr_null(event.id);
	ck_assert_ptr_null(event.whole.text);
}
END_TEST

START_TEST(names_and_ids_have_a_limit)
{
	char text[700];
	struct td_event event;

	for (int over = 0; over < 2; over++) {
		int len = snprintf(text, sizeof(text),
		    "{\"eventname\":\"%0*d\"}", TD_EVENT_NAME_MAX + over, 0);

		ck_assert_int_eq(td_event_parse(&event, text, (size_t)len,
		    NULL), over ? TASKDIR_EFORMAT : 0);
		td_event_release(&event);
		len = snprintf(text, sizeof(text),
		    "{\"eventname\":\"a\",\"id\":\"%0*d\"}",
		    TD_EVENT_ID_MAX + over, 0);
		ck_assert_int_eq(td_event_parse(&event, text, (size_t)len,
		    NULL), over ? TASKDIR_EFORMAT : 0);
		td_event_release(&event);
	}
}
END_TEST

static struct td_json_span
checked(const char *text)
{
	struct td_json_span value;

	ck_assert_int_eq(td_json_check(&value, text, strlen(text), NULL), 0);
	return value;
}

START_TEST(event_is_told_from_a_task)
{
	ck_assert(td_event_is_one(checked("{\"eventname\":5}")));
	ck_assert(!td_event_is_one(checked("{\"classname\":5}")));
	ck_assert(!td_event_is_one(checked(
	    "{\"eventname\":\"a\",\"classname\":\"b\"}")));
	ck_assert(!td_event_is_one(checked("{}")));
	ck_assert(!td_event_is_one(checked("[\"eventname\"]")));
	ck_assert(!td_event_is_one(checked("\"eventname\"")));
}
END_TEST

START_TEST(older_one_needs_no_name)
{
	struct td_event event;

	ck_assert_int_eq(td_event_of_value(&event,
	    checked(" {\"objectid\":5}"), NULL), 0);
	ck_assert_ptr_null(event.name);
	ck_assert_mem_eq(td_event_field(&event, "objectid", 8).text, "5", 1);
	td_event_release(&event);
	ck_assert_int_eq(td_event_of_value(&event, checked("5"), NULL),
	    TASKDIR_EFORMAT);
}
END_TEST

static const char fields[] = "{\"eventname\":\"e\",\"id\":\"i\","
    "\"objectid\":1,\"crud\":\"c\",\"data\":{\"objectid\":2,\"data\":3,"
    "\"other\":{\"items\":[{\"name\":\"Eva\"},[7,[8,9]]],\"n\":null,"
    "\"b\\u00e4r-1\":4}}}";

static const struct {
	const char *path, *want;
} found[] = {
	{ "objectid", "2" }, { "crud", "\"c\"" }, { "eventname", "\"e\"" },
	{ "data", "3" }, { "data.objectid", "2" }, { "data.other.n", "null" },
	{ "other.items[0].name", "\"Eva\"" }, { "other.items[1][0]", "7" },
	{ "other.items[1][1][1]", "9" }, { "other.items[0]",
	    "{\"name\":\"Eva\"}" }, { "other.b\xc3\xa4r-1", "4" },
	{ "id", "\"i\"" },
	{ "none", NULL }, { "objectid.x", NULL }, { "objectid[0]", NULL },
	{ "other.items.name", NULL }, { "other.items[2]", NULL },
	{ "other[0]", NULL }, { "other.items[00]", "{\"name\":\"Eva\"}" },
	{ "", NULL }, { ".", NULL }, { "other.", NULL }, { ".other", NULL },
	{ "other..n", NULL }, { "other.items[", NULL },
	{ "other.items[]", NULL }, { "other.items[-1]", NULL },
	{ "other.items[0]x", NULL }, { "[0]", NULL }, { "oth er", NULL },
	{ "other.items[99999999999999999999]", NULL },
};

START_TEST(fields_are_found_by_path)
{
	struct td_event event;
	struct td_json_span value;

	ck_assert_int_eq(td_event_parse(&event, fields, strlen(fields), NULL),
	    0);
	value = td_event_field(&event, found[_i].path, strlen(found[_i].path));
	ck_assert_int_eq(value.text != NULL, found[_i].want != NULL);
	if (found[_i].want != NULL) {
		ck_assert_uint_eq(value.len, strlen(found[_i].want));
		ck_assert_mem_eq(value.text, found[_i].want, value.len);
	}
	td_event_release(&event);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ event_is_read, N_OF(good) },
		{ bad_event_is_refused_and_leaves_none, N_OF(bad) },
		{ names_and_ids_have_a_limit, 0 },
		{ event_is_told_from_a_task, 0 },
		{ older_one_needs_no_name, 0 },
		{ fields_are_found_by_path, N_OF(found) },
	};

	return td_harness_run("event", tests, N_OF(tests));
}
