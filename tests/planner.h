/*
 * A planner for tests, with settings made of text.
 */
#ifndef TD_TESTS_PLANNER_H
#define TD_TESTS_PLANNER_H

#include <fcntl.h>
#include <unistd.h>

#include "harness.h"
#include "model.h"
#include "runner/planner.h"

#define NOW	UINT64_C(1795132800)

static struct td_planner planner;
static struct td_settings *settings;

static struct td_settings *
settings_of(const char *text)
{
	int root_fd = open(td_harness_dir(), O_RDONLY | O_DIRECTORY);
	int fd = openat(root_fd, "taskdir.conf", O_WRONLY | O_CREAT |
	    O_TRUNC, 0600);
	struct td_settings *loaded = NULL;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)),
	    (ssize_t)strlen(text));
	ck_assert_int_eq(td_settings_read(&loaded, root_fd, NULL), 0);
	(void)close(fd);
	(void)close(root_fd);
	return loaded;
}

static void
begin(const char *text, uint32_t max_running)
{
	settings = settings_of(text);
	td_planner_reload(&planner, settings, max_running, NOW);
}

static void
end(void)
{
	td_planner_release(&planner);
	td_planner_release(&planner);
	td_settings_free(settings);
}

static uint32_t
number_of(const char *class_enc)
{
	return td_planner_class(&planner, 0, class_enc, strlen(class_enc),
	    settings);
}

/* Known to the index, but not yet waiting. */
static uint32_t
make(const char *class_enc, uint64_t due, const char *id, uint64_t key)
{
	struct td_name name = td_model_name(due, class_enc, key, id);
	uint32_t ref, class_no = number_of(class_enc);

	ck_assert_uint_ne(class_no, 0);
	ck_assert_int_eq(td_index_add(&planner.index, &name, TD_STATE_NEW,
	    class_no, &ref), 0);
	return ref;
}

#endif
