#include "config.h"

#include "harness.h"
#include "lib/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define N_OF(a)	((int)(sizeof(a) / sizeof((a)[0])))

static struct td_json_span
checked(const char *text)
{
	struct td_json_span value;
	struct td_err err = { 0 };

	ck_assert_msg(td_json_check(&value, text, strlen(text), &err) == 0,
	    "%s: %s", text, err.text);
	return value;
}

static void
ck_span(struct td_json_span span, const char *text)
{
	ck_assert_ptr_nonnull(span.text);
	ck_assert_uint_eq(span.len, strlen(text));
	ck_assert_mem_eq(span.text, text, span.len);
}

START_TEST(next_walks_an_object)
{
	struct td_json_span name, value, at = checked(
	    " { \"a\" : 1 ,\n\"b\":{\"}\":[\"\\\\\"]},\"c\\\"\":[ ] , \"\":"
	    "\"\\\",\" } ");

	ck_assert(td_json_next(&at, &name, &value));
	ck_span(name, "\"a\"");
	ck_span(value, "1");
	ck_assert(td_json_next(&at, &name, &value));
	ck_span(name, "\"b\"");
	ck_span(value, "{\"}\":[\"\\\\\"]}");
	ck_assert(td_json_next(&at, &name, &value));
	ck_span(name, "\"c\\\"\"");
	ck_span(value, "[ ]");
	ck_assert(td_json_next(&at, &name, &value));
	ck_span(name, "\"\"");
	ck_span(value, "\"\\\",\"");
	ck_assert(!td_json_next(&at, &name, &value));
	ck_assert(!td_json_next(&at, &name, &value));
}
END_TEST

START_TEST(next_walks_an_array)
{
	struct td_json_span name = { 0 }, value;
	struct td_json_span at = checked("[1, [2,{}],\"]\" , null,{}]");

	ck_assert(td_json_next(&at, &name, &value));
	ck_span(value, "1");
	ck_assert(td_json_next(&at, &name, &value));
	ck_span(value, "[2,{}]");
	ck_assert(td_json_next(&at, &name, &value));
	ck_span(value, "\"]\"");
	ck_assert(td_json_next(&at, &name, &value));
	ck_span(value, "null");
	ck_assert(td_json_next(&at, &name, &value));
	ck_span(value, "{}");
	ck_assert(!td_json_next(&at, &name, &value));
	ck_assert(!td_json_next(&at, &name, &value));
	ck_assert_ptr_null(name.text);
}
END_TEST

START_TEST(next_finds_nothing_in_scalars_and_empty_ones)
{
	static const char *const none[] = {
		"1", "\"{\\\"a\\\":1}\"", "null", "{}", "[]", "{ }", "[\n]",
	};
	struct td_json_span name, value, nothing = { 0 };

	for (int i = 0; i < N_OF(none); i++) {
		struct td_json_span at = checked(none[i]);

		ck_assert(!td_json_next(&at, &name, &value));
		ck_assert(!td_json_next(&at, &name, &value));
	}
	ck_assert(!td_json_next(&nothing, &name, &value));
}
END_TEST

START_TEST(member_is_found_decoded)
{
	struct td_json_span o = checked("{\"a\":1,\"\\u0062\":2,\"b\":3}");

	ck_span(td_json_member(o, "a"), "1");
	ck_span(td_json_member(o, "b"), "2");
	ck_assert_ptr_null(td_json_member(o, "c").text);
	ck_assert_ptr_null(td_json_member(checked("[1]"), "a").text);
}
END_TEST

START_TEST(type_of_each)
{
	static const char *const texts[] = {
		"null", "false", "true", "-1", "\"\"", "[]", "{}",
	};

	for (int i = 0; i < N_OF(texts); i++)
		ck_assert_int_eq((int)td_json_type(checked(texts[i])), i);
	ck_assert_int_eq((int)td_json_type(checked("7")), TD_JSON_NUMBER);
}
END_TEST

static const struct {
	const char *json, *text;
} strings[] = {
	{ "\"\"", "" },
	{ "\"plain\"", "plain" },
	{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
	{ "\"mod_x\\\\task\"", "mod_x\\task" },
	{ "\"\\u0041\\u00e4\\u20AC\"", "A\xc3\xa4\xe2\x82\xac" },
	{ "\"x\\uD83D\\uDE00y\"", "x\xf0\x9f\x98\x80y" },
	{ "\"\\ud800\\udc00\\uDBFF\\uDFFF\"",
	    "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf" },
	{ "\"\\\\u0041\"", "\\u0041" },
	{ "\"\xc3\xa4\"", "\xc3\xa4" },
};

START_TEST(decode_and_equals_agree)
{
	struct td_json_span s = checked(strings[_i].json);
	struct td_buf out = { 0 };
	bool nul = true;

	td_buf_add_text(&out, "before ");
	ck_assert_int_eq(td_json_decode(&out, s, &nul), 0);
	ck_assert_str_eq(out.data + 7, strings[_i].text);
	ck_assert(!nul);
	ck_assert(td_json_equals(s, strings[_i].text));
	td_buf_add_char(&out, 'x');
	ck_assert(!td_json_equals(s, out.data + 7));
	td_buf_release(&out);
}
END_TEST

START_TEST(decode_refuses_and_leaves_alone)
{
	static const char *const lone[] = {
		"\"abc\\ud800\"", "\"\\udc00\"", "\"\\ud800x\"",
		"\"\\ud800\\n\"", "\"\\ud800\\u0041\"", "\"\\ud800\\ud800\"",
		"\"\\udc00\\ud800\"", "\"\\udc00\\udc00\"", "1", "{}", "null",
	};

	for (int i = 0; i < N_OF(lone); i++) {
		struct td_buf out = { 0 };
		bool nul = true;

		td_buf_add_text(&out, "before");
		ck_assert_int_eq(td_json_decode(&out, checked(lone[i]), &nul),
		    -EINVAL);
		ck_assert_str_eq(out.data, "before");
		ck_assert(nul);
		ck_assert(!td_json_equals(checked(lone[i]), "abc"));
		td_buf_release(&out);
	}
}
END_TEST

START_TEST(decode_tells_of_nul)
{
	struct td_json_span s = checked("\"a\\u0000b\"");
	struct td_buf out = { 0 };
	bool nul = false;

	ck_assert_int_eq(td_json_decode(&out, s, &nul), 0);
	ck_assert(nul);
	ck_assert_uint_eq(out.len, 3);
	ck_assert(!td_json_equals(s, "a"));
	td_buf_release(&out);
}
END_TEST

START_TEST(offset_counts_decoded_bytes)
{
	struct td_json_span s = checked("\"a\\\\b\\u00e4c\"");

	ck_assert_uint_eq(td_json_offset(s, 0), 1);
	ck_assert_uint_eq(td_json_offset(s, 1), 2);
	ck_assert_uint_eq(td_json_offset(s, 2), 4);
	ck_assert_uint_eq(td_json_offset(s, 3), 5);
	ck_assert_uint_eq(td_json_offset(s, 4), 5);
	ck_assert_uint_eq(td_json_offset(s, 5), 11);
	ck_assert_uint_eq(td_json_offset(s, 6), 12);
	ck_assert_uint_eq(td_json_offset(s, 99), 12);
}
END_TEST

START_TEST(uint_takes_whole_numbers_only)
{
	static const char *const other[] = {
		"-1", "-0", "1.0", "1e3", "\"1\"", "null", "[]", "99e99",
	};
	uint64_t n = 7;

	for (int i = 0; i < N_OF(other); i++)
		ck_assert_int_eq(td_json_uint(&n, checked(other[i]), 50),
		    -EINVAL);
	ck_assert_int_eq(td_json_uint(&n, checked("51"), 50), -ERANGE);
	ck_assert_uint_eq(n, 7);
	ck_assert_int_eq(td_json_uint(&n, checked("50"), 50), 0);
	ck_assert_uint_eq(n, 50);
	ck_assert_int_eq(td_json_uint(&n, checked("0"), 50), 0);
	ck_assert_uint_eq(n, 0);
}
END_TEST

static const struct {
	const char *text, *canonical;
} canonicals[] = {
	{ "1.0", "1.0" }, { "1", "1" }, { "\"\\u0041\"", "\"\\u0041\"" },
	{ " [ 1 , 2 ] ", "[1,2]" }, { "{ }", "{}" }, { "[\n]", "[]" },
	{ "{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}" },
	{ "{\"a\":2,\"b\":1}", "{\"a\":2,\"b\":1}" },
	{ "{\"a!\":1,\"a\":2}", "{\"a\":2,\"a!\":1}" },
	{ "{\"b\":1,\"a\":1,\"b\":0,\"a\":0}",
	    "{\"a\":1,\"a\":0,\"b\":1,\"b\":0}" },
	{ "{\"z\":{\"y\":[{\"d\":1,\"c\":\" \"}],\"x\":3},\"\":null}",
	    "{\"\":null,\"z\":{\"x\":3,\"y\":[{\"c\":\" \",\"d\":1}]}}" },
	/* As written: an escape sorts as a backslash, not as what it means. */
	{ "{\"b\":1,\"\\u0061\":2,\"Z\":3}",
	    "{\"Z\":3,\"\\u0061\":2,\"b\":1}" },
	{ "{\"\xc3\xa4\":1,\"z\":2}", "{\"z\":2,\"\xc3\xa4\":1}" },
	{ "[{\"b\":[{\"b\":1,\"a\":2}],\"a\":{\"b\":1,\"a\":2}},{}]",
	    "[{\"a\":{\"a\":2,\"b\":1},\"b\":[{\"a\":2,\"b\":1}]},{}]" },
};

START_TEST(canonical_form)
{
	struct td_buf out = { 0 };

	td_buf_add_text(&out, "before");
	ck_assert_int_eq(td_json_canonical(&out, checked(canonicals[_i].text)),
	    0);
	ck_assert_str_eq(out.data + 6, canonicals[_i].canonical);
	ck_assert_uint_eq(out.len, 6 + strlen(canonicals[_i].canonical));
	td_buf_release(&out);
}
END_TEST

START_TEST(canonical_sorts_many)
{
	struct td_buf text = { 0 }, out = { 0 };
	struct td_json_span name, value, at;
	unsigned n = 0;

	for (unsigned i = 0; i < 1000; i++)
		td_buf_add_format(&text, "%s\"%03u\":%u", i ? ", " : "{",
		    i * 7 % 1000, i);
	td_buf_add_char(&text, '}');
	ck_assert_int_eq(td_json_canonical(&out, checked(text.data)), 0);
	at = checked(out.data);
	while (td_json_next(&at, &name, &value)) {
		char want[8];

		(void)snprintf(want, sizeof(want), "%03u", n++);
		ck_assert(td_json_equals(name, want));
	}
	ck_assert_uint_eq(n, 1000);
	td_buf_release(&text);
	td_buf_release(&out);
}
END_TEST

/* RFC 6901, section 5. */
static const struct {
	const char *pointer, *value;
} pointers[] = {
	{ "/foo", "[\"bar\", \"baz\"]" }, { "/foo/0", "\"bar\"" },
	{ "/foo/1", "\"baz\"" }, { "/", "0" }, { "/a~1b", "1" },
	{ "/c%d", "2" }, { "/e^f", "3" }, { "/g|h", "4" }, { "/i\\j", "5" },
	{ "/k\"l", "6" }, { "/ ", "7" }, { "/m~0n", "8" },
};

static const char rfc[] = "{\"foo\": [\"bar\", \"baz\"], \"\": 0,"
    "\"a/b\": 1, \"c%d\": 2, \"e^f\": 3, \"g|h\": 4, \"i\\\\j\": 5,"
    "\"k\\\"l\": 6, \" \": 7, \"m~n\": 8}";

START_TEST(pointer_finds)
{
	struct td_json_span out;

	ck_assert_int_eq(td_json_pointer(&out, checked(rfc),
	    pointers[_i].pointer), 0);
	ck_span(out, pointers[_i].value);
}
END_TEST

START_TEST(pointer_refuses_and_leaves_alone)
{
	static const struct {
		const char *pointer;
		int code;
	} wrong[] = {
		{ "/bar", -ENOENT }, { "/foo/2", -ENOENT },
		{ "/foo/-", -ENOENT }, { "/foo/00", -ENOENT },
		{ "/foo/01", -ENOENT }, { "/foo/+0", -ENOENT },
		{ "/foo/", -ENOENT }, { "/foo/0/x", -ENOENT },
		{ "/foo/99999999999999999999", -ENOENT },
		{ "foo", -EINVAL }, { "/a~", -EINVAL }, { "/a~2b", -EINVAL },
		{ "#/foo", -EINVAL }, { "/none/~", -EINVAL },
	};
	struct td_json_span out = { .len = 7 };

	for (int i = 0; i < N_OF(wrong); i++)
		ck_assert_int_eq(td_json_pointer(&out, checked(rfc),
		    wrong[i].pointer), wrong[i].code);
	ck_assert_uint_eq(out.len, 7);
	ck_assert_int_eq(td_json_pointer(&out, checked("[1]"), ""), 0);
	ck_span(out, "[1]");
}
END_TEST

START_TEST(line_has_no_line_ends)
{
	struct td_buf out = { 0 };

	td_json_add_line(&out, checked("{\r\n\"a\\n\":\n[1,\t2]}"));
	ck_assert_str_eq(out.data, "{  \"a\\n\": [1,\t2]}");
	td_buf_release(&out);
}
END_TEST

START_TEST(quote_is_always_json)
{
	static const char text[] = "a\"\\\b\f\n\r\t\x01\x7f"
	    "\xc3\xa4\xff\xc3.\0z";
	struct td_buf out = { 0 };

	td_json_quote(&out, text, sizeof(text) - 1);
	ck_assert_str_eq(out.data, "\"a\\\"\\\\\\b\\f\\n\\r\\t\\u0001\x7f"
	    "\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd.\\u0000z\"");
	ck_assert_int_eq(td_json_check(NULL, out.data, out.len, NULL), 0);
	td_buf_clear(&out);
	td_json_quote_text(&out, "");
	ck_assert_str_eq(out.data, "\"\"");
	td_buf_release(&out);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ next_walks_an_object, 0 },
		{ next_walks_an_array, 0 },
		{ next_finds_nothing_in_scalars_and_empty_ones, 0 },
		{ member_is_found_decoded, 0 },
		{ type_of_each, 0 },
		{ decode_and_equals_agree, N_OF(strings) },
		{ decode_refuses_and_leaves_alone, 0 },
		{ decode_tells_of_nul, 0 },
		{ offset_counts_decoded_bytes, 0 },
		{ uint_takes_whole_numbers_only, 0 },
		{ canonical_form, N_OF(canonicals) },
		{ canonical_sorts_many, 0 },
		{ pointer_finds, N_OF(pointers) },
		{ pointer_refuses_and_leaves_alone, 0 },
		{ line_has_no_line_ends, 0 },
		{ quote_is_always_json, 0 },
	};

	return td_harness_run("json_walk", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
