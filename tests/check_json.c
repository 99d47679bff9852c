#include "config.h"

#include "harness.h"
#include "lib/json.h"
#include "lib/taskdir.h"

#include <stdlib.h>
#include <string.h>

#define N_OF(a)	((int)(sizeof(a) / sizeof((a)[0])))

static const char *const good[] = {
	"{}", "[]", "null", "true", "false", "0", "-0", "-1", "10", "1.5",
	"0.0", "1e5", "1E+05", "1.25e-7", "\"\"", "\"a\"", " 1 ", "\t[\r\n]\n",
	"{\"a\":1}", "{ \"a\" : [ 1 , {} , [ ] , \"x\" ] , \"b\" : null }",
	"{\"a\":1,\"a\":2}",
	"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\uD83D\\uDE00\\ud800\"",
	"\"\x7f\"", "\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\"",
	"\"\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"",
	"\"plain bytes, a good many of them, before \xc3\xa4 and \\n an end\"",
	"123456789012345678901234567890123456789012345678901234567890123456789",
	"1e999999",
};

/* Exactly as long as it says, so that the address sanitizer sees a read
 * behind the end. */
static int
check_exact(struct td_json_span *value, const char *text, size_t len,
    struct td_err *err)
{
	char *copy = malloc(len + 1);
	int rc;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy + 1, text, len);
	rc = td_json_check(value, copy + 1, len, err);
	free(copy);
	return rc;
}

START_TEST(check_accepts)
{
	struct td_err err = { 0 };

	ck_assert_msg(check_exact(NULL, good[_i], strlen(good[_i]), &err) == 0,
	    "%s: %s", good[_i], err.text);
}
END_TEST

START_TEST(check_refuses_every_cut)
{
	const char *text = good[_i];

	/* A number's beginning is a number, white space may go. */
	if (strchr("{[\"tfn", text[0]) == NULL)
		return;
	for (size_t len = 0; len < strlen(text); len++)
		ck_assert_msg(check_exact(NULL, text, len, NULL) ==
		    TASKDIR_EFORMAT, "%.*s", (int)len, text);
}
END_TEST

#define TEXT(s)	s, sizeof(s) - 1

static const struct {
	const char *text;
	size_t len;
	const char *error;
} bad[] = {
	{ TEXT(""), "no JSON, an empty text, at byte 0" },
	{ TEXT(" \n"), "no JSON, only white space, at byte 2" },
	{ TEXT("\xef\xbb\xbf{}"),
	    "a byte order mark (BOM), which JSON forbids, at byte 0" },
	{ TEXT("\xff\xfe{\0}\0"), "UTF-16 instead of UTF-8 at byte 0" },
	{ TEXT("{\"classname\":\"a\"}}"),
	    "the value has ended, unexpected \"}\" at byte 17" },
	{ TEXT("{} x"), "the value has ended, unexpected \"x\" at byte 3" },
	{ TEXT("{}\0"), "the value has ended, unexpected \"\\x00\" at byte 2" },
	{ TEXT("{\"a\":1,}"), "unexpected \"}\" at byte 7" },
	{ TEXT("{\"a\" 1}"), "unexpected \"1\" at byte 5" },
	{ TEXT("{\"a\":}"), "unexpected \"}\" at byte 5" },
	{ TEXT("{,}"), "unexpected \",\" at byte 1" },
	{ TEXT("{a:1}"), "unexpected \"a\" at byte 1" },
	{ TEXT("{'a':1}"), "unexpected \"'\" at byte 1" },
	{ TEXT("{1:1}"), "unexpected \"1\" at byte 1" },
	{ TEXT("{\"a\":1 \"b\":2}"), "unexpected \"\\\"\" at byte 7" },
	{ TEXT("{\"a\":1"), "unexpected end at byte 6" },
	{ TEXT("{\"a\":"), "unexpected end at byte 5" },
	{ TEXT("{\"a\""), "unexpected end at byte 4" },
	{ TEXT("{"), "unexpected end at byte 1" },
	{ TEXT("[1,]"), "unexpected \"]\" at byte 3" },
	{ TEXT("[1 2]"), "unexpected \"2\" at byte 3" },
	{ TEXT("[1}"), "unexpected \"}\" at byte 2" },
	{ TEXT("{\"a\":[1}"), "unexpected \"}\" at byte 7" },
	{ TEXT("[1"), "unexpected end at byte 2" },
	{ TEXT("]"), "unexpected \"]\" at byte 0" },
	{ TEXT("nul"), "unexpected end at byte 3" },
	{ TEXT("nulL"), "unexpected \"L\" at byte 3" },
	{ TEXT("True"), "unexpected \"T\" at byte 0" },
	{ TEXT("NaN"), "unexpected \"N\" at byte 0" },
	{ TEXT("-Infinity"), "unexpected \"I\" at byte 1" },
	{ TEXT("01"), "the value has ended, unexpected \"1\" at byte 1" },
	{ TEXT("-01"), "the value has ended, unexpected \"1\" at byte 2" },
	{ TEXT("-"), "unexpected end at byte 1" },
	{ TEXT("+1"), "unexpected \"+\" at byte 0" },
	{ TEXT(".5"), "unexpected \".\" at byte 0" },
	{ TEXT("1."), "unexpected end at byte 2" },
	{ TEXT("[1.]"), "unexpected \"]\" at byte 3" },
	{ TEXT("1e"), "unexpected end at byte 2" },
	{ TEXT("1e+"), "unexpected end at byte 3" },
	{ TEXT("0x10"), "the value has ended, unexpected \"x\" at byte 1" },
	{ TEXT("/* */1"), "unexpected \"/\" at byte 0" },
	{ TEXT("\x0b" "1"), "unexpected \"\\x0b\" at byte 0" },
	{ TEXT("\xc2\xa0" "1"), "unexpected \"\\xc2\" at byte 0" },
	{ TEXT("\\"), "unexpected \"\\\\\" at byte 0" },
	{ TEXT("[\"a"), "a string without end at byte 1" },
	{ TEXT("\"a\\"), "unexpected end at byte 3" },
	{ TEXT("\"a\\\""), "a string without end at byte 0" },
	{ TEXT("\"\\x41\""), "unknown escape \"x\" at byte 2" },
	{ TEXT("\"\\'\""), "unknown escape \"'\" at byte 2" },
	{ TEXT("\"\\U0041\""), "unknown escape \"U\" at byte 2" },
	{ TEXT("\"\\\0\""), "unknown escape \"\\x00\" at byte 2" },
	{ TEXT("\"\\u004\""), "no hex digit: \"\\\"\" at byte 6" },
	{ TEXT("\"\\u00g0\""), "no hex digit: \"g\" at byte 5" },
	{ TEXT("\"\\u00"), "unexpected end at byte 5" },
	{ TEXT("\"a\nb\""),
	    "control character in a string: \"\\x0a\" at byte 2" },
	{ TEXT("\"a\tb\""),
	    "control character in a string: \"\\x09\" at byte 2" },
	{ TEXT("\"a\0b\""),
	    "control character in a string: \"\\x00\" at byte 2" },
	{ TEXT("\"0123456789\x1f\""),
	    "control character in a string: \"\\x1f\" at byte 11" },
	{ TEXT("{\"a\x1f\":1}"),
	    "control character in a string: \"\\x1f\" at byte 3" },
	{ TEXT("\"\x80\""), "not UTF-8: \"\\x80\" at byte 1" },
	{ TEXT("\"\xc0\x80\""), "not UTF-8: \"\\xc0\" at byte 1" },
	{ TEXT("\"\xc1\xbf\""), "not UTF-8: \"\\xc1\" at byte 1" },
	{ TEXT("\"\xc3\""), "not UTF-8: \"\\xc3\" at byte 1" },
	{ TEXT("\"\xc3"), "not UTF-8: \"\\xc3\" at byte 1" },
	{ TEXT("\"\xe0\x9f\xbf\""), "not UTF-8: \"\\xe0\" at byte 1" },
	{ TEXT("\"\xed\xa0\x80\""), "not UTF-8: \"\\xed\" at byte 1" },
	{ TEXT("\"\xe2\x82\""), "not UTF-8: \"\\xe2\" at byte 1" },
	{ TEXT("\"\xf0\x8f\xbf\xbf\""), "not UTF-8: \"\\xf0\" at byte 1" },
	{ TEXT("\"\xf4\x90\x80\x80\""), "not UTF-8: \"\\xf4\" at byte 1" },
	{ TEXT("\"\xf5\x80\x80\x80\""), "not UTF-8: \"\\xf5\" at byte 1" },
	{ TEXT("\"\xf0\x9f\x98\""), "not UTF-8: \"\\xf0\" at byte 1" },
	{ TEXT("\"0123456789\xff\""), "not UTF-8: \"\\xff\" at byte 11" },
};

START_TEST(check_refuses_and_says_where)
{
	struct td_json_span value = { .len = 7 };
	struct td_err err = { 0 };

	ck_assert_int_eq(check_exact(&value, bad[_i].text, bad[_i].len, &err),
	    TASKDIR_EFORMAT);
	ck_assert_str_eq(err.text, bad[_i].error);
	ck_assert_int_eq(err.code, TASKDIR_EFORMAT);
	ck_assert_uint_eq(value.len, 7);
}
END_TEST

START_TEST(check_takes_128_levels_and_no_more)
{
	const char *const open[] = { "[", "{\"a\":" };
	const char *const close[] = { "]", "}" };

	for (int kind = 0; kind < 2; kind++)
		for (int depth = 127; depth <= 129; depth++) {
			struct td_buf text = { 0 };
			struct td_err err = { 0 };
			int rc;

			for (int i = 1; i < depth; i++)
				td_buf_add_text(&text, open[kind]);
			td_buf_add_text(&text, "[]");
			for (int i = 1; i < depth; i++)
				td_buf_add_text(&text, close[kind]);
			rc = td_json_check(NULL, text.data, text.len, &err);
			ck_assert_int_eq(rc, depth > 128 ? TASKDIR_EFORMAT : 0);
			if (rc != 0)
				ck_assert_ptr_nonnull(strstr(err.text,
				    "more than 128 levels at byte"));
			td_buf_release(&text);
		}
}
END_TEST

START_TEST(check_hands_out_the_value_alone)
{
	static const char text[] = " \n{ \"a\" : 1 }\t ";
	struct td_json_span value;

	ck_assert_int_eq(td_json_check(&value, text, strlen(text), NULL), 0);
	ck_assert_ptr_eq(value.text, text + 2);
	ck_assert_uint_eq(value.len, 11);
}
END_TEST

/* Every byte at every place of the eight that are looked at together. */
START_TEST(check_finds_a_bad_byte_at_any_place)
{
	for (size_t at = 1; at < 20; at++) {
		char text[22] = "\"01234567890123456789";

		text[21] = '"';
		ck_assert_int_eq(td_json_check(NULL, text, 22, NULL), 0);
		for (int byte = 0; byte < 256; byte++) {
			bool ok = byte >= 0x20 && byte < 0x80 && byte != '"' &&
			    byte != '\\';

			text[at] = (char)byte;
			ck_assert_int_eq(td_json_check(NULL, text, 22, NULL),
			    ok ? 0 : TASKDIR_EFORMAT);
		}
	}
}
END_TEST

/* The definition (RFC 3629) counts code points; the checker looks at bytes. */
START_TEST(check_knows_utf8_of_three_bytes)
{
	for (unsigned c = 0; c < 0x10000; c++) {
		char text[] = { '"', (char)(0xe0 | c >> 12),
			(char)(0x80 | (c >> 6 & 0x3f)),
			(char)(0x80 | (c & 0x3f)), '"' };
		bool ok = c >= 0x800 && (c < 0xd800 || c > 0xdfff);

		ck_assert_int_eq(td_json_check(NULL, text, sizeof(text), NULL),
		    ok ? 0 : TASKDIR_EFORMAT);
	}
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ check_accepts, N_OF(good) },
		{ check_refuses_every_cut, N_OF(good) },
		{ check_refuses_and_says_where, N_OF(bad) },
		{ check_takes_128_levels_and_no_more, 0 },
		{ check_hands_out_the_value_alone, 0 },
		{ check_finds_a_bad_byte_at_any_place, 0 },
		{ check_knows_utf8_of_three_bytes, 0 },
	};

	return td_harness_run("json", tests, sizeof(tests) / sizeof(tests[0]));
}
