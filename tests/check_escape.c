#include "config.h"

#include "cli/escape.h"
#include "harness.h"

#include <string.h>

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

static const struct {
	const char *text, *shown, *json;
} texts[] = {
	{ "", "", "\"\"" },
	{ "plain text", "plain text", "\"plain text\"" },
	{ "mod_x\\task", "mod_x\\task", "\"mod_x\\\\task\"" },
	{ "say \"hi\"", "say \"hi\"", "\"say \\\"hi\\\"\"" },
	{ "a\nb", "a\\x0ab", "\"a\\u000ab\"" },
	{ "\033[31m", "\\x1b[31m", "\"\\u001b[31m\"" },
	{ "\177", "\\x7f", "\"\177\"" },
	{ "caf\303\251 \346\227\245", "caf\303\251 \346\227\245",
	  "\"caf\303\251 \346\227\245\"" },
	{ "\303", "\\xc3", "\"\357\277\275\"" },
	{ "\377x\200", "\\xffx\\x80", "\"\357\277\275x\357\277\275\"" },
	/* Overlong, surrogate, past the end of Unicode. */
	{ "\300\257", "\\xc0\\xaf", "\"\357\277\275\357\277\275\"" },
	{ "\355\240\200", "\\xed\\xa0\\x80",
	  "\"\357\277\275\357\277\275\357\277\275\"" },
	{ "\364\220\200\200", "\\xf4\\x90\\x80\\x80",
	  "\"\357\277\275\357\277\275\357\277\275\357\277\275\"" },
	/* A C1 control and a right-to-left override: UTF-8, but unsafe. */
	{ "\302\233", "\\xc2\\x9b", "\"\302\233\"" },
	{ "\342\200\256", "\\xe2\\x80\\xae", "\"\342\200\256\"" },
};

START_TEST(texts_come_out_safe)
{
	struct td_buf buf = {0};

	td_escape(&buf, texts[_i].text, strlen(texts[_i].text));
	ck_assert_str_eq(td_buf_text(&buf), texts[_i].shown);
	td_buf_clear(&buf);
	td_escape_json(&buf, texts[_i].text, strlen(texts[_i].text));
	ck_assert_str_eq(td_buf_text(&buf), texts[_i].json);
	td_buf_release(&buf);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ texts_come_out_safe, N_OF(texts) },
	};

	return td_harness_run("escape", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
