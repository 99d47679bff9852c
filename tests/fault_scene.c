#include "config.h"

#include "fault_scene.h"

#include "fault_run.h"

#include "base/clock.h"
#include "base/io.h"
#include "harness.h"
#include "lib/key.h"
#include "lib/task.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

enum { SOON = -1000, LATER = 100000 };

#define LATE(class_enc_, id_)	.state = TD_STATE_NEW,	\
	.class_enc = (class_enc_), .id = (id_)
#define NEW(class_enc_, id_)	LATE(class_enc_, id_), .due_s = SOON

static const struct td_scene scenes[] = {
	{ "done", { { NEW("done", "a1") } }, false },
	{ "fails", { { NEW("fail", "a1") } }, false },
	{ "fails again", { { .state = TD_STATE_FAILED, .class_enc = "fail",
	    .id = "a1", .tries = 3, .due_s = SOON } }, false },
	{ "fails for good", { { NEW("dead", "a1") } }, false },
	{ "fails the last time", { { NEW("fail", "a1"), .tries = 4,
	    .more = ",\"attemptsavailable\":5" } }, false },
	{ "prints", { { NEW("print", "a1") } }, false },
	{ "snoozes", { { NEW("snooze", "a1") } }, false },
	{ "is interrupted", { { NEW("stop", "a1") } }, false },
	{ "is cancelled", { { NEW("cancel", "a1") } }, false },
	{ "has no handler", { { NEW("nobody", "a1") } }, false },
	{ "three at a time", { { NEW("done", "a1") }, { NEW("fail", "a2") },
	    { NEW("snooze", "a3") } }, false },

	{ "a letter", { { NEW("done", NULL) } }, false },
	{ "a broken letter", { { NEW("done", NULL),
	    .text = "{\"classname\":" } }, false },
	{ "to be decided", { { NEW("done", "a1"), .ask = true,
	    .more = ",\"on_duplicate\":\"ignore\"" } }, false },
	{ "dropped beside a twin", { { LATE("done", "a1"), .due_s = LATER },
	    { NEW("done", "a2"), .ask = true,
	    .more = ",\"on_duplicate\":\"ignore\"" } }, false },
	{ "replaces its twin", { { LATE("done", "a1"), .due_s = LATER },
	    { NEW("done", "a2"), .ask = true,
	    .more = ",\"on_duplicate\":\"replace\"" } }, false },
	{ "reschedules its twin", { { LATE("done", "a1"), .due_s = LATER },
	    { NEW("done", "a2"), .ask = true,
	    .more = ",\"on_duplicate\":\"soonest\"" } }, false },
	{ "a name that lies", { { NEW("done", "a1"), .wrong_key = true } },
	    false },
	{ "an id twice", { { LATE("done", "a1"), .due_s = LATER },
	    { LATE("done", "a1"), .due_s = LATER + 1 } }, true },
	{ "left by a crash", { { .state = TD_STATE_CUR, .class_enc = "done",
	    .id = "a1", .due_s = SOON },
	    { .state = TD_STATE_CUR, .class_enc = "done", .id = "a2",
	    .due_s = SOON, .more = ",\"attemptsavailable\":1" },
	    { NEW("done", "a3"), .withdrawn = true } }, false },
};
_Static_assert(N_OF(scenes) == TD_SCENE_COUNT, "count the scenes");

const struct td_scene *
td_scene(int i)
{
	return &scenes[i];
}

size_t
td_scene_count(const struct td_scene *scene)
{
	size_t n = 0;

	while (n < TD_SCENE_FILES && scene->files[n].class_enc != NULL)
		n++;
	return n;
}

static void
write_file(int dir_fd, const char *name, const char *text, mode_t mode)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC, mode);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(td_io_write(fd, text, strlen(text)), 0);
	(void)close(fd);
}

/* Each notes that it began before it does anything else. */
static const struct {
	const char *class_enc, *then;
} handlers[] = {
	{ "done", "exit 0" },
	{ "fail", "exit 1" },
	{ "dead", "exit 100" },
	{ "print", "echo something; echo more >&2; exit 1" },
	{ "snooze", "echo '{\"next_in\":600}' >&3" },
	{ "stop", "read -r pid rest <\"$TASKDIR_SPOOL/run/lock\"\n"
	    "kill -TERM \"$pid\"; exec sleep 60" },
	{ "cancel", ": >\"$TASKDIR_SPOOL/run/ctl/cancel.$TASKDIR_ID\"\n"
	    "exec sleep 60" },
};

void
td_scene_make_handlers(const struct td_spool *spool)
{
	for (size_t i = 0; i < N_OF(handlers); i++) {
		char name[64], text[512];

		(void)snprintf(name, sizeof(name), "handlers/%s",
		    handlers[i].class_enc);
		(void)snprintf(text, sizeof(text), "#!/bin/sh\n"
		    "echo \"$TASKDIR_ID $TASKDIR_TRY\" "
		    ">>\"$TASKDIR_SPOOL/ran\"\n%s\n", handlers[i].then);
		write_file(spool->root_fd, name, text, 0755);
	}
	write_file(spool->root_fd, "taskdir.conf", "[runner]\n"
	    "settle = 20ms\nshutdown_grace = 0\nmax_running = 1\n", 0600);
}

void
td_scene_reset(const struct td_spool *spool)
{
	int output_fd = openat(spool->log_fd, "output", O_RDONLY |
	    O_DIRECTORY);

	for (int i = 0; i < TD_STATE_COUNT; i++)
		td_fault_empty(spool->state_fd[i]);
	td_fault_empty(spool->tmp_fd);
	td_fault_empty(spool->run_fd);
	td_fault_empty(spool->ctl_fd);
	td_fault_empty(spool->log_fd);
	td_fault_empty(output_fd);
	(void)close(output_fd);
	(void)unlinkat(spool->root_fd, "ran", 0);
}

static void
name_file(char out[static TD_NAME_SIZE], const struct td_scene_file *file,
    const char *text)
{
	uint64_t now = td_clock_wall_us() / 1000000;
	struct td_name name = {
		.due = now + (uint64_t)(int64_t)file->due_s,
		.tries = file->tries,
		.ask = file->ask,
		.class_enc = file->class_enc,
		.class_len = (uint8_t)strlen(file->class_enc),
		.id = file->id,
		.id_len = (uint8_t)strlen(file->id),
	};
	struct td_task task;

	ck_assert_int_eq(td_task_parse(&task, text, strlen(text), NULL), 0);
	ck_assert_int_eq(td_key_of_task(&name.key, &task, ""), 0);
	td_task_release(&task);
	name.key ^= file->wrong_key;
	ck_assert_int_eq(td_name_format(out, &name), 0);
}

void
td_scene_lay_out(const struct td_spool *spool, const struct td_scene *scene)
{
	for (size_t i = 0; i < td_scene_count(scene); i++) {
		const struct td_scene_file *file = &scene->files[i];
		char text[256], name[TD_NAME_SIZE] = "drop.json";

		(void)snprintf(text, sizeof(text), "{\"classname\":\"%s\"%s}",
		    file->class_enc, file->more != NULL ? file->more : "");
		if (file->id != NULL)
			name_file(name, file, text);
		write_file(spool->state_fd[file->state], name,
		    file->text != NULL ? file->text : text, 0600);
		if (file->withdrawn)
			ck_assert_int_eq(td_spool_withdraw(spool, file->state,
			    name), 0);
	}
}
