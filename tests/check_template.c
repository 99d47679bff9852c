#include "config.h"

#include "harness.h"
#include "lib/template.h"

#include <string.h>

#include "lib/taskdir.h"

#define N_OF(a)	((int)(sizeof(a) / sizeof((a)[0])))

static const char text[] = "{\"eventname\":\"user_created\",\"data\":{"
    "\"objectid\":5,\"big\":12345678901234567890,\"f\":1.50,\"n\":null,"
    "\"t\":true,\"digits\":\"42\",\"inject\":\"1,\\\"x\\\":2\",\"list\":"
    "\"1,2\",\"array\":\"[1]\",\"braces\":\"{{objectid}}\","
    "\"name\":\"E\\\"v\\u00e4\\n\","
    "\"empty\":\"\",\"dots\":\"..\",\"path\":\"a/b c\\u00e4\","
    "\"half\":\"\\ud800\",\"other\":{\"items\":[{\"name\":\"Eva\"}]},"
    "\"json\":1}}";

/* 0 with what is rendered in OUT, or what is wrong. */
static int
render(struct td_buf *out, const char *template,
    struct td_template_scene *scene, struct td_err *err)
{
	struct td_template *parsed = NULL;
	struct td_event event;
	int rc = td_template_parse(&parsed, template, strlen(template), err);

	if (rc != 0)
		return rc;
	ck_assert_int_eq(td_event_parse(&event, text, strlen(text), NULL), 0);
	scene->event = &event;
	rc = td_template_render(out, parsed, scene, err);
	td_event_release(&event);
	td_template_free(parsed);
	return rc;
}

static const struct {
	const char *template, *want;
	enum td_missing missing;
	enum td_escape escape;
} good[] = {
	{ "", "", 0, 0 },
	{ "plain } }} text", "plain } }} text", 0, 0 },
	{ "{{objectid}}", "5", 0, 0 },
	{ "{{ objectid }}", "5", 0, 0 },
	{ "{{\n  objectid\n}}", "5", 0, 0 },
	{ "{{big}}{{f}}{{t}}", "123456789012345678901.50true", 0, 0 },
	{ "{\"a\":{{objectid}}}", "{\"a\":5}", 0, 0 },
	{ "{\"a\":{\"b\":{{objectid}}}}", "{\"a\":{\"b\":5}}", 0, 0 },
	{ "\"{{other.items[0].name}}\"", "\"Eva\"", 0, 0 },
	{ "{{data.other.items[0].name|\"x\"}}", "Eva", 0, TD_ESCAPE_NONE },
	/* Strings are escaped as they were. */
	{ "\"{{name}}\"", "\"E\\\"v\\u00e4\\n\"", 0, 0 },
	{ "{{json name}}", "\"E\\\"v\\u00e4\\n\"", 0, 0 },
	{ "{{json other}}", "{\"items\":[{\"name\":\"Eva\"}]}", 0, 0 },
	{ "{{json n}}", "null", 0, 0 },
	{ "{{json}}", "1", 0, 0 },
	/* What is no string, within one. */
	{ "\"x{{other}}\"", "\"x{\\\"items\\\":[{\\\"name\\\":\\\"Eva\\\"}]}"
	    "\"", 0, 0 },
	{ "\"{{json digits}}\"", "\"\\\"42\\\"\"", 0, 0 },
	{ "\"\\\"{{objectid}}\"", "\"\\\"5\"", 0, 0 },
	{ "\"\\\\{{objectid}}\"", "\"\\\\5\"", 0, 0 },
	{ "C:\\{{eventname}}", "C:\\user_created", 0, TD_ESCAPE_NONE },
	/* One number or word of a string may stand outside of quotes. */
	{ "[{{digits}}]", "[42]", 0, 0 },
	/* One pass. */
	{ "\"{{braces}}\"", "\"{{objectid}}\"", 0, 0 },
	{ "{{braces}}", "{{objectid}}", 0, TD_ESCAPE_NONE },
	{ "{{{{", "{{", 0, 0 },
	{ "{{{{x}}", "{{x}}", 0, 0 },
	{ "{{{{{{objectid}}", "{{5", 0, 0 },
	/* Defaults, for missing and null. */
	{ "{{none|\"x\"}}", "x", 0, TD_ESCAPE_NONE },
	{ "{{n|\"x\"}}", "x", 0, TD_ESCAPE_NONE },
	{ "{{empty|\"x\"}}", "", 0, TD_ESCAPE_NONE },
	{ "{{ none | \"a}}b\" }}", "a}}b", 0, TD_ESCAPE_NONE },
	{ "{{none|\"a\\\"\\\\\"}}", "a\"\\", 0, TD_ESCAPE_NONE },
	{ "{{none|5}}{{none|-1.5}}{{none|null}}", "5-1.5null", 0, 0 },
	{ "{{json none|\"x\"}}", "\"x\"", 0, 0 },
	{ "{{none | true }}", "true", 0, 0 },
	/* Missing. */
	{ "{\"a\":{{none}},\"b\":\"{{none}}\"}",
	    "{\"a\":null,\"b\":\"null\"}", TD_MISSING_NULL, 0 },
	{ "{\"a\":{{none}},\"b\":\"{{none}}\"}",
	    "{\"a\":\"\",\"b\":\"\"}", TD_MISSING_EMPTY, 0 },
	{ "/{{none}}/", "//", TD_MISSING_EMPTY, TD_ESCAPE_URL },
	{ "\"{{ json none}}\"", "\"{{ json none}}\"", TD_MISSING_KEEP, 0 },
	{ "{{n}}", "null", 0, 0 },
	/* URLs. */
	{ "/u/{{path}}?q={{name}}", "/u/a%2Fb%20c%C3%A4?q=E%22v%C3%A4%0A", 0,
	    TD_ESCAPE_URL },
	{ "{{objectid}}{{f}}{{other}}", "51.50%7B%22items%22%3A%5B%7B%22name"
	    "%22%3A%22Eva%22%7D%5D%7D", 0, TD_ESCAPE_URL },
	/* What the scene knows. */
	{ "{{eventid}} {{taskid}} {{rule}} {{service}} {{now}}",
	    "e-1 t-1 r s 1795132800", 0, TD_ESCAPE_NONE },
	{ "\"{{eventid}}\"{{now}}", "\"e-1\"1795132800", 0, 0 },
	{ "{{eventname}}", "user_created", 0, TD_ESCAPE_NONE },
};

START_TEST(values_take_their_places)
{
	struct td_template_scene scene = { .eventid = "e-1", .taskid = "t-1",
		.rule = "r", .service = "s", .now = 1795132800,
		.missing = good[_i].missing, .escape = good[_i].escape };
	struct td_buf out = { 0 };
	struct td_err err = { 0 };

	ck_assert_msg(render(&out, good[_i].template, &scene, &err) == 0,
	    "%s: %s", good[_i].template, err.text);
	ck_assert_str_eq(td_buf_text(&out), good[_i].want);
	td_buf_release(&out);
}
END_TEST

static const struct {
	const char *template, *says;
	enum td_escape escape;
} bad[] = {
	{ "{{", "no field's name, such as other.items[0].name at byte 2", 0 },
	{ "{{}}", "at byte 2", 0 },
	{ "{{ }}", "at byte 3", 0 },
	{ "{{a", "}} or | and a default is expected at byte 3", 0 },
	{ "{{a}", "at byte 3", 0 },
	{ "{{a b}}", "at byte 4", 0 },
	{ "x {{a..b}}", "at byte 4", 0 },
	{ "{{a[}}", "at byte 2", 0 },
	{ "{{a|}}", "no default, which is text in quotes, a number, true, "
	    "false or null at byte 4", 0 },
	{ "{{a|x}}", "at byte 4", 0 },
	{ "{{a|\"x}}", "at byte 4", 0 },
	{ "{{a|[1]}}", "at byte 4", 0 },
	{ "{{a|{}}}", "at byte 4", 0 },
	{ "{{a|\"x\" y}}", "at byte 8", 0 },
	{ "{{{a}}", "at byte 2", 0 },
	{ "{{json json a}}", "at byte 12", 0 },
	{ "{{none}}", "none: the event has no such field", 0 },
	{ "{{json none}}", "none: the event has no such field", 0 },
	{ "{{other.items[7]|null}}{{other.x}}",
	    "other.x: the event has no such field", 0 },
	{ "{\"a\":{{inject}}}", "inject: text outside of quotes", 0 },
	{ "[{{list}}]", "list: text outside of quotes", 0 },
	{ "[{{array}}]", "array: text outside of quotes", 0 },
	{ "[{{empty}}]", "empty: text outside of quotes", 0 },
	{ "[{{name}}]", "name: text outside of quotes", 0 },
	{ "[\"\\{{name}}\"]", "name: a backslash stands before", 0 },
	{ "[\"\\{{none}}\"]", "none: a backslash stands before", 0 },
	{ "/{{dots}}/", "dots: \".\" and \"..\" may not", TD_ESCAPE_URL },
	{ "{{half}}", "half: holds half of a surrogate", TD_ESCAPE_URL },
	{ "{{half}}", "half: holds half of a surrogate", TD_ESCAPE_NONE },
};

START_TEST(mistakes_are_named)
{
	struct td_template_scene scene = { .escape = bad[_i].escape };
	struct td_buf out = { 0 };
	struct td_err err = { 0 };

	ck_assert_int_eq(render(&out, bad[_i].template, &scene, &err),
	    TASKDIR_EFORMAT);
	ck_assert_msg(strstr(err.text, bad[_i].says) != NULL, "%s: %s",
	    bad[_i].template, err.text);
	td_buf_release(&out);
}
END_TEST

START_TEST(nul_and_any_byte_are_text)
{
	struct td_template *template = NULL;
	struct td_template_scene scene = { 0 };
	struct td_buf out = { 0 };

	ck_assert_int_eq(td_template_parse(&template, "a\0\xff{{{{", 7, NULL),
	    0);
	ck_assert_int_eq(td_template_render(&out, template, &scene, NULL), 0);
	ck_assert_uint_eq(out.len, 5);
	ck_assert_mem_eq(out.data, "a\0\xff{{", 5);
	td_buf_release(&out);
	td_template_free(template);
	td_template_free(NULL);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ values_take_their_places, N_OF(good) },
		{ mistakes_are_named, N_OF(bad) },
		{ nul_and_any_byte_are_text, 0 },
	};

	return td_harness_run("template", tests, N_OF(tests));
}
