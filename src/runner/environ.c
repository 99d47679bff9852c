#include "config.h"

#include "runner/environ.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define USUAL_PATH \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

char *
td_environ_path(const char *configured)
{
	struct td_buf path = { 0 };
	char self[4096], *slash;
	ssize_t n;

	td_buf_add_text(&path, "PATH=");
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash != NULL && slash != self) {
		*slash = '\0';
		td_buf_add_format(&path, "%s:", self);
	}
	td_buf_add_text(&path, *configured != '\0' ? configured : USUAL_PATH);
	return td_buf_detach(&path);
}

static void
add(struct td_environ *env, const char *name, const char *value)
{
	td_buf_add_format(&env->text, "%s=%s", name, value);
	td_buf_add_char(&env->text, '\0');
}

static void
add_number(struct td_environ *env, const char *name, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, value);
	add(env, name, text);
}

static void
add_task(struct td_environ *env, const struct td_slot *slot,
    const struct td_user *user, const struct td_task *task)
{
	const struct td_terms *terms = &slot->terms;
	uint64_t try = (uint64_t)terms->tries + 1;

	add(env, "TASKDIR_ID", slot->id);
	add(env, "TASKDIR_CLASS", slot->class->class_name);
	add(env, "TASKDIR_COMPONENT", task->component);
	add(env, "TASKDIR_USERID", task->userid != NULL ? task->userid :
	    slot->runner->conf.user_mode == TD_USER_LABEL ? "" : user->name);
	add_number(env, "TASKDIR_TRY", try);
	/* Runs that may follow this one. */
	if (terms->attempts == 0)
		add(env, "TASKDIR_TRIES_LEFT", "");
	else
		add_number(env, "TASKDIR_TRIES_LEFT", !terms->retry ||
		    terms->attempts <= try ? 0 : terms->attempts - try);
	add_number(env, "TASKDIR_DUE", slot->due);
	add(env, "TASKDIR_SPOOL", slot->runner->spool->path);
	if (task->slot != 0)
		add_number(env, "TASKDIR_SLOT", task->slot);
}

int
td_environ_make(struct td_environ *env, const struct td_slot *slot,
    const struct td_user *user, const struct td_task *task)
{
	const char *at;
	size_t n = 0;

	td_buf_add_text(&env->text, slot->runner->handler_path);
	td_buf_add_char(&env->text, '\0');
	add(env, "HOME", user->home);
	add(env, "USER", user->name);
	add(env, "LOGNAME", user->name);
	add(env, "SHELL", "/bin/sh");
	add(env, "LANG", "C.UTF-8");
	add_task(env, slot, user, task);
	if (td_buf_status(&env->text) != 0)
		return -ENOMEM;
	for (at = env->text.data; at < env->text.data + env->text.len &&
	    n < TD_ENVIRON_MAX - 1; at += strlen(at) + 1)
		env->list[n++] = env->text.data + (at - env->text.data);
	env->list[n] = NULL;
	return 0;
}

void
td_environ_release(struct td_environ *env)
{
	td_buf_release(&env->text);
}
