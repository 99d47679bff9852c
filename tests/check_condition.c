#include "config.h"

#include "harness.h"
#include "lib/condition.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "lib/taskdir.h"

#define N_OF(a)	((int)(sizeof(a) / sizeof((a)[0])))

static const char text[] = "{\"eventname\":\"\\\\core\\\\event\\\\x\","
    "\"data\":{\"crud\":\"c\",\"component\":\"mod_forum\",\"objectid\":5,"
    "\"ok\":true,\"nothing\":null,\"price\":1.50,\"empty\":\"\","
    "\"action\":\"created\",\"half\":\"\\ud800\",\"u\":\"\\u00e4\","
    "\"other\":{\"items\":[{\"name\":\"E. \\\"V\\\"\"}],\"and\":\"or\"}}}";

static const struct {
	const char *when;
	bool want;
} cases[] = {
	{ "crud = c", true }, { "crud=c", true }, { "crud = d", false },
	{ "crud != d", true }, { "crud!=c", false }, { "none = c", false },
	{ "none != c", true }, { "not crud = d", true },
	{ "not not crud = c", true },
	{ "crud = c and (component prefix mod_ or not objectid exists) and "
	    "action in created, updated", true },
	{ "action in updated,created", true },
	{ "action in updated, deleted", false },
	{ "not action in updated, deleted", true },
	{ "(action in updated, created)", true },
	{ "objectid in 4, 5 and crud = d", false },
	{ "objectid = 5", true }, { "objectid = \"5\"", true },
	{ "objectid = 05", false }, { "ok = true", true },
	{ "price = 1.50", true }, { "price = 1.5", false },
	{ "price prefix 1.", true }, { "nothing = null", true },
	{ "nothing exists", false }, { "objectid exists", true },
	{ "none exists", false }, { "empty exists", true },
	{ "empty = \"\"", true }, { "crud prefix \"\"", true },
	{ "component prefix mod_", true }, { "component prefix forum", false },
	{ "component prefix mod_forums", false },
	{ "eventname = \\core\\event\\x", true },
	{ "eventname = \"\\\\core\\event\\x\"", true },
	{ "other.items[0].name = \"E. \\\"V\\\"\"", true },
	{ "other.items[1].name exists", false },
	{ "other = x", false }, { "other prefix {", false },
	{ "other exists", true }, { "other.and = or", true },
	{ "half = x", false }, { "half exists", true },
	{ "u = \xc3\xa4", true },
	/* "and" binds more tightly. */
	{ "crud = c or crud = d and crud = e", true },
	{ "(crud = c or crud = d) and crud = e", false },
	{ "crud = e and crud = d or crud = c", true },
	{ "not crud = e and crud = d", false },
	{ "not (crud = c and objectid = 6)", true },
	{ "crud = c\nand\tobjectid = 5", true },
	{ "not(crud=d)and(objectid=5)", true },
};

static int
parse(struct td_condition **out, const char *when, size_t *at,
    struct td_err *err)
{
	*out = NULL;
	return td_condition_parse(out, when, at, err);
}

START_TEST(conditions_hold_or_not)
{
	struct td_condition *condition;
	struct td_event event;
	struct td_err err = { 0 };
	size_t at;

	ck_assert_int_eq(td_event_parse(&event, text, strlen(text), NULL), 0);
	ck_assert_msg(parse(&condition, cases[_i].when, &at, &err) == 0,
	    "%s: %s", cases[_i].when, err.text);
	ck_assert_msg(td_condition_holds(condition, &event) == cases[_i].want,
	    "%s", cases[_i].when);
	ck_assert(td_condition_holds(NULL, &event));
	td_condition_free(condition);
	td_event_release(&event);
}
END_TEST

static const struct {
	const char *when;
	size_t at;
	const char *says;
} bad[] = {
	{ "", 0, "a field is expected" }, { "  ", 2, "a field is expected" },
	{ "crud", 4, "=, !=, in, prefix or exists is expected" },
	{ "crud c", 5, "=, !=, in, prefix or exists" },
	{ "crud =", 6, "a value is expected" },
	{ "crud = \"c", 7, "a quote that does not end" },
	{ "crud = c d", 9, "and, or or the end is expected" },
	{ "crud = c and", 12, "a field is expected" },
	{ "crud = c or )", 12, "a field is expected" },
	{ "(crud = c", 9, "and, or or \")\" is expected" },
	{ "crud = c)", 8, "and, or or the end is expected" },
	{ "crud in c,", 10, "a value is expected" },
	{ "crud in", 7, "a value is expected" },
	{ "a..b = c", 0, "no field's name" },
	{ "crud == c", 8, "and, or or the end" },
	{ "not", 3, "a field is expected" },
	{ "crud = c AND a = b", 9, "and, or or the end" },
	{ "crud = (", 7, "a value is expected" },
};

START_TEST(mistakes_have_a_place)
{
	struct td_condition *condition;
	struct td_err err = { 0 };
	size_t at = 99;
	int rc = parse(&condition, bad[_i].when, &at, &err);

	ck_assert_int_eq(rc, TASKDIR_EFORMAT);
	ck_assert_ptr_null(condition);
	ck_assert_msg(strstr(err.text, bad[_i].says) != NULL, "%s",
	    err.text);
	ck_assert_uint_eq(at, bad[_i].at);
}
END_TEST

/* N times PART, then LAST. */
static int
parse_many(const char *part, unsigned n, const char *last)
{
	struct td_buf when = { 0 };
	struct td_condition *condition;
	size_t at;
	int rc;

	for (unsigned i = 0; i < n; i++)
		td_buf_add_text(&when, part);
	td_buf_add_text(&when, last);
	rc = parse(&condition, td_buf_text(&when), &at, NULL);
	td_condition_free(condition);
	td_buf_release(&when);
	return rc;
}

START_TEST(size_and_depth_have_limits)
{
	ck_assert_int_eq(parse_many("a = b or ", 127, "a = b"), 0);
	ck_assert_int_eq(parse_many("a = b or ", 128, "a = b"),
	    TASKDIR_EFORMAT);
	ck_assert_int_eq(parse_many("not ", 255, "a = b"), 0);
	ck_assert_int_eq(parse_many("not ", 100000, "a = b"),
	    TASKDIR_EFORMAT);
	ck_assert_int_eq(parse_many("(", 100000, "a = b"), TASKDIR_EFORMAT);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ conditions_hold_or_not, N_OF(cases) },
		{ mistakes_have_a_place, N_OF(bad) },
		{ size_and_depth_have_limits, 0 },
	};

	return td_harness_run("condition", tests, N_OF(tests));
}
