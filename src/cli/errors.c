#include "config.h"

#include "cli/errors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/detail.h"
#include "lib/runlog.h"

static int
compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

static int
by_id(const void *a, const void *b)
{
	const struct td_error_entry *left = a, *right = b;

	return compare(left->id, left->id_len, right->id, right->id_len);
}

static struct td_error_entry *
find(const struct td_errors *errors, const char *id, size_t id_len)
{
	struct td_error_entry key = { .id = id, .id_len = id_len };

	if (errors->n == 0)
		return NULL;
	return bsearch(&key, errors->entries, errors->n,
	    sizeof(*errors->entries), by_id);
}

/* Those that failed at least once and wait. */
static int
collect(struct td_errors *errors, const struct td_roll *roll)
{
	struct td_name name;

	errors->entries = calloc(roll->n + 1, sizeof(*errors->entries));
	if (errors->entries == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < roll->n; i++) {
		const struct td_roll_entry *entry = &roll->entries[i];

		if (entry->state == TD_ROLL_DROP ||
		    entry->state == TD_STATE_DLQ ||
		    td_name_parse(&name, td_roll_name(roll, entry)) != 0 ||
		    name.tries == 0)
			continue;
		errors->entries[errors->n++] = (struct td_error_entry){
			.id = name.id, .id_len = name.id_len,
		};
	}
	errors->n_missing = errors->n;
	qsort(errors->entries, errors->n, sizeof(*errors->entries), by_id);
	return 0;
}

static int
note_line(void *arg, const struct td_runlog_line *line)
{
	struct td_errors *errors = arg;
	struct td_error_entry *entry = find(errors, line->id,
	    strlen(line->id));
	struct td_json_span whole = { line->text, line->len }, error;

	if (entry == NULL || entry->known)
		return 0;
	error = td_json_member(whole, "error");
	if (error.text == NULL || td_json_type(error) != TD_JSON_STRING)
		return 0;
	entry->at = errors->texts.len;
	entry->known = true;
	(void)td_json_decode(&errors->texts, error, NULL);
	td_buf_add(&errors->texts, "", 1);
	return --errors->n_missing == 0;
}

int
td_errors_load(struct td_errors *errors, const struct td_conf *conf,
    const struct td_roll *roll)
{
	int rc;

	errors->conf = conf;
	rc = collect(errors, roll);
	if (rc == 0 && errors->n_missing > 0)
		rc = td_runlog_read_back(conf->spool.log_fd, 0, 0, note_line,
		    errors);
	return rc < 0 ? rc : td_buf_status(&errors->texts);
}

static void
print_letter(struct td_out *out, const struct td_spool *spool,
    const struct td_name *name)
{
	struct td_verdict letter = {0};

	if (td_verdict_load(&letter, spool, name->id, name->id_len) == 0)
		td_out_bytes(out, "error", td_buf_text(&letter.error),
		    letter.error.len);
	td_verdict_release(&letter);
}

void
td_errors_print(const struct td_errors *errors, struct td_out *out,
    enum td_state state, const char *text, const struct td_name *name)
{
	const struct td_error_entry *entry;
	struct td_detail detail = {0};

	if (errors->conf == NULL)
		return;
	if (state == TD_STATE_DLQ) {
		print_letter(out, &errors->conf->spool, name);
		return;
	}
	entry = find(errors, name->id, name->id_len);
	if (entry == NULL)
		return;
	if (td_detail_load(&detail, errors->conf, state, text, NULL) == 0)
		td_detail_print_left(out, &detail.task, errors->conf,
		    name->tries);
	td_detail_release(&detail);
	if (entry->known)
		td_out_text(out, "error", errors->texts.data + entry->at);
}

void
td_errors_release(struct td_errors *errors)
{
	free(errors->entries);
	td_buf_release(&errors->texts);
}
