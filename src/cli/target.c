#include "config.h"

#include "cli/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "cli/conf_file.h"
#include "cli/out.h"
#include "lib/settings.h"

const struct td_opt td_target_add_opts[] = {
	{ "file", 'f', "FILE", TD_OPT_TEXT,
	  offsetof(struct td_target_options, file), 0,
	  "in this file of conf.d; else in conf.d/NAME.conf" },
	{0},
};

/* A file that has the section, whose head may be written with more blanks. */
struct place {
	struct td_conf_file file;
	const char *head;	/* the settings' */
};

struct change {
	const struct td_target_command *command;
	const char *cmd, *name;
	struct td_buf head;	/* "service crm" */
	struct td_spool spool;
	struct td_settings *settings;
	struct td_err mistake;	/* in them, before the change */
	struct place *places;	/* in the order of the files */
	size_t n;
};

static bool
is_head(const struct change *change, const char *head)
{
	const char *kind = change->command->kind;
	size_t len = strlen(kind);

	if (strncmp(head, kind, len) != 0 ||
	    (head[len] != ' ' && head[len] != '\t'))
		return false;
	head += len;
	return strcmp(head + strspn(head, " \t"), change->name) == 0;
}

static int
add_place(struct change *change, const char *path, const char *head)
{
	struct place *all = reallocarray(change->places, change->n + 1,
	    sizeof(*all));

	if (all == NULL)
		return td_cli_failed(change->cmd, -ENOMEM, "%s", path);
	change->places = all;
	all += change->n++;
	*all = (struct place){ .head = head };
	return td_conf_file_open(&all->file, &change->spool, path,
	    change->cmd);
}

/* Where its sections stand: a place a file. */
static int
find_places(struct change *change)
{
	const struct td_settings *settings = change->settings;
	int rc = TD_EXIT_DONE;

	for (size_t i = 0; i < td_settings_n_files(settings); i++) {
		const struct td_ini *ini = td_settings_ini(settings, i);
		const char *head = NULL;

		for (size_t j = 0; j < ini->n_sections; j++)
			if (is_head(change, ini->sections[j].name))
				head = ini->sections[j].name;
		if (head != NULL && rc == TD_EXIT_DONE)
			rc = add_place(change, td_settings_file(settings, i),
			    head);
	}
	return rc;
}

/* There is none yet. */
static int
make_place(struct change *change, const char *file)
{
	const struct td_usage *usage = change->command->usage;
	struct td_buf path = {0}, name = {0};
	struct td_err err = {0};
	int rc = TD_EXIT_DONE;

	if (td_settings_check_entry(td_buf_text(&change->head), "enabled",
	    NULL, &err) != 0)
		return td_arg_wrong(usage, "%s", err.text);
	td_buf_add_format(&name, "%s.conf", change->name);
	if (file == NULL)
		file = td_buf_text(&name);
	if (td_conf_file_path(&path, file) != 0)
		rc = td_arg_wrong(usage, "--file: \"%s\" is no file of "
		    "conf.d (NAME.conf)", file);
	if (rc == TD_EXIT_DONE)
		rc = add_place(change, td_buf_text(&path),
		    td_buf_text(&change->head));
	td_buf_release(&path);
	td_buf_release(&name);
	return rc;
}

static int
find_target(struct change *change, const char *file)
{
	const char *kind = change->command->kind;
	bool add = change->command->action == TD_TARGET_ADD;
	int rc = find_places(change);

	if (rc != TD_EXIT_DONE)
		return rc;
	if (add && change->n == 0)
		return make_place(change, file);
	if (add) {
		td_cli_complain(change->cmd, "there is a %s %s already, in "
		    "%s; \"taskdir %s set\" changes it", kind, change->name,
		    td_buf_text(&change->places[0].file.path), kind);
		return TD_EXIT_FAILED;
	}
	if (change->n > 0)
		return TD_EXIT_DONE;
	/* It may stand where nothing could be read. */
	if (change->mistake.code != 0)
		return td_cli_failed_err(change->cmd, &change->mistake);
	td_cli_complain(change->cmd, "there is no %s %s", kind, change->name);
	return TD_EXIT_NONE;
}

/* The last file wins, so that is where a value goes; what is taken out must
 * be nowhere. */
static int
set_value(struct change *change, const char *name, const char *value)
{
	size_t i = value != NULL ? change->n - 1 : 0;
	int rc = TD_EXIT_DONE;

	for (; rc == TD_EXIT_DONE && i < change->n; i++)
		rc = td_conf_file_edit(&change->places[i].file,
		    change->places[i].head, name, value);
	return rc;
}

/* "KEY=VALUE": cuts it, and checks it as far as it can be alone. */
static int
take_word(const struct change *change, char *word, char **value)
{
	const struct td_usage *usage = change->command->usage;
	struct td_err err = {0};
	char *sign = strchr(word, '=');

	if (sign == NULL || sign == word)
		return td_arg_wrong(usage, "\"%s\" is not KEY=VALUE, such as "
		    "enabled=no", word);
	*sign = '\0';
	*value = sign[1] == '\0' ? NULL : sign + 1;
	if (td_settings_check_entry(td_buf_text(&change->head), word, *value,
	    &err) != 0)
		return td_arg_wrong(usage, "%s", err.text);
	return TD_EXIT_DONE;
}

static int
edit(struct change *change, struct td_args *args)
{
	int rc = TD_EXIT_DONE;

	switch (change->command->action) {
	case TD_TARGET_ADD:
	case TD_TARGET_SET:
		for (int i = 1; rc == TD_EXIT_DONE && i < args->n; i++) {
			char *value = NULL;

			rc = take_word(change, args->words[i], &value);
			if (rc == TD_EXIT_DONE)
				rc = set_value(change, args->words[i], value);
		}
		return rc;
	case TD_TARGET_REMOVE:
		return set_value(change, NULL, NULL);
	case TD_TARGET_ENABLE:
		return set_value(change, "enabled", "yes");
	case TD_TARGET_DISABLE:
		return set_value(change, "enabled", "no");
	}
	return rc;
}

/* The runner obeys nobody but who runs it, which is the owner: what he makes
 * is judged as it will be.  Anybody else would judge as somebody else. */
static int
load_changed(struct td_settings **settings, const struct change *change,
    const struct td_settings_text *texts, struct td_err *err)
{
	int root_fd = change->spool.root_fd;

	return geteuid() == change->spool.owner ?
	    td_settings_load_with(settings, root_fd, texts, change->n, err) :
	    td_settings_read_with(settings, root_fd, texts, change->n, err);
}

/* All files as they would be, so that also what belongs to another one is
 * seen: a rule whose service goes. */
static int
check(const struct change *change)
{
	struct td_settings_text *texts = calloc(change->n, sizeof(*texts));
	struct td_settings *settings = NULL;
	struct td_err err = {0};
	int rc = -ENOMEM;

	for (size_t i = 0; texts != NULL && i < change->n; i++)
		texts[i] = td_conf_file_text(&change->places[i].file);
	if (texts != NULL)
		rc = load_changed(&settings, change, texts, &err);
	free(texts);
	td_settings_free(settings);
	if (rc == 0)
		return TD_EXIT_DONE;
	return err.code != 0 ? td_cli_failed_err(change->cmd, &err) :
	    td_cli_failed(change->cmd, rc, "settings");
}

static int
write_all(const struct change *change, bool *changed)
{
	int rc = TD_EXIT_DONE;

	for (size_t i = 0; rc == TD_EXIT_DONE && i < change->n; i++) {
		const struct td_conf_file *file = &change->places[i].file;

		*changed |= td_conf_file_is_changed(file);
		rc = td_conf_file_write(file);
	}
	return rc;
}

static int
report(const struct change *change, const struct td_common *common,
    bool changed, bool alive)
{
	static const struct td_column columns[] = {
		{ "name", "name", 0 }, {0},
	}, file_columns[] = {
		{ "file", "file", 0 }, {0},
	};
	static const char *const done[] = {
		[TD_TARGET_ADD] = "is made",
		[TD_TARGET_SET] = "is changed",
		[TD_TARGET_REMOVE] = "is gone",
		[TD_TARGET_ENABLE] = "is enabled",
		[TD_TARGET_DISABLE] = "is disabled",
	};
	struct td_out out;

	td_out_open(&out, common);
	for (size_t i = 0; i < change->n; i++)
		td_out_line(&out, "%s: [%s] %s%s",
		    td_buf_text(&change->places[i].file.path),
		    td_buf_text(&change->head), changed ?
		    done[change->command->action] : "is like that already",
		    alive ? "; the runner reads it now" : "");
	if (out.json) {
		td_out_record(&out, columns);
		td_out_text(&out, "name", change->name);
		td_out_bool(&out, "changed", changed);
		td_out_bool(&out, "reloading", alive);
		td_out_list(&out, "files", file_columns);
		for (size_t i = 0; i < change->n; i++) {
			td_out_row(&out);
			td_out_text(&out, "file",
			    td_buf_text(&change->places[i].file.path));
			td_out_end(&out);
		}
		td_out_end(&out);
		td_out_end(&out);
	}
	return td_out_close(&out, change->cmd, TD_EXIT_DONE);
}

static int
edit_files(struct change *change, struct td_args *args, const char *file,
    bool *changed)
{
	int lock_fd = td_conf_lock(&change->spool);
	int rc = TD_EXIT_DONE;

	/* A mistake may be what this mends: the end is checked. */
	if (td_settings_read_part(&change->settings, change->spool.root_fd,
	    &change->mistake) != 0)
		rc = td_cli_failed_err(change->cmd, &change->mistake);
	if (rc == TD_EXIT_DONE)
		rc = find_target(change, file);
	if (rc == TD_EXIT_DONE)
		rc = edit(change, args);
	if (rc == TD_EXIT_DONE)
		rc = check(change);
	if (rc == TD_EXIT_DONE)
		rc = write_all(change, changed);
	td_io_close(&lock_fd);
	return rc;
}

static int
carry_out(struct change *change, struct td_args *args,
    const struct td_target_options *options)
{
	bool changed = false, alive = false;
	int rc = td_cli_open(&change->spool, &options->common, change->cmd);

	if (rc == TD_EXIT_DONE)
		rc = edit_files(change, args, options->file, &changed);
	if (rc == TD_EXIT_DONE && changed)
		rc = td_conf_reload(&change->spool, &alive, change->cmd);
	return rc == TD_EXIT_DONE ? report(change, &options->common, changed,
	    alive) : rc;
}

int
td_target_change(const struct td_target_command *command, int argc,
    char **argv)
{
	struct change change = { .command = command,
		.cmd = command->usage->name };
	struct td_target_options options = {0};
	struct td_args args;
	int rc = td_arg_parse(command->usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	change.name = args.words[0];
	td_buf_add_format(&change.head, "%s %s", command->kind, change.name);
	rc = td_buf_status(&change.head) != 0 ? td_cli_failed(change.cmd,
	    -ENOMEM, "%s", change.name) : carry_out(&change, &args, &options);
	for (size_t i = 0; i < change.n; i++)
		td_conf_file_release(&change.places[i].file);
	free(change.places);
	td_settings_free(change.settings);
	if (change.spool.path != NULL)
		td_spool_release(&change.spool);
	td_buf_release(&change.head);
	return rc;
}
