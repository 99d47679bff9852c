#include "config.h"

#include "lib/settings_table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "lib/catalog.h"
#include "lib/kept.h"
#include "lib/parts.h"
#include "lib/taskdir.h"
#include "lib/trust.h"

static const char main_file[] = "taskdir.conf", more_dir[] = "conf.d",
    more_suffix[] = ".conf";

struct load {
	struct td_settings *settings;
	int root_fd;
	char *spool;		/* its path */
	bool only_trusted;
	uid_t self;		/* who is to trust them */
	struct td_err *mistake;	/* the first is kept here; NULL: it ends all */
	const struct td_settings_text *texts;	/* instead of files */
	size_t n_texts;
	struct td_buf *keep;	/* what was read; may be NULL */
	const char *kept, *kept_end;	/* what another process kept */
};

/* The path of an open directory; the caller frees it. */
static int
path_of(char **path, int fd)
{
	char link[64];
	size_t size = 4096;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	for (;;) {
		char *text = malloc(size);
		ssize_t n;

		if (text == NULL)
			return -ENOMEM;
		n = readlink(link, text, size);
		if (n >= 0 && (size_t)n < size) {
			text[n] = '\0';
			*path = text;
			return 0;
		}
		free(text);
		if (n < 0)
			return -errno;
		size *= 2;
	}
}

/* Links are followed only where it has been judged who may turn them. */
static int
open_file(const struct load *load, const char *name, bool trusted)
{
	int fd;

	if (!trusted)
		return td_io_open_beneath(load->root_fd, name, O_RDONLY);
	fd = openat(load->root_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK |
	    O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

/* *open tells whether others than its owner may read it. */
static int
read_text(struct td_buf *text, bool *open, const struct load *load,
    const char *name, bool trusted, struct td_err *err)
{
	struct stat st;
	int rc, fd = open_file(load, name, trusted);

	if (fd < 0)
		return td_fail_errno(err, fd, "%s", name);
	if (fstat(fd, &st) != 0)
		rc = td_fail_errno(err, -errno, "%s", name);
	else if (!S_ISREG(st.st_mode))
		rc = td_fail(err, TASKDIR_EFORMAT, "%s: not a regular file",
		    name);
	else
		rc = td_io_read(fd, text, TD_INI_SIZE_MAX);
	(void)close(fd);
	if (rc == -EFBIG)
		rc = td_fail(err, TASKDIR_EFORMAT, "%s: more than %d MiB",
		    name, TD_INI_SIZE_MAX >> 20);
	else if (rc < 0 && rc != TASKDIR_EFORMAT)
		rc = td_fail_errno(err, rc, "%s", name);
	else
		*open = (st.st_mode & (S_IRWXG | S_IRWXO)) != 0;
	return rc;
}

/* What only a trusted file may say is not read from another.  Who we are not
 * may turn links that are not to lead us. */
static int
read_judged(struct td_buf *text, bool *open, const struct load *load,
    const char *name, struct td_err *err)
{
	int rc = td_trust_check_as(load->spool, name, load->self, err);
	bool trusted = rc == 0 && load->self == geteuid();

	if (rc == 0 || (rc == TASKDIR_ETRUST && !load->only_trusted))
		rc = read_text(text, open, load, name, trusted, err);
	return rc;
}

static const struct td_settings_text *
find_text(const struct load *load, const char *name)
{
	for (size_t i = 0; i < load->n_texts; i++)
		if (strcmp(load->texts[i].name, name) == 0)
			return &load->texts[i];
	return NULL;
}

static bool
has_file(const struct td_settings *settings, const char *name)
{
	for (size_t i = 0; i < td_settings_n_files(settings); i++)
		if (strcmp(td_settings_file(settings, i), name) == 0)
			return true;
	return false;
}

/* The file will lie where it does, and belong to whom it does. */
static int
judge_given(const struct load *load, const char *name, struct td_err *err)
{
	int rc = load->only_trusted ?
	    td_trust_check(load->spool, name, NULL) : 0;

	return rc == 0 || rc == -ENOENT ? 0 :
	    td_trust_check(load->spool, name, err);
}

static int
load_text(struct load *load, const struct td_settings_text *text,
    struct td_err *err)
{
	int rc = judge_given(load, text->name, err);

	return rc == 0 ? td_settings_add_text(load->settings, text, err) : rc;
}

/* The texts of files that there are not yet.  They come last, which matters
 * only to settings that stand in several files. */
static int
load_new_texts(struct load *load, struct td_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < load->n_texts; i++)
		if (!has_file(load->settings, load->texts[i].name))
			rc = load_text(load, &load->texts[i], err);
	return rc;
}

static int
load_file(struct load *load, const char *name, struct td_err *err)
{
	const struct td_settings_text *given = find_text(load, name);
	struct td_buf buf = { 0 };
	struct td_settings_text text = { .name = name };
	int rc;

	if (given != NULL)
		return load_text(load, given, err);
	rc = read_judged(&buf, &text.open, load, name, err);
	text.text = td_buf_text(&buf);
	text.len = buf.len;
	if (rc == 0 && load->keep != NULL)
		td_kept_add(load->keep, TD_KEPT_FILE, &text);
	if (rc == 0)
		rc = td_settings_add_text(load->settings, &text, err);
	td_buf_release(&buf);
	return rc;
}

static int
read_template(void *arg, struct td_buf *text, const char *path,
    struct td_err *err)
{
	const struct load *load = arg;
	bool open;
	int rc = read_judged(text, &open, load, path, err);

	if (rc == 0 && load->keep != NULL)
		td_kept_add(load->keep, TD_KEPT_TEMPLATE,
		    &(struct td_settings_text){ .name = path,
			.text = td_buf_text(text), .len = text->len });
	return rc;
}

/* A mistake is no failure where what else there is is wanted. */
static int
forgive(const struct load *load, int rc, const struct td_err *err)
{
	if (rc == 0 || rc == -ENOMEM || load->mistake == NULL)
		return rc;
	if (load->mistake->code == 0)
		*load->mistake = *err;
	return 0;
}

/* A missing one is no mistake, but a link that leads nowhere is. */
static int
load_main(struct load *load, struct td_err *err)
{
	struct stat st;

	if (fstatat(load->root_fd, main_file, &st, AT_SYMLINK_NOFOLLOW) != 0 &&
	    errno == ENOENT)
		return 0;
	return load_file(load, main_file, err);
}

static int
load_part(void *arg, const char *path, struct td_err *err)
{
	struct load *load = arg;

	return forgive(load, load_file(load, path, err), err);
}

static int
finish(struct load *load, int (*read)(void *arg, struct td_buf *text,
    const char *path, struct td_err *err), struct td_err *err)
{
	struct td_catalog_reader reader = { read, load };

	td_settings_sort(load->settings);
	return td_catalog_finish(td_settings_catalog(load->settings), &reader,
	    err);
}

static int
load_all(struct load *load, struct td_err *err)
{
	int rc = td_settings_new(&load->settings);

	if (rc == 0)
		rc = forgive(load, load_main(load, err), err);
	if (rc == 0)
		rc = forgive(load, td_parts_each(load->root_fd, more_dir,
		    more_suffix, load_part, load, err), err);
	if (rc == 0)
		rc = load_new_texts(load, err);
	if (rc == 0)
		rc = forgive(load, finish(load, read_template, err), err);
	if (rc == 0 && load->keep != NULL)
		rc = td_buf_status(load->keep);
	return rc;
}

static int
end_load(struct td_settings **settings, struct load *load, int rc,
    struct td_err *err)
{
	if (rc == 0) {
		*settings = load->settings;
		return 0;
	}
	td_settings_free(load->settings);
	if (rc == -ENOMEM)
		(void)td_fail_errno(err, rc, "settings");
	return rc;
}

static int
load_spool_as(struct td_settings **settings, struct load *load, uid_t self,
    struct td_err *err)
{
	int rc = path_of(&load->spool, load->root_fd);

	load->self = self;
	if (rc != 0)
		return td_fail_errno(err, rc, "the spool's path");
	rc = load_all(load, err);
	free(load->spool);
	return end_load(settings, load, rc, err);
}

static int
load_spool(struct td_settings **settings, struct load *load,
    struct td_err *err)
{
	return load_spool_as(settings, load, geteuid(), err);
}

/* The next kept text of this KIND, and of this NAME unless it is NULL. */
static int
next_kept(const struct load *load, const char **at, enum td_kept_kind kind,
    const char *name, struct td_settings_text *text)
{
	enum td_kept_kind has;
	int rc;

	while ((rc = td_kept_next(at, load->kept_end, &has, text)) == 1)
		if (has == kind && (name == NULL ||
		    strcmp(text->name, name) == 0))
			return 1;
	return rc;
}

static int
fail_kept(int rc, const char *what, struct td_err *err)
{
	return td_fail_errno(err, rc == 0 ? -ENOENT : rc, "%s among the "
	    "settings that were handed over", what);
}

static int
find_template(void *arg, struct td_buf *out, const char *path,
    struct td_err *err)
{
	const struct load *load = arg;
	struct td_settings_text text;
	const char *at = load->kept;
	int rc = next_kept(load, &at, TD_KEPT_TEMPLATE, path, &text);

	if (rc != 1)
		return fail_kept(rc, path, err);
	td_buf_add(out, text.text, text.len);
	return td_buf_status(out);
}

static int
load_kept(struct load *load, struct td_err *err)
{
	struct td_settings_text text;
	const char *at = load->kept;
	int more, rc = td_settings_new(&load->settings);

	if (rc != 0)
		return rc;
	while (rc == 0 && (more = next_kept(load, &at, TD_KEPT_FILE, NULL,
	    &text)) != 0)
		rc = more == 1 ? td_settings_add_text(load->settings, &text,
		    err) : fail_kept(more, "a file", err);
	return rc == 0 ? finish(load, find_template, err) : rc;
}

int
td_settings_load(struct td_settings **settings, int root_fd,
    struct td_err *err)
{
	return load_spool(settings, &(struct load){ .root_fd = root_fd,
		.only_trusted = true }, err);
}

int
td_settings_load_keep(struct td_settings **settings, int root_fd,
    struct td_buf *kept, struct td_err *err)
{
	td_kept_begin(kept);
	return load_spool(settings, &(struct load){ .root_fd = root_fd,
		.only_trusted = true, .keep = kept }, err);
}

int
td_settings_load_kept(struct td_settings **settings,
    const struct td_buf *kept, struct td_err *err)
{
	const char *text = td_buf_text(kept);
	struct load load = { .kept_end = text + kept->len };

	load.kept = td_kept_first(text, load.kept_end);
	if (load.kept == NULL)
		return -ESTALE;
	return end_load(settings, &load, load_kept(&load, err), err);
}

int
td_settings_check_for(int root_fd, uid_t runner, struct td_err *err)
{
	struct td_settings *settings = NULL;
	int rc = load_spool_as(&settings, &(struct load){ .root_fd = root_fd,
		.only_trusted = true }, runner, err);

	td_settings_free(settings);
	return rc;
}

int
td_settings_read(struct td_settings **settings, int root_fd,
    struct td_err *err)
{
	return load_spool(settings, &(struct load){ .root_fd = root_fd },
	    err);
}

int
td_settings_read_part(struct td_settings **settings, int root_fd,
    struct td_err *mistake)
{
	struct td_err err = {0};
	int rc;

	mistake->code = 0;
	rc = load_spool(settings, &(struct load){ .root_fd = root_fd,
		.mistake = mistake }, &err);
	if (rc != 0)
		*mistake = err;
	return rc;
}

int
td_settings_load_with(struct td_settings **settings, int root_fd,
    const struct td_settings_text *texts, size_t n, struct td_err *err)
{
	return load_spool(settings, &(struct load){ .root_fd = root_fd,
		.only_trusted = true, .texts = texts, .n_texts = n }, err);
}

int
td_settings_read_with(struct td_settings **settings, int root_fd,
    const struct td_settings_text *texts, size_t n, struct td_err *err)
{
	return load_spool(settings, &(struct load){ .root_fd = root_fd,
		.texts = texts, .n_texts = n }, err);
}

int
td_settings_check_text(const char *file, const char *text, size_t len,
    struct td_err *err)
{
	struct td_settings_text one = { .name = file, .text = text,
		.len = len };
	struct td_settings *settings = NULL;
	int rc = td_settings_new(&settings);

	if (rc == 0)
		rc = td_settings_add_text(settings, &one, err);
	td_settings_free(settings);
	if (rc == -ENOMEM)
		(void)td_fail_errno(err, rc, "%s", file);
	return rc;
}
