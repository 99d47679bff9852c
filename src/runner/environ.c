#include "config.h"

#include "runner/environ.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/self.h"
#include "lib/service.h"

#define USUAL_PATH \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

char *
td_environ_path(const char *configured)
{
	struct td_buf path = { 0 }, own = { 0 };

	td_buf_add_text(&path, "PATH=");
	if (td_self_beside(&own, "") == 0 && own.len > 0)
		td_buf_add_format(&path, "%s:", own.data);
	td_buf_release(&own);
	td_buf_add_text(&path, *configured != '\0' ? configured : USUAL_PATH);
	return td_buf_detach(&path);
}

static void
add(struct td_environ *env, const char *name, const char *value)
{
	td_buf_add_text(&env->text, name);
	td_buf_add_char(&env->text, '=');
	td_buf_add_text(&env->text, value);
	td_buf_add_char(&env->text, '\0');
}

static void
add_number(struct td_environ *env, const char *name, uint64_t value)
{
	td_buf_add_text(&env->text, name);
	td_buf_add_char(&env->text, '=');
	td_buf_add_number(&env->text, value);
	td_buf_add_char(&env->text, '\0');
}

bool
td_environ_tries_left(const struct td_terms *terms, uint64_t *left)
{
	uint64_t try = (uint64_t)terms->tries + 1;

	*left = !terms->retry || terms->attempts <= try ? 0 :
	    terms->attempts - try;
	return terms->attempts != 0;
}

static void
add_task(struct td_environ *env, const struct td_slot *slot,
    const struct td_user *user, const struct td_task *task)
{
	const struct td_terms *terms = &slot->terms;
	uint64_t left;

	add(env, "TASKDIR_ID", slot->id);
	add(env, "TASKDIR_CLASS", slot->class->class_name);
	add(env, "TASKDIR_COMPONENT", task->component);
	add(env, "TASKDIR_USERID", task->userid != NULL ? task->userid :
	    slot->runner->conf.user_mode == TD_USER_LABEL ? "" : user->name);
	add_number(env, "TASKDIR_TRY", (uint64_t)terms->tries + 1);
	if (td_environ_tries_left(terms, &left))
		add_number(env, "TASKDIR_TRIES_LEFT", left);
	else
		add(env, "TASKDIR_TRIES_LEFT", "");
	add_number(env, "TASKDIR_DUE", slot->due);
	add(env, "TASKDIR_SPOOL", slot->runner->spool->path);
	if (task->slot != 0)
		add_number(env, "TASKDIR_SLOT", task->slot);
}

static void
add_usual(struct td_environ *env, const struct td_runner *runner,
    const struct td_user *user)
{
	td_buf_add_text(&env->text, runner->handler_path);
	td_buf_add_char(&env->text, '\0');
	add(env, "HOME", user->home);
	add(env, "USER", user->name);
	add(env, "LOGNAME", user->name);
	add(env, "SHELL", "/bin/sh");
	add(env, "LANG", "C.UTF-8");
}

/* What is the hub's alone: where services' secrets are in our environment. */
static void
add_secrets(struct td_environ *env, const struct td_settings *settings)
{
	for (size_t i = 0; i < td_service_count(settings); i++) {
		const char *name = td_service_at(settings, i)->token_env;
		const char *value = *name != '\0' ? getenv(name) : NULL;

		if (value != NULL)
			add(env, name, value);
	}
}

/* The text will not move any more: points into it. */
static int
list(struct td_environ *env)
{
	char *at = env->text.data;
	size_t n = 1;

	if (td_buf_status(&env->text) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < env->text.len; i++)
		n += at[i] == '\0';
	env->list = calloc(n, sizeof(*env->list));
	if (env->list == NULL)
		return -ENOMEM;
	for (n = 0; at < env->text.data + env->text.len; at += strlen(at) + 1)
		env->list[n++] = at;
	return 0;
}

int
td_environ_make(struct td_environ *env, const struct td_slot *slot,
    const struct td_user *user, const struct td_task *task)
{
	add_usual(env, slot->runner, user);
	add_task(env, slot, user, task);
	return list(env);
}

int
td_environ_make_worker(struct td_environ *env, const struct td_runner *runner,
    const struct td_user *user, const char *id,
    const struct td_class_settings *settings)
{
	add_usual(env, runner, user);
	add(env, "TASKDIR_ID", id);
	add(env, "TASKDIR_SPOOL", runner->spool->path);
	add_number(env, "TASKDIR_WORKER", TD_WORKER_VERSION);
	add_number(env, "TASKDIR_PIPELINE", settings->pipeline);
	if (settings->hub)
		add_secrets(env, runner->settings);
	return list(env);
}

void
td_environ_clear(struct td_environ *env)
{
	td_buf_clear(&env->text);
	free(env->list);
	env->list = NULL;
}

void
td_environ_release(struct td_environ *env)
{
	td_environ_clear(env);
	td_buf_release(&env->text);
}
