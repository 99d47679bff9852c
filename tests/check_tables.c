#include "config.h"

#include "harness.h"
#include "hub/tables.h"

#include <errno.h>
#include <string.h>

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

START_TEST(an_object_becomes_fields)
{
	struct td_tables tables;
	struct td_err err = {0};

	ck_assert_msg(td_tables_parse(&tables, "{\"x-max-length\": 10, "
	    "\"x-queue-type\": \"quorum\", \"a\": -5, \"b\": true, "
	    "\"c\": null, \"d\": 1.5, \"\\u00e9\": \"\\u0041\"}", &err) == 0,
	    "%s", err.text);
	ck_assert_uint_eq(tables.n, 7);
	ck_assert_str_eq(tables.fields[0].name, "x-max-length");
	ck_assert_int_eq(tables.fields[0].kind, TD_AMQP_INT);
	ck_assert_int_eq(tables.fields[0].number, 10);
	ck_assert_str_eq(tables.fields[1].text, "quorum");
	ck_assert_uint_eq(tables.fields[1].text_len, 6);
	ck_assert_int_eq(tables.fields[2].number, -5);
	ck_assert_int_eq(tables.fields[3].kind, TD_AMQP_BOOL);
	ck_assert_int_eq(tables.fields[3].number, 1);
	ck_assert_int_eq(tables.fields[4].kind, TD_AMQP_NULL);
	ck_assert_int_eq(tables.fields[5].kind, TD_AMQP_DOUBLE);
	ck_assert(tables.fields[5].real > 1.4 && tables.fields[5].real < 1.6);
	ck_assert_str_eq(tables.fields[6].name, "\xc3\xa9");
	ck_assert_str_eq(tables.fields[6].text, "A");
	td_tables_release(&tables);
	td_tables_release(&tables);
}
END_TEST

static const char *const nothing[] = { "", "{}", " { } " };

START_TEST(nothing_is_nothing)
{
	struct td_tables tables;

	ck_assert_int_eq(td_tables_parse(&tables, nothing[_i], NULL), 0);
	ck_assert_uint_eq(tables.n, 0);
	td_tables_release(&tables);
}
END_TEST

static const char *const bad[] = {
	"[]", "5", "{", "{\"a\":{}}", "{\"a\":[1]}", "{\"a\":1e999}",
	"{\"a\":\"\\ud800\"}",
};

START_TEST(anything_else_is_refused)
{
	struct td_tables tables;
	struct td_err err = {0};

	ck_assert_int_eq(td_tables_parse(&tables, bad[_i], &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "declare_arguments"));
	ck_assert_uint_eq(tables.n, 0);
	ck_assert_ptr_null(tables.fields);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ an_object_becomes_fields, 0 },
		{ nothing_is_nothing, N_OF(nothing) },
		{ anything_else_is_refused, N_OF(bad) },
	};

	return td_harness_run("tables", tests, N_OF(tests));
}
