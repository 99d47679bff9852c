#include "config.h"

#include "harness.h"
#include "lib/name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define N_OF(a)	((int)(sizeof(a) / sizeof((a)[0])))

#define KEY	",9f86d081884c7d65,"
#define ID	"0643f1c2a9b04-7c1e93ab"
#define TEN	"abcdefghij"
#define C128	TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "abcdefgh"
#define ID48	TEN TEN TEN TEN "abcdefgh"

static const char *const good[] = {
	"1795132800,mail.digest" KEY ID ",0.json",
	"1795132800,mail.digest" KEY ID ",0.ask",
	"0000000000,a,0000000000000000,a,0.json",
	"9999999999," C128 ",ffffffffffffffff," ID48 ",999999999.json",
	"1795132800,mod_x%5Ctask%5Cy" KEY "-," "12.json",
	"1795132800,_" KEY "A-Z,10.ask",
	"1795132800,a..b.-" KEY ID ",0.json",
};

START_TEST(parse_and_format_undo_each_other)
{
	char out[TD_NAME_SIZE];
	struct td_name n;

	ck_assert_int_eq(td_name_parse(&n, good[_i]), 0);
	ck_assert_int_eq(td_name_format(out, &n), 0);
	ck_assert_str_eq(out, good[_i]);
}
END_TEST

START_TEST(parse_takes_every_part)
{
	struct td_name n;

	ck_assert_int_eq(td_name_parse(&n,
	    "1795132800,mod_x%5Cy" KEY ID ",37.ask"), 0);
	ck_assert_uint_eq(n.due, 1795132800);
	ck_assert_uint_eq(n.key, UINT64_C(0x9f86d081884c7d65));
	ck_assert_uint_eq(n.tries, 37);
	ck_assert(n.ask);
	ck_assert_uint_eq(n.class_len, 9);
	ck_assert_mem_eq(n.class_enc, "mod_x%5Cy", 9);
	ck_assert_uint_eq(n.id_len, strlen(ID));
	ck_assert_mem_eq(n.id, ID, strlen(ID));
}
END_TEST

static const char *const bad[] = {
	"", ".", "..", ",", ",,,,", "1795132800", "1795132800,",
	"1795132800,a" KEY ID ",0",
	"1795132800,a" KEY ID ",0.jso",
	"1795132800,a" KEY ID ",0.json~",	/* an editor's copy */
	"1795132800,a" KEY ID ",0.JSON",
	"1795132800,a" KEY ID ",0.ask.json",
	"1795132800,a" KEY ID ",.json",
	"1795132800,a" KEY ID ",00.json",
	"1795132800,a" KEY ID ",01.json",
	"1795132800,a" KEY ID ",1000000000.json",
	"1795132800,a" KEY ID ",-1.json",
	"1795132800,a" KEY ID ", 1.json",
	"1795132800,a" KEY ID ",1,2.json",
	"1795132800,a" KEY ",0.json",
	"1795132800,a" KEY "a_b,0.json",
	"1795132800,a" KEY "a.b,0.json",
	"1795132800,a" KEY ID48 "x,0.json",
	"1795132800,a,9F86d081884c7d65," ID ",0.json",
	"1795132800,a,9f86d081884c7d6," ID ",0.json",
	"1795132800,a,9f86d081884c7d655," ID ",0.json",
	"1795132800,a,9f86d081884c7d6g," ID ",0.json",
	"179513280,a" KEY ID ",0.json",
	"17951328000,a" KEY ID ",0.json",
	"-795132800,a" KEY ID ",0.json",
	"+795132800,a" KEY ID ",0.json",
	" 795132800,a" KEY ID ",0.json",
	" 1795132800,a" KEY ID ",0.json",
	"1795132800," KEY ID ",0.json",
	"1795132800,." KEY ID ",0.json",
	"1795132800,.." KEY ID ",0.json",
	"1795132800,-a" KEY ID ",0.json",
	"1795132800,a%5C..%5Cb" KEY ID ",0.json",
	"1795132800,a%5C-b" KEY ID ",0.json",
	"1795132800,%5Ca" KEY ID ",0.json",
	"1795132800,a%5C" KEY ID ",0.json",
	"1795132800,a%5C%5Cb" KEY ID ",0.json",
	"1795132800,a%5cb" KEY ID ",0.json",
	"1795132800,a%2Fb" KEY ID ",0.json",
	"1795132800,a%" KEY ID ",0.json",
	"1795132800,a%5" KEY ID ",0.json",
	"1795132800,a%5",
	"1795132800,a%",
	"1795132800,a\\b" KEY ID ",0.json",
	"1795132800,a/b" KEY ID ",0.json",
	"1795132800,a b" KEY ID ",0.json",
	"1795132800,a\nb" KEY ID ",0.json",
	"1795132800,\xc3\xa4" KEY ID ",0.json",
	"1795132800," C128 "x" KEY ID ",0.json",
};

START_TEST(parse_refuses_and_leaves_alone)
{
	struct td_name n = { .due = 7 };

	ck_assert_int_eq(td_name_parse(&n, bad[_i]), -EINVAL);
	ck_assert_uint_eq(n.due, 7);
}
END_TEST

START_TEST(parse_reads_nothing_behind_a_cut_name)
{
	const char *whole = good[4];

	/* The address sanitizer sees a read behind the copy. */
	for (size_t len = 0; len < strlen(whole); len++) {
		char *cut = strndup(whole, len);
		struct td_name n;

		ck_assert_int_eq(td_name_parse(&n, cut), -EINVAL);
		free(cut);
	}
}
END_TEST

START_TEST(format_refuses_and_leaves_alone)
{
	struct td_name ok = { .class_enc = "a", .class_len = 1, .id = "b",
		.id_len = 1 };
	struct td_name n[6] = { ok, ok, ok, ok, ok, ok };
	char out[TD_NAME_SIZE] = "as it was";

	n[0].due = TD_NAME_DUE_MAX + 1;
	n[1].tries = TD_NAME_TRIES_MAX + 1;
	n[2].class_len = 0;
	n[3].class_enc = "/";
	n[4].id_len = 0;
	n[5].id = ",";
	for (int i = 0; i < N_OF(n); i++)
		ck_assert_int_eq(td_name_format(out, &n[i]), -ERANGE);
	ck_assert_str_eq(out, "as it was");
	ck_assert_int_eq(td_name_format(out, &ok), 0);
}
END_TEST

static const struct {
	const char *text, *encoded, *decoded;
} classes[] = {
	{ "mail.digest", "mail.digest", "mail.digest" },
	{ "mod_x\\task\\y", "mod_x%5Ctask%5Cy", "mod_x\\task\\y" },
	{ "\\mod_x\\y", "mod_x%5Cy", "mod_x\\y" },
	{ "mod_x:y/z", "mod_x%5Cy%5Cz", "mod_x\\y\\z" },
	{ "/a", "a", "a" },
	{ "a..b", "a..b", "a..b" },
	{ C128, C128, C128 },
	{ "\\" C128, C128, C128 },
};

START_TEST(class_encodes_and_decodes)
{
	char out[TD_NAME_CLASS_SIZE];
	size_t n, where = 7;

	ck_assert_int_eq(td_name_encode_class(out, classes[_i].text,
	    strlen(classes[_i].text)), 0);
	ck_assert_str_eq(out, classes[_i].encoded);
	n = strlen(out);
	ck_assert(td_name_class_is_valid(out, n));
	td_name_decode_class(out, classes[_i].encoded, n);
	ck_assert_str_eq(out, classes[_i].decoded);
	ck_assert_ptr_null(td_name_class_fault(&where, classes[_i].text,
	    strlen(classes[_i].text)));
	ck_assert_uint_eq(where, 7);
}
END_TEST

static const struct {
	const char *text, *fault;
	size_t where;
	int code;
} bad_classes[] = {
	{ "", "empty part", 0, -EINVAL },
	{ "\\", "empty part", 1, -EINVAL },
	{ "\\\\a", "empty part", 1, -EINVAL },
	{ "a\\", "empty part", 2, -EINVAL },
	{ "a\\:b", "empty part", 2, -EINVAL },
	{ "..", "a part that begins with \".\"", 0, -EINVAL },
	{ "a/../b", "a part that begins with \".\"", 2, -EINVAL },
	{ ".a", "a part that begins with \".\"", 0, -EINVAL },
	{ "a\\-b", "a part that begins with \"-\"", 2, -EINVAL },
	{ "a b", "a byte that is none of A-Z a-z 0-9 _ . -", 1, -EINVAL },
	{ "a%5Cb", "a byte that is none of A-Z a-z 0-9 _ . -", 1, -EINVAL },
	{ "a,b", "a byte that is none of A-Z a-z 0-9 _ . -", 1, -EINVAL },
	{ "a\nb", "a byte that is none of A-Z a-z 0-9 _ . -", 1, -EINVAL },
	{ "\xc3\xa4", "a byte that is none of A-Z a-z 0-9 _ . -", 0, -EINVAL },
	{ C128 "x", "longer than 128 bytes (a \"\\\" counts as three)", 0,
	    -ERANGE },
	{ TEN "\\" C128, "longer than 128 bytes (a \"\\\" counts as three)", 0,
	    -ERANGE },
};

START_TEST(class_refuses_and_says_where)
{
	char out[TD_NAME_CLASS_SIZE] = "as it was";
	const char *text = bad_classes[_i].text;
	size_t where = 99;

	ck_assert_int_eq(td_name_encode_class(out, text, strlen(text)),
	    bad_classes[_i].code);
	ck_assert_str_eq(out, "as it was");
	ck_assert_str_eq(td_name_class_fault(&where, text, strlen(text)),
	    bad_classes[_i].fault);
	ck_assert_uint_eq(where, bad_classes[_i].where);
}
END_TEST

START_TEST(valid_class_reads_no_further_than_its_length)
{
	ck_assert(td_name_class_is_valid("a%5Cb,", 5));
	ck_assert(!td_name_class_is_valid("a%5Cb", 4));
	ck_assert(!td_name_class_is_valid("a%5C", 3));
	ck_assert(!td_name_class_is_valid("a%5C", 2));
	ck_assert(!td_name_class_is_valid("a", 0));
	ck_assert(!td_name_class_is_valid("a\0b", 3));
	ck_assert(td_name_class_is_valid(C128, 128));
	ck_assert(!td_name_class_is_valid(C128 "x", 129));
}
END_TEST

START_TEST(made_ids_sort_by_time_and_differ)
{
	char a[TD_NAME_ID_SIZE], b[TD_NAME_ID_SIZE], c[TD_NAME_ID_SIZE];

	td_name_make_id(a, UINT64_C(0x0643f1c2a9b04));
	td_name_make_id(b, UINT64_C(0x0643f1c2a9b04));
	td_name_make_id(c, UINT64_C(0x0643f1c2a9b05));
	ck_assert_mem_eq(a, "0643f1c2a9b04-", 14);
	ck_assert_uint_eq(strlen(a), 22);
	ck_assert(td_name_id_is_valid(a, strlen(a)));
	ck_assert_int_lt(strcmp(a, c), 0);
	/* One in four thousand million. */
	ck_assert_str_ne(a, b);
}
END_TEST

START_TEST(id_takes_its_alphabet_only)
{
	ck_assert(td_name_id_is_valid("-", 1));
	ck_assert(td_name_id_is_valid(ID48, 48));
	ck_assert(!td_name_id_is_valid(ID48 "x", 49));
	ck_assert(!td_name_id_is_valid("", 0));
	ck_assert(!td_name_id_is_valid("a_b", 3));
	ck_assert(!td_name_id_is_valid("a\0b", 3));
	ck_assert(!td_name_id_is_valid("../x", 4));
}
END_TEST

START_TEST(temporary_names_are_ignored)
{
	static const char *const ignored[] = {
		".", "..", ".a.json.X3fz9q", "#a#", "a~", "~", "a.tmp", ".tmp",
		"a.json.part", "a.json.filepart", ".a.swp", "a.swp",
	};
	static const char *const taken[] = {
		"a", "a.json", "tmp", "atmp", "a.tmpx", "a.parts", "part",
		"a#", "a.TMP", "a~b", "-", "\n",
	};

	for (int i = 0; i < N_OF(ignored); i++)
		ck_assert_msg(td_name_is_ignored(ignored[i]), "%s",
		    ignored[i]);
	for (int i = 0; i < N_OF(taken); i++)
		ck_assert_msg(!td_name_is_ignored(taken[i]), "%s", taken[i]);
	for (int i = 0; i < N_OF(good); i++)
		ck_assert(!td_name_is_ignored(good[i]));
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ parse_and_format_undo_each_other, N_OF(good) },
		{ parse_takes_every_part, 0 },
		{ parse_refuses_and_leaves_alone, N_OF(bad) },
		{ parse_reads_nothing_behind_a_cut_name, 0 },
		{ format_refuses_and_leaves_alone, 0 },
		{ class_encodes_and_decodes, N_OF(classes) },
		{ class_refuses_and_says_where, N_OF(bad_classes) },
		{ valid_class_reads_no_further_than_its_length, 0 },
		{ made_ids_sort_by_time_and_differ, 0 },
		{ id_takes_its_alphabet_only, 0 },
		{ temporary_names_are_ignored, 0 },
	};

	return td_harness_run("name", tests, sizeof(tests) / sizeof(tests[0]));
}
