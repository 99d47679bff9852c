#include "config.h"

/* Answers on their way into the spool, and a crash at each step. */
#include "harness.h"
#include "hub/store.h"
#include "lib/scan.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

static struct td_spool spool;
static struct td_settings *settings;
static struct td_service service;

static void
make_spool(const char *response_class, const char *response_event)
{
	const char *path = td_harness_dir();
	struct td_err err = {0};

	ck_assert_msg(td_spool_create(path, false, &err) == 0, "%s", err.text);
	ck_assert_msg(td_spool_open(&spool, path, &err) == 0, "%s", err.text);
	ck_assert_msg(td_settings_load(&settings, spool.root_fd, &err) == 0,
	    "%s", err.text);
	service = (struct td_service){
		.name = "crm", .response_class = response_class,
		.response_event = response_event, .response_max_bytes = 100,
	};
}

static void
end_spool(void)
{
	td_settings_free(settings);
	td_spool_release(&spool);
}

/* Files in a directory below the spool, without those in its directories. */
static int
count(const char *path)
{
	struct td_scan scan = {0};
	const char *name;
	unsigned char type;
	int n = 0, fd = openat(spool.root_fd, path, O_RDONLY | O_DIRECTORY);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(td_scan_open(&scan, fd), 0);
	while (td_scan_next(&scan, &name, &type) > 0)
		n += strcmp(name, "stage") != 0 &&
		    strcmp(name, "quarantine") != 0;
	td_scan_close(&scan);
	(void)close(fd);
	return n;
}

static void
open_store(struct td_store *store)
{
	struct td_err err = {0};

	ck_assert_msg(td_store_open(store, &spool, settings, &service, &err) ==
	    0, "%s", err.text);
}

static enum td_stored
take(struct td_store *store, const char *body, bool redelivered)
{
	struct td_response response = {
		.message_id = "m1", .redelivered = redelivered,
		.body = body, .body_len = strlen(body),
	};
	enum td_stored stored = TD_STORED;
	struct td_err err = {0};

	ck_assert_msg(td_store_take(store, &response, &stored, &err) == 0,
	    "%s", err.text);
	return stored;
}

static const struct {
	const char *class_name, *event;
	int n_new;
} kinds[] = {
	{ "", "", 0 }, { "answer.task", "", 1 }, { "", "answered", 1 },
};

START_TEST(an_answer_becomes_what_is_asked)
{
	struct td_store store;

	make_spool(kinds[_i].class_name, kinds[_i].event);
	open_store(&store);
	ck_assert_int_eq(take(&store, "{\"a\":1}", false), TD_STORED);
	ck_assert_int_eq(count("new"), 0);	/* it is not durable yet */
	ck_assert_int_eq(td_store_sync(&store, NULL), 0);
	ck_assert_int_eq(count("new"), kinds[_i].n_new);
	ck_assert_int_eq(count("responses/crm"), 1);
	ck_assert_int_eq(count("responses/crm/stage"), 0);
	ck_assert_int_eq(take(&store, "{\"a\":1}", true), TD_STORED_BEFORE);
	ck_assert_int_eq(td_store_sync(&store, NULL), 0);
	ck_assert_int_eq(count("new"), kinds[_i].n_new);
	td_store_release(&store);
	end_spool();
}
END_TEST

START_TEST(a_crash_before_the_sync_is_made_good)
{
	struct td_store store;

	make_spool(kinds[_i].class_name, kinds[_i].event);
	open_store(&store);
	(void)take(&store, "{\"a\":1}", false);
	td_store_release(&store);
	open_store(&store);
	ck_assert_int_eq(count("new"), kinds[_i].n_new);
	ck_assert_int_eq(take(&store, "{\"a\":1}", true), TD_STORED_BEFORE);
	ck_assert_int_eq(td_store_sync(&store, NULL), 0);
	ck_assert_int_eq(count("new"), kinds[_i].n_new);
	ck_assert_int_eq(count("responses/crm"), 1);
	td_store_release(&store);
	end_spool();
}
END_TEST

/* Does something to each file of a directory. */
static void
for_each(const char *path, void (*act)(int dir_fd, const char *name))
{
	struct td_scan scan = {0};
	const char *name;
	unsigned char type;
	int fd = openat(spool.root_fd, path, O_RDONLY | O_DIRECTORY);

	ck_assert_int_eq(td_scan_open(&scan, fd), 0);
	while (td_scan_next(&scan, &name, &type) > 0)
		if (strcmp(name, "stage") != 0 &&
		    strcmp(name, "quarantine") != 0)
			act(fd, name);
	td_scan_close(&scan);
	(void)close(fd);
}

static void
lose(int dir_fd, const char *name)
{
	ck_assert_int_eq(unlinkat(dir_fd, name, 0), 0);
}

static void
damage(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_TRUNC);

	ck_assert_int_ge(fd, 0);
	(void)close(fd);
}

static const struct {
	const char *path;
	void (*act)(int dir_fd, const char *name);
} accidents[] = {
	{ "responses/crm", lose }, { "responses/crm", damage },
	{ "responses/crm/stage", damage },
};

START_TEST(what_was_never_synced_comes_again)
{
	struct td_store store;

	make_spool("answer.task", "");
	open_store(&store);
	(void)take(&store, "{\"a\":1}", false);
	td_store_release(&store);
	for_each(accidents[_i].path, accidents[_i].act);
	open_store(&store);
	ck_assert_int_eq(count("new"), 0);
	ck_assert_int_eq(count("responses/crm/stage"), 0);
	ck_assert_int_eq(take(&store, "{\"a\":1}", true), TD_STORED);
	ck_assert_int_eq(td_store_sync(&store, NULL), 0);
	ck_assert_int_eq(count("new"), 1);
	ck_assert_int_eq(count("responses/crm"), 1);
	td_store_release(&store);
	end_spool();
}
END_TEST

START_TEST(what_is_no_answer_is_set_aside)
{
	struct td_store store;

	make_spool("answer.task", "");
	open_store(&store);
	ck_assert_int_eq(take(&store, "17", false), TD_STORED_QUARANTINE);
	ck_assert_int_eq(td_store_sync(&store, NULL), 0);
	ck_assert_int_eq(count("responses/crm"), 0);
	ck_assert_int_eq(count("responses/crm/quarantine"), 2);
	ck_assert_int_eq(count("new"), 0);
	ck_assert_int_eq(take(&store, "17", true), TD_STORED_BEFORE);
	td_store_release(&store);
	end_spool();
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ an_answer_becomes_what_is_asked, N_OF(kinds) },
		{ a_crash_before_the_sync_is_made_good, N_OF(kinds) },
		{ what_was_never_synced_comes_again, N_OF(accidents) },
		{ what_is_no_answer_is_set_aside, 0 },
	};

	return td_harness_run("store", tests, N_OF(tests));
}
