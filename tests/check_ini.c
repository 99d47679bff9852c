#include "config.h"

#include "harness.h"
#include "lib/ini.h"

#include <stdlib.h>
#include <string.h>

#include "lib/taskdir.h"

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* "section/name=value@line:column:value_column " of each entry. */
static void
dump(struct td_buf *out, const struct td_ini *ini)
{
	td_buf_clear(out);
	for (size_t i = 0; i < ini->n; i++) {
		const struct td_ini_entry *e = &ini->entries[i];

		td_buf_add_format(out, "%s/%s=%s@%u:%u:%u ", e->section,
		    e->name, e->value, e->line, e->column, e->value_column);
	}
}

static const struct {
	const char *text, *want;
} good[] = {
	{ "", "" },
	{ "\n\r\n  \n# x = 1\n; [y]\n", "" },
	{ "a=1", "/a=1@1:1:3 " },
	{ "a = 1\r", "/a=1@1:1:5 " },
	{ "a = b ; c # d\n", "/a=b ; c # d@1:1:5 " },
	{ "a  b\t=\t c \t\n", "/a  b=c@1:1:9 " },
	{ "a == b\n", "/a== b@1:1:4 " },
	{ "a =\n", "/a=@1:1:4 " },
	{ "a = 1\r\nb = 2\r\n", "/a=1@1:1:5 /b=2@2:1:5 " },
	{ "[s]\na = 1\n[ t u ]  \nb = 2\n[s]\na = 3\n",
	    "s/a=1@2:1:5 t u/b=2@4:1:5 s/a=3@6:1:5 " },
	{ "[a]b]\nx = 1\n", "a]b/x=1@2:1:5 " },
	{ "[[]]\nx = 1\n", "[]/x=1@2:1:5 " },
	{ "a = 1\n  2 \n\t3\nb = 4\n", "/a=1\n2\n3@1:1:5 /b=4@4:1:5 " },
	{ "a =\n  1\n  2\n", "/a=1\n2@1:1:4 " },
	{ "a =\n  [x]\n  # y\n", "/a=[x]\n# y@1:1:4 " },
	{ "a = 1\n# between\n  2\n", "/a=1\n2@1:1:5 " },
	{ "[s]\na = 1\n\nb = 2\n", "s/a=1@2:1:5 s/b=2@4:1:5 " },
	{ "a = \xff\r\r\n", "/a=\xff\r@1:1:5 " },
};

START_TEST(text_is_read)
{
	struct td_ini ini;
	struct td_buf got = { 0 };
	struct td_err err = { 0 };

	ck_assert_int_eq(td_ini_parse(&ini, "f", good[_i].text,
	    strlen(good[_i].text), &err), 0);
	dump(&got, &ini);
	ck_assert_str_eq(td_buf_text(&got), good[_i].want);
	td_buf_release(&got);
	td_ini_release(&ini);
	td_ini_release(&ini);
}
END_TEST

static const struct {
	const char *text;
	size_t len;
	const char *where;
} bad[] = {
#define CASE(text, where)	{ text, sizeof(text) - 1, where }
	CASE("a", "f:1:1: "),
	CASE("a = 1\nb\n", "f:2:1: "),
	CASE("= 1\n", "f:1:1: "),
	CASE("a = 1\n\n  b = 2\n", "f:3:3: "),
	CASE("  a = 1\n", "f:1:3: "),
	CASE("[s]\n a = 1\n", "f:2:2: "),
	CASE("[s\n", "f:1:3: "),
	CASE("[]\n", "f:1:1: "),
	CASE("[  ]\n", "f:1:1: "),
	CASE("[s] x\n", "f:1:5: "),
	CASE("[s] # x\n", "f:1:5: "),
	CASE("\xef\xbb\xbf" "a = 1\n", "f:1:1: "),
	CASE("a = 1\nb = \0\n", "f:2:5: "),
	CASE("# \0\n", "f:1:3: "),
	CASE("a = 1\rb\r\rc\n=\n", "f:2:1: "),
#undef CASE
};

START_TEST(bad_text_is_refused_with_its_place)
{
	struct td_ini ini;
	struct td_err err = { 0 };

	ck_assert_int_eq(td_ini_parse(&ini, "f", bad[_i].text, bad[_i].len,
	    &err), TASKDIR_EFORMAT);
	ck_assert_msg(strncmp(err.text, bad[_i].where,
	    strlen(bad[_i].where)) == 0, "%s", err.text);
	ck_assert_ptr_null(ini.entries);
	ck_assert_ptr_null(ini.sections);
}
END_TEST

START_TEST(long_names_and_values_are_whole)
{
	size_t len = 300000;
	char *word = malloc(len + 1);
	struct td_buf text = { 0 };
	struct td_ini ini;

	ck_assert_ptr_nonnull(word);
	memset(word, 'w', len);
	word[len] = '\0';
	td_buf_add_format(&text, "[%s]\n%s = %s ; %s\n", word, word, word,
	    word);
	ck_assert_int_eq(td_ini_parse(&ini, "f", text.data, text.len, NULL),
	    0);
	ck_assert_uint_eq(strlen(ini.entries[0].section), len);
	ck_assert_uint_eq(strlen(ini.entries[0].name), len);
	ck_assert_uint_eq(strlen(ini.entries[0].value), 2 * len + 3);
	td_ini_release(&ini);
	td_buf_release(&text);
	free(word);
}
END_TEST

START_TEST(too_long_a_file_is_refused)
{
	char *text = malloc(TD_INI_SIZE_MAX + 1);
	struct td_err err = { 0 };
	struct td_ini ini;

	ck_assert_ptr_nonnull(text);
	memset(text, '#', TD_INI_SIZE_MAX + 1);
	ck_assert_int_eq(td_ini_parse(&ini, "f", text, TD_INI_SIZE_MAX, &err),
	    0);
	ck_assert_int_eq(td_ini_parse(&ini, "f", text, TD_INI_SIZE_MAX + 1,
	    &err), TASKDIR_EFORMAT);
	ck_assert_str_eq(err.text, "f: more than 4 MiB");
	free(text);
}
END_TEST

START_TEST(last_entry_is_found)
{
	static const char text[] =
	    "a = 0\n[s]\na = 1\n[t]\na = 2\n[s]\na = 3\n";
	struct td_ini ini;

	ck_assert_int_eq(td_ini_parse(&ini, "f", text, sizeof(text) - 1,
	    NULL), 0);
	ck_assert_str_eq(td_ini_find(&ini, "s", "a")->value, "3");
	ck_assert_str_eq(td_ini_find(&ini, "t", "a")->value, "2");
	ck_assert_str_eq(td_ini_find(&ini, "", "a")->value, "0");
	ck_assert_ptr_null(td_ini_find(&ini, "s", "b"));
	ck_assert_ptr_null(td_ini_find(&ini, "u", "a"));
	ck_assert_uint_eq(ini.n_sections, 3);
	ck_assert_uint_eq(ini.sections[2].line, 6);
	td_ini_release(&ini);
}
END_TEST

static const struct {
	const char *text, *section, *name, *value, *want;
} edits[] = {
	/* Set what is there. */
	{ "[s]\na = 1\n", "s", "a", "2", "[s]\na = 2\n" },
	{ "[s]\na=1  \r\n#x\r\n", "s", "a", "22", "[s]\na=22  \r\n#x\r\n" },
	{ "[s]\na =\n", "s", "a", "2", "[s]\na = 2\n" },
	{ "[s]\na =\n   1\n# c\n   2\nb = 3", "s", "a", "9",
	    "[s]\na = 9\n# c\nb = 3" },
	{ "a = 1\n[s]\na = 1\n[s]\na = 1\n[t]\na = 1\n", "s", "a", "2",
	    "a = 1\n[s]\na = 1\n[s]\na = 2\n[t]\na = 1\n" },
	{ "[s]\na = 1", "s", "a", "2\n3", "[s]\na = 2\n    3" },
	{ "[s]\n  # c\n", "s", "a", "1", NULL },
	/* Set what is new. */
	{ "", "s", "a", "1", "[s]\na = 1\n" },
	{ "", "", "a", "1", "a = 1\n" },
	{ "x = 1", "s", "a", "1", "x = 1\n\n[s]\na = 1\n" },
	{ "# head\n\n[s]\n# c\n\n[t]\n", "s", "a", "1",
	    "# head\n\n[s]\na = 1\n# c\n\n[t]\n" },
	{ "[s]\nb = 2\n  3\n# c\n\n[t]\nd = 4\n", "s", "a", "1",
	    "[s]\nb = 2\n  3\na = 1\n# c\n\n[t]\nd = 4\n" },
	{ "[s]\r\nb = 2\r\n", "s", "a", "1\n2",
	    "[s]\r\nb = 2\r\na = 1\r\n    2\r\n" },
	{ "[s]\r\nb = 2", "s", "a", "1", "[s]\r\nb = 2\r\na = 1\r\n" },
	{ "[s]\nb = 2\r", "s", "a", "1", "[s]\nb = 2\r\na = 1\n" },
	{ "# head\n[s]\n", "", "a", "1", "a = 1\n# head\n[s]\n" },
	{ "x = 0\n[s]\n", "", "a", "1", "x = 0\na = 1\n[s]\n" },
	{ "", "class a]b", "x", "", "[class a]b]\nx = \n" },
	/* Take out. */
	{ "[s]\na = 1\nb = 2\na = 3\n", "s", "a", NULL, "[s]\nb = 2\n" },
	{ "[s]\n# c\na =\n  1\n# d\n  2\n\nb = 2", "s", "a", NULL,
	    "[s]\n# c\n# d\n\nb = 2" },
	{ "[s]\na = 1\n", "t", "a", NULL, "[s]\na = 1\n" },
	{ "a = 1\n[s]\na = 1", "s", "a", NULL, "a = 1\n[s]\n" },
};

START_TEST(edit_changes_that_and_nothing_else)
{
	struct td_buf out = { 0 };
	struct td_err err = { 0 };
	int rc;

	td_buf_add_text(&out, "kept");
	rc = td_ini_edit(&out, edits[_i].text, strlen(edits[_i].text),
	    edits[_i].section, edits[_i].name, edits[_i].value, &err);
	if (edits[_i].want == NULL) {
		ck_assert_int_eq(rc, TASKDIR_EFORMAT);
		ck_assert_str_eq(err.text, "line 2, column 3: an indented "
		    "line, but no value that it continues");
	} else {
		ck_assert_int_eq(rc, 0);
		ck_assert_str_eq(td_buf_text(&out) + 4, edits[_i].want);
	}
	td_buf_release(&out);
}
END_TEST

static const struct {
	const char *section, *name, *value;
} unwritable[] = {
	{ "s", "", "1" }, { "s", " a", "1" }, { "s", "a ", "1" },
	{ "s", "a=b", "1" }, { "s", "[a", "1" }, { "s", "#a", "1" },
	{ "s", ";a", "1" }, { "s", "a\nb", "1" },
	{ "s", "\xef\xbb\xbf" "a", "1" },
	{ " ", "a", "1" }, { " s", "a", "1" }, { "s\n", "a", "1" },
	{ "s", "a", " 1" }, { "s", "a", "1\t" }, { "s", "a", "1\n\n2" },
	{ "s", "a", "\n1" }, { "s", "a", "1\n" }, { "s", "a", "1\n 2" },
	{ "s", "a", "1\r" }, { "s", "a", "1\r\n2" },
};

START_TEST(what_would_read_back_otherwise_is_refused)
{
	struct td_buf out = { 0 };
	struct td_err err = { 0 };

	ck_assert_int_eq(td_ini_edit(&out, "", 0, unwritable[_i].section,
	    unwritable[_i].name, unwritable[_i].value, &err),
	    TASKDIR_EFORMAT);
	ck_assert_str_ne(err.text, "");
	td_buf_release(&out);
}
END_TEST

START_TEST(edit_does_not_grow_past_the_limit)
{
	char *text = malloc(TD_INI_SIZE_MAX);
	struct td_buf out = { 0 };

	ck_assert_ptr_nonnull(text);
	memset(text, '#', TD_INI_SIZE_MAX);
	ck_assert_int_eq(td_ini_edit(&out, text, TD_INI_SIZE_MAX - 10, "", "a",
	    "1", NULL), 0);
	td_buf_clear(&out);
	ck_assert_int_eq(td_ini_edit(&out, text, TD_INI_SIZE_MAX, "", "a",
	    "1", NULL), TASKDIR_EFORMAT);
	td_buf_release(&out);
	free(text);
}
END_TEST

static const struct {
	const char *text, *want;
} removals[] = {
	{ "", "" },
	{ "a = 1\n# c\n[s]\n# d\nb = 2\n  3\n\n# e\n[t]\nc = 3\n",
	    "a = 1\n# c\n\n# e\n[t]\nc = 3\n" },
	{ "[s]\n# only\n[t]\n", "# only\n[t]\n" },
	{ "[s]\nb = 1\n[t]\nb = 2\n[s]\nb = 3", "[t]\nb = 2\n" },
	{ "[s]\nb = 1\n[s]\n[t]\n", "[t]\n" },
	{ "[ss]\nb = 1\n", "[ss]\nb = 1\n" },
};

START_TEST(section_goes_with_its_entries)
{
	struct td_buf out = { 0 };

	ck_assert_int_eq(td_ini_remove_section(&out, removals[_i].text,
	    strlen(removals[_i].text), "s", NULL), 0);
	ck_assert_str_eq(td_buf_text(&out), removals[_i].want);
	td_buf_release(&out);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ text_is_read, N_OF(good) },
		{ bad_text_is_refused_with_its_place, N_OF(bad) },
		{ long_names_and_values_are_whole, 0 },
		{ too_long_a_file_is_refused, 0 },
		{ last_entry_is_found, 0 },
		{ edit_changes_that_and_nothing_else, N_OF(edits) },
		{ what_would_read_back_otherwise_is_refused,
		    N_OF(unwritable) },
		{ edit_does_not_grow_past_the_limit, 0 },
		{ section_goes_with_its_entries, N_OF(removals) },
	};

	return td_harness_run("ini", tests, N_OF(tests));
}
