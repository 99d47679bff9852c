#include "config.h"

#include "cli/select.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/pattern.h"
#include "lib/eventfile.h"
#include "lib/runlog.h"
#include "lib/scan.h"

/* Named in the complaint about an ambiguous id. */
enum { CANDIDATES_MAX = 5 };

void
td_found_set(struct td_found *found, enum td_state state, const char *text,
    const struct td_name *name)
{
	found->state = state;
	(void)snprintf(found->text, sizeof(found->text), "%s", text);
	found->name = *name;
	found->name.class_enc = found->text + (name->class_enc - text);
	found->name.id = found->text + (name->id - text);
	(void)snprintf(found->id, sizeof(found->id), "%.*s",
	    (int)name->id_len, name->id);
}

static int
walk_dir(int dir_fd, enum td_state state, const struct td_select_walk *walk)
{
	struct td_scan scan = {0};
	struct td_name name;
	unsigned char type;
	const char *text;
	int rc = td_scan_open(&scan, dir_fd);

	if (rc != 0)
		return rc;
	while ((rc = td_scan_next(&scan, &text, &type)) == 1) {
		int stop = 0;

		if (td_name_parse(&name, text) == 0)
			stop = walk->each(walk->arg, state, text, &name);
		else if (walk->other != NULL)
			stop = walk->other(walk->arg, state, text, type);
		if (stop != 0) {
			rc = stop;
			break;
		}
	}
	td_scan_close(&scan);
	return rc;
}

int
td_select_walk(const struct td_spool *spool, unsigned set,
    const struct td_select_walk *walk)
{
	/* The way of a task's life: one that moves on is met again rather
	 * than missed. */
	static const enum td_state order[TD_STATE_COUNT] = {
		TD_STATE_NEW, TD_STATE_FAILED, TD_STATE_CUR, TD_STATE_DLQ,
	};
	int rc = 0;

	/* A letter box: what the runner has yet to take. */
	if (set & TD_SELECT_NEW && spool->kind == TD_SPOOL_BOX)
		rc = walk_dir(spool->drop_fd, TD_STATE_NEW, walk);
	for (size_t i = 0; rc == 0 && i < TD_STATE_COUNT; i++)
		if (set & 1u << order[i])
			rc = walk_dir(spool->state_fd[order[i]], order[i],
			    walk);
	return rc;
}

enum td_match
td_select_match(const char *word, const char *id, size_t len)
{
	size_t n = strlen(word);

	if (n == 0 || n > len)
		return TD_MATCH_NONE;
	if (n == len)
		return memcmp(id, word, n) == 0 ? TD_MATCH_WHOLE :
		    TD_MATCH_NONE;
	if (memcmp(id, word, n) == 0 || memcmp(id + len - n, word, n) == 0)
		return TD_MATCH_PART;
	return TD_MATCH_NONE;
}

/* The ids that fit a word so far. */
struct hunt {
	const char *word;
	struct td_found found;	/* the one that fits best */
	char ids[CANDIDATES_MAX][TD_NAME_ID_SIZE];
	unsigned n;		/* different ones; may exceed the array */
	bool whole;
	bool event;		/* of an event, whose id WORD is, tasks */
};

/* Whether this id is a new candidate. */
static bool
note_candidate(struct hunt *hunt, const char *id, size_t len)
{
	for (unsigned i = 0; i < hunt->n && i < CANDIDATES_MAX; i++)
		if (strlen(hunt->ids[i]) == len &&
		    memcmp(hunt->ids[i], id, len) == 0)
			return false;
	if (hunt->n < CANDIDATES_MAX) {
		memcpy(hunt->ids[hunt->n], id, len);
		hunt->ids[hunt->n][len] = '\0';
	}
	hunt->n++;
	return true;
}

static int
hunt_name(void *arg, enum td_state state, const char *text,
    const struct td_name *name)
{
	struct hunt *hunt = arg;
	enum td_match match = td_select_match(hunt->word, name->id,
	    name->id_len);

	if (match == TD_MATCH_NONE || (hunt->whole && match == TD_MATCH_PART))
		return 0;
	(void)note_candidate(hunt, name->id, name->id_len);
	td_found_set(&hunt->found, state, text, name);
	hunt->event |= td_eventfile_has(hunt->word, hunt->found.id);
	hunt->whole = match == TD_MATCH_WHOLE;
	return 0;
}

static int
ambiguous(const struct hunt *hunt, struct td_err *err)
{
	char list[CANDIDATES_MAX * (TD_NAME_ID_SIZE + 1)] = "";
	size_t n = 0;

	for (unsigned i = 0; i < hunt->n && i < CANDIDATES_MAX; i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s",
		    i > 0 ? " " : "", hunt->ids[i]);
	return td_fail(err, -ENOTUNIQ, "\"%s\" fits %u ids: %s%s; give more "
	    "of it", hunt->word, hunt->n, list,
	    hunt->n > CANDIDATES_MAX ? " ..." : "");
}

static int
hunt_spool(struct hunt *hunt, const struct td_spool *spool, unsigned set,
    struct td_err *err)
{
	struct td_select_walk walk = { .each = hunt_name, .arg = hunt };

	/* Twice: between failed/ and cur/ a task moves both ways. */
	for (int i = 0; i < 2 && hunt->n == 0; i++) {
		int rc = td_select_walk(spool, set, &walk);

		if (rc != 0)
			return td_fail_errno(err, rc, "cannot read %s",
			    spool->path);
	}
	if (hunt->n == 0)
		return td_fail(err, -ENOENT, "there is no task \"%s\" here",
		    hunt->word);
	return hunt->n > 1 && !hunt->whole ? ambiguous(hunt, err) : 0;
}

int
td_select_one(struct td_found *found, const struct td_spool *spool,
    unsigned set, const char *word, struct td_err *err)
{
	struct hunt hunt = { .word = word };
	int rc = hunt_spool(&hunt, spool, set, err);

	if (rc == 0)
		td_found_set(found, hunt.found.state, hunt.found.text,
		    &hunt.found.name);
	return rc;
}

static int
hunt_line(void *arg, const struct td_runlog_line *line)
{
	struct hunt *hunt = arg;
	size_t len = strlen(line->id);
	enum td_match match = td_select_match(hunt->word, line->id, len);

	if (match == TD_MATCH_NONE)
		return 0;
	if (note_candidate(hunt, line->id, len) || match == TD_MATCH_WHOLE)
		memcpy(hunt->found.id, line->id, len + 1);
	hunt->whole = match == TD_MATCH_WHOLE;
	return hunt->whole;
}

int
td_select_any(struct td_found *found, const struct td_spool *spool,
    const char *word, struct td_err *err)
{
	struct hunt hunt = { .word = word };
	int rc = hunt_spool(&hunt, spool, TD_SELECT_ALL, err);

	if (rc == 0 && !hunt.event)
		td_found_set(found, hunt.found.state, hunt.found.text,
		    &hunt.found.name);
	if (rc != -ENOENT && !hunt.event)
		return rc;
	hunt = (struct hunt){ .word = word };
	rc = td_runlog_read_back(spool->log_fd, 0, 0, hunt_line, &hunt);
	if (rc < 0)
		return td_fail_errno(err, rc, "cannot read the run log");
	if (hunt.n == 0)
		return -ENOENT;
	if (hunt.n > 1 && !hunt.whole)
		return ambiguous(&hunt, err);
	memcpy(found->id, hunt.found.id, sizeof(found->id));
	return 1;
}

bool
td_select_class(const char *pattern, const struct td_name *name)
{
	char class_name[TD_NAME_CLASS_SIZE], plain[2 * TD_NAME_CLASS_SIZE];
	size_t n;

	if (pattern == NULL)
		return true;
	if (*pattern == '\\' && pattern[1] != '\0')
		pattern++;
	(void)snprintf(plain, sizeof(plain), "%s", pattern);
	for (n = 0; plain[n] != '\0'; n++)
		if (plain[n] == ':' || plain[n] == '/')
			plain[n] = '\\';
	td_name_decode_class(class_name, name->class_enc, name->class_len);
	return td_pattern_matches(plain, class_name);
}

unsigned
td_select_state(const char *word)
{
	for (unsigned state = 0; state < TD_STATE_COUNT; state++)
		if (strcmp(word, td_state_name((enum td_state)state)) == 0)
			return 1u << state;
	return 0;
}
