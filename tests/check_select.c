#include "config.h"

#include "cli/select.h"
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

static const struct {
	const char *word, *id;
	enum td_match match;
} matches[] = {
	{ "abc-1", "abc-1", TD_MATCH_WHOLE },
	{ "abc", "abc-1", TD_MATCH_PART },
	{ "c-1", "abc-1", TD_MATCH_PART },
	{ "a", "abca", TD_MATCH_PART },
	{ "bc", "abc-1", TD_MATCH_NONE },
	{ "", "abc-1", TD_MATCH_NONE },
	{ "abc-12", "abc-1", TD_MATCH_NONE },
	{ "ABC", "abc-1", TD_MATCH_NONE },
};

START_TEST(ids_match_at_either_end)
{
	ck_assert_int_eq(td_select_match(matches[_i].word, matches[_i].id,
	    strlen(matches[_i].id)), matches[_i].match);
}
END_TEST

static const struct {
	const char *pattern, *class_enc;
	bool fits;
} patterns[] = {
	{ NULL, "mail.digest", true },
	{ "mail.*", "mail.digest", true },
	{ "*digest", "mail.digest", true },
	{ "mail", "mail.digest", false },
	{ "mod_x\\task", "mod_x%5Ctask", true },
	{ "\\mod_x\\task", "mod_x%5Ctask", true },
	{ "mod_x:task", "mod_x%5Ctask", true },
	{ "mod_x/*", "mod_x%5Ctask", true },
	{ "mod_x%5Ctask", "mod_x%5Ctask", false },
};

START_TEST(classes_match_as_people_write_them)
{
	const struct td_name name = {
		.class_enc = patterns[_i].class_enc,
		.class_len = (uint8_t)strlen(patterns[_i].class_enc),
	};

	ck_assert_int_eq(td_select_class(patterns[_i].pattern, &name),
	    patterns[_i].fits);
}
END_TEST

START_TEST(states_have_words)
{
	ck_assert_uint_eq(td_select_state("new"), TD_SELECT_NEW);
	ck_assert_uint_eq(td_select_state("failed"), TD_SELECT_FAILED);
	ck_assert_uint_eq(td_select_state("cur"), TD_SELECT_CUR);
	ck_assert_uint_eq(td_select_state("dlq"), TD_SELECT_DLQ);
	ck_assert_uint_eq(td_select_state("drop"), 0);
}
END_TEST

static void
place(const struct td_spool *spool, enum td_state state, const char *id)
{
	char name[TD_NAME_SIZE];
	int fd;

	(void)snprintf(name, sizeof(name),
	    "1000000000,x,0123456789abcdef,%s,0.json", id);
	fd = openat(spool->state_fd[state], name, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_ge(fd, 0);
	(void)close(fd);
}

static void
open_spool(struct td_spool *spool)
{
	char path[4200];

	(void)snprintf(path, sizeof(path), "%s/spool", td_harness_dir());
	ck_assert_int_eq(td_spool_create(path, false, NULL), 0);
	ck_assert_int_eq(td_spool_open(spool, path, NULL), 0);
}

START_TEST(one_task_is_found_by_what_is_its_alone)
{
	struct td_spool spool = {0};
	struct td_found found;
	struct td_err err = {0};

	open_spool(&spool);
	place(&spool, TD_STATE_NEW, "abc-1");
	place(&spool, TD_STATE_FAILED, "abc-2");
	place(&spool, TD_STATE_DLQ, "abc");
	ck_assert_int_eq(td_select_one(&found, &spool, TD_SELECT_ALL, "c-2",
	    &err), 0);
	ck_assert_str_eq(found.id, "abc-2");
	ck_assert_int_eq(found.state, TD_STATE_FAILED);
	ck_assert_ptr_eq(found.name.id, strstr(found.text, "abc-2"));
	/* A whole id wins over those that begin with it. */
	ck_assert_int_eq(td_select_one(&found, &spool, TD_SELECT_ALL, "abc",
	    &err), 0);
	ck_assert_int_eq(found.state, TD_STATE_DLQ);
	ck_assert_int_eq(td_select_one(&found, &spool, TD_SELECT_ALL, "ab",
	    &err), -ENOTUNIQ);
	ck_assert_ptr_nonnull(strstr(err.text, "abc-1 abc-2 abc"));
	ck_assert_int_eq(td_select_one(&found, &spool, TD_SELECT_NEW, "ab",
	    &err), 0);
	ck_assert_int_eq(td_select_one(&found, &spool, TD_SELECT_ALL, "x",
	    &err), -ENOENT);
	td_spool_release(&spool);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ ids_match_at_either_end, N_OF(matches) },
		{ classes_match_as_people_write_them, N_OF(patterns) },
		{ states_have_words, 0 },
		{ one_task_is_found_by_what_is_its_alone, 0 },
	};

	return td_harness_run("select", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
