#include "config.h"

#include "cli/why.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "base/num.h"
#include "cli/detail.h"
#include "cli/writer.h"

/* No regular file: left where it is, whatever it is. */
static const char *
kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR: return "a directory";
	case S_IFLNK: return "a symbolic link";
	case S_IFIFO: return "a FIFO";
	case S_IFSOCK: return "a socket";
	default: return "a device";
	}
}

static void
say_content(struct td_why *why, const char *name, const struct stat *st)
{
	struct td_runner_settings settings;
	struct td_detail detail = {0};
	struct td_err err = {0};
	uint64_t age = why->out->now > st->st_ctime ?
	    (uint64_t)(why->out->now - st->st_ctime) : 0;
	char span[TD_NUM_DURATION_SIZE];
	pid_t writer = td_writer_find(st->st_dev, st->st_ino);

	td_settings_runner(why->conf->settings, &settings);
	td_num_format_duration(span, age);
	if (writer != 0)
		td_why_say(why, "open", "process %ld still holds it open for "
		    "writing", (long)writer);
	if (td_detail_load(&detail, why->conf, TD_STATE_NEW, name, &err) !=
	    0 && !td_why_event(why, &detail.text))
		td_why_say(why, "incomplete", "it is not complete yet, or "
		    "broken: %s; it goes to dlq/ when it has not changed for "
		    "%" PRIu64 " ms (it changed %s ago)", err.text,
		    settings.settle_ms, span);
	else if (writer == 0)
		td_why_say(why, "settling", "it is complete, and about to be "
		    "admitted; at most %" PRIu64 " ms where no lease is "
		    "permitted", settings.settle_ms);
	td_detail_release(&detail);
}

bool
td_why_is_dropped(const struct td_why *why, const struct td_found *found)
{
	struct stat st;

	return why->conf->spool.kind == TD_SPOOL_BOX &&
	    found->state == TD_STATE_NEW &&
	    fstatat(why->conf->spool.drop_fd, found->text, &st,
	    AT_SYMLINK_NOFOLLOW) == 0;
}

/* What the runner has against a file in the letter box of a user: true if
 * there is anything. */
static bool
say_rights(struct td_why *why, const struct stat *st)
{
	bool foreign = st->st_uid != why->conf->spool.owner;

	if (foreign)
		td_why_say(why, "foreign", "it belongs to user %lu, not to the "
		    "user of this box, and is left there: remove it",
		    (unsigned long)st->st_uid);
	if (st->st_nlink != 1)
		td_why_say(why, "links", "it has %lu names, and goes to dlq/ "
		    "unless the others go first: copy it instead",
		    (unsigned long)st->st_nlink);
	if (st->st_mode & S_IWOTH)
		td_why_say(why, "mode", "others may write it, so it goes to "
		    "dlq/: drop a copy that only you can write");
	return foreign || st->st_nlink != 1 || (st->st_mode & S_IWOTH) != 0;
}

int
td_why_odd(struct td_why *why, mode_t mode)
{
	(void)td_why_runner(why);
	td_why_say(why, "not-regular", "it is %s, no regular file, and is left "
	    "there: remove it", kind_of(mode));
	return 0;
}

int
td_why_drop(struct td_why *why, const char *name)
{
	const struct td_spool *spool = &why->conf->spool;
	struct stat st;

	if (fstatat(spool->drop_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return -errno;
	if (td_name_is_ignored(name)) {
		td_why_say(why, "ignored", "a letter box leaves names like "
		    "this alone: editors and copiers use them for a time");
		return 0;
	}
	if (!S_ISREG(st.st_mode))
		return td_why_odd(why, st.st_mode);
	(void)td_why_runner(why);
	if (spool->kind != TD_SPOOL_BOX || !say_rights(why, &st))
		say_content(why, name, &st);
	return 0;
}
