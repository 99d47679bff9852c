#include "config.h"

#include "lib/metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "lib/json_scan.h"

#define FILE_NAME	"metrics.prom"

void
td_metrics_add_value(struct td_buf *out, const char *text)
{
	const char *end = text + strlen(text);

	while (text < end) {
		size_t len = td_json_utf8(text, end);

		if (*text == '\\' || *text == '"')
			td_buf_add_char(out, '\\');
		if (len == 0 || (*text > 0 && *text < ' '))
			td_buf_add_char(out, '?');
		else
			td_buf_add(out, text, len);
		text += len == 0 ? 1 : len;
	}
}

struct writer {
	struct td_buf *out;
	const struct td_metrics *metrics;
	struct td_buf spool;	/* {spool="..." */
	const char *family;
};

static void
begin(struct writer *writer, const char *family, const char *type,
    const char *help)
{
	writer->family = family;
	td_buf_add_format(writer->out, "# HELP %s %s\n# TYPE %s %s\n", family,
	    help, family, type);
}

static void
add_label(struct td_buf *out, const char *label, const char *value)
{
	td_buf_add_format(out, ",%s=\"", label);
	td_metrics_add_value(out, value);
	td_buf_add_char(out, '"');
}

static void
add_sample(struct writer *writer, const char *suffix)
{
	td_buf_add_text(writer->out, writer->family);
	td_buf_add_text(writer->out, suffix);
	td_buf_add(writer->out, td_buf_text(&writer->spool),
	    writer->spool.len);
}

static void
end_sample(struct writer *writer, uint64_t value)
{
	td_buf_add_format(writer->out, "} %" PRIu64 "\n", value);
}

static void
end_sample_us(struct writer *writer, uint64_t us)
{
	td_buf_add_format(writer->out, "} %" PRIu64 ".%06u\n", us / 1000000,
	    (unsigned)(us % 1000000));
}

/* A family of one sample. */
static void
add_one(struct writer *writer, const char *family, const char *help,
    uint64_t value)
{
	begin(writer, family, "gauge", help);
	add_sample(writer, "");
	end_sample(writer, value);
}

/* Begins a sample of a class. */
static void
add_class(struct writer *writer, const char *suffix,
    const struct td_tally_row *row)
{
	char class_name[TD_NAME_CLASS_SIZE];

	td_name_decode_class(class_name, row->class_enc,
	    strlen(row->class_enc));
	add_sample(writer, suffix);
	add_label(writer->out, "class", class_name);
}

/* One family of the classes. */
struct of_class {
	const char *name, *type, *help;
	void (*add)(struct writer *writer, const struct td_tally_row *row);
};

static void
add_tasks(struct writer *writer, const struct td_tally_row *row)
{
	for (int i = 0; i < TD_STATE_COUNT; i++) {
		add_class(writer, "", row);
		add_label(writer->out, "state",
		    td_state_name((enum td_state)i));
		end_sample(writer, row->n[i]);
	}
}

static void
add_due(struct writer *writer, const struct td_tally_row *row)
{
	add_class(writer, "", row);
	end_sample(writer, row->due);
}

static void
add_oldest(struct writer *writer, const struct td_tally_row *row)
{
	uint64_t now = writer->metrics->now;

	add_class(writer, "", row);
	end_sample(writer, row->due > 0 && row->next < now ? now - row->next :
	    0);
}

static void
add_runs(struct writer *writer, const struct td_tally_row *row)
{
	for (int i = 0; i < TD_RESULT_COUNT; i++) {
		if (row->runs[i] == 0)
			continue;
		add_class(writer, "", row);
		add_label(writer->out, "result",
		    td_result_name((enum td_result)i));
		end_sample(writer, row->runs[i]);
	}
}

static void
add_durations(struct writer *writer, const struct td_tally_row *row)
{
	if (row->timed == 0)
		return;
	add_class(writer, "_sum", row);
	end_sample_us(writer, row->busy_us);
	add_class(writer, "_count", row);
	end_sample(writer, row->timed);
}

static const struct of_class families[] = {
	{ "taskdir_tasks", "gauge", "Tasks by class and state.", add_tasks },
	{ "taskdir_due_tasks", "gauge", "Waiting tasks that are due.",
	  add_due },
	{ "taskdir_oldest_due_age_seconds", "gauge", "How long the task that "
	  "was due first has been; 0 if none is due.", add_oldest },
	{ "taskdir_runs_total", "counter", "Runs that ended, by result; tasks "
	  "that never ran too.", add_runs },
	{ "taskdir_run_duration_seconds", "summary", "How long the runs "
	  "took.", add_durations },
};

static bool
has_runs(const struct td_tally_row *row)
{
	for (int i = 0; i < TD_RESULT_COUNT; i++)
		if (row->runs[i] != 0)
			return true;
	return false;
}

/* Where there are too many, those that never ran are one; so a class that is
 * counted by its name stays so. */
static void
add_family(struct writer *writer, const struct of_class *family)
{
	const struct td_tally *tally = &writer->metrics->tally;
	bool too_many = tally->n > TD_METRICS_CLASSES_MAX;
	struct td_tally_row rest = { .class_enc = "*" };

	begin(writer, family->name, family->type, family->help);
	for (size_t i = 0; i < tally->n; i++) {
		const struct td_tally_row *row = &tally->rows[i];

		if (strcmp(row->class_enc, "*") == 0 ||
		    (too_many && !has_runs(row)))
			td_tally_sum(&rest, row);
		else
			family->add(writer, row);
	}
	if (too_many || has_runs(&rest))
		family->add(writer, &rest);
}

static uint64_t
count_dead(const struct td_tally *tally)
{
	uint64_t n = 0;

	for (size_t i = 0; i < tally->n; i++)
		n += tally->rows[i].n[TD_STATE_DLQ];
	return n;
}

static void
add_users(struct writer *writer)
{
	const struct td_metrics *metrics = writer->metrics;

	if (metrics->n_users == 0)
		return;
	begin(writer, "taskdir_user_waiting_tasks", "gauge",
	    "Waiting tasks of each user of a shared spool.");
	for (size_t i = 0; i < metrics->n_users; i++) {
		add_sample(writer, "");
		add_label(writer->out, "user", metrics->users[i].name);
		end_sample(writer, metrics->users[i].waiting);
	}
}

static void
add_runner(struct writer *writer)
{
	const struct td_metrics *metrics = writer->metrics;

	add_one(writer, "taskdir_runner_up", "Whether a runner holds the "
	    "spool.", metrics->has_runner);
	if (metrics->start != 0)
		add_one(writer, "taskdir_runner_start_time_seconds", "When "
		    "the runner was started, Unix time.", metrics->start);
	add_one(writer, "taskdir_slots", "Tasks that may run at the same "
	    "time.", metrics->slots);
	add_one(writer, "taskdir_slots_busy", "Tasks that run.",
	    metrics->busy);
}

void
td_metrics_format(struct td_buf *out, const struct td_metrics *metrics)
{
	struct writer writer = { .out = out, .metrics = metrics };

	td_buf_add_text(&writer.spool, "{spool=\"");
	td_metrics_add_value(&writer.spool, metrics->spool);
	td_buf_add_char(&writer.spool, '"');
	add_runner(&writer);
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		add_family(&writer, &families[i]);
	add_one(&writer, "taskdir_dead_letters", "Tasks in dlq/.",
	    count_dead(&metrics->tally));
	add_users(&writer);
	add_one(&writer, "taskdir_free_bytes", "Room on the spool's file "
	    "system.", metrics->space.bytes);
	if (metrics->space.all_inodes > 0)
		add_one(&writer, "taskdir_free_inodes", "Inodes left on the "
		    "spool's file system.", metrics->space.inodes);
	out->failed |= td_buf_status(&writer.spool) != 0;
	td_buf_release(&writer.spool);
}

int
td_metrics_write(int run_fd, const struct td_metrics *metrics)
{
	struct td_buf text = {0};
	int rc;

	td_metrics_format(&text, metrics);
	rc = td_buf_status(&text);
	if (rc == 0)
		rc = td_io_replace(run_fd, FILE_NAME, text.data, text.len,
		    0644, 0);
	td_buf_release(&text);
	return rc;
}

struct td_tally_row *
td_metrics_row(struct td_tally *tally, const struct td_tally *runs,
    const char *class_enc, size_t len)
{
	bool own = tally->n < TD_METRICS_CLASSES_MAX ||
	    td_tally_find(tally, class_enc, len) != NULL ||
	    (runs != NULL && td_tally_find(runs, class_enc, len) != NULL);

	return own ? td_tally_get(tally, class_enc, len) :
	    td_tally_get(tally, "*", 1);
}

void
td_metrics_count(struct td_tally *tally, const struct td_run *run)
{
	char class_enc[TD_NAME_CLASS_SIZE];
	struct td_tally_row *row;

	if (run->class_name == NULL || td_name_encode_class(class_enc,
	    run->class_name, strlen(run->class_name)) != 0)
		return;
	row = td_metrics_row(tally, NULL, class_enc, strlen(class_enc));
	if (row == NULL)
		return;
	row->runs[run->result]++;
	if (run->start_us == 0)
		return;
	row->timed++;
	if (run->end_us > run->start_us)
		row->busy_us += run->end_us - run->start_us;
}

/* Reading it again: our own lines, and no others. */

struct sample {
	char name[64], class_name[TD_NAME_CLASS_SIZE], result[16];
	uint64_t whole, micros;
};

/* A label's value without its escapes, cut to SIZE; behind its quote. */
static const char *
take_value(const char *p, char *out, size_t size)
{
	size_t n = 0;

	for (; *p != '"' && *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		if (n + 1 < size)
			out[n++] = *p;
	}
	if (size > 0)
		out[n] = '\0';
	return *p == '"' ? p + 1 : p;
}

static const char *
take_label(struct sample *sample, const char *p)
{
	size_t len = strcspn(p, "=");

	if (p[len] == '\0' || p[len + 1] != '"')
		return "";
	if (len == 5 && memcmp(p, "class", 5) == 0)
		return take_value(p + 7, sample->class_name,
		    sizeof(sample->class_name));
	if (len == 6 && memcmp(p, "result", 6) == 0)
		return take_value(p + 8, sample->result,
		    sizeof(sample->result));
	return take_value(p + len + 2, NULL, 0);
}

/* "12" or "12.345678". */
static bool
take_number(struct sample *sample, const char *p)
{
	char *end;

	errno = 0;
	sample->whole = strtoull(p, &end, 10);
	sample->micros = 0;
	if (*end == '.')
		sample->micros = strtoull(end + 1, &end, 10);
	return errno == 0 && *end == '\0' && sample->micros < 1000000;
}

static bool
take_sample(struct sample *sample, const char *line)
{
	size_t len = strcspn(line, "{");
	const char *p = line + len;

	*sample = (struct sample){0};
	if (*p != '{' || len >= sizeof(sample->name))
		return false;
	memcpy(sample->name, line, len);
	for (p++; *p != '}' && *p != '\0'; p += *p == ',')
		p = take_label(sample, p);
	return p[0] == '}' && p[1] == ' ' && take_number(sample, p + 2);
}

static int
use_sample(struct td_metrics *metrics, const struct sample *sample)
{
	char class_enc[TD_NAME_CLASS_SIZE] = "*";
	struct td_tally_row *row;
	enum td_result result;

	if (strcmp(sample->name, "taskdir_slots") == 0)
		metrics->slots = sample->whole;
	if (strcmp(sample->name, "taskdir_runner_start_time_seconds") == 0)
		metrics->start = sample->whole;
	if (strncmp(sample->name, "taskdir_run", 11) != 0 ||
	    sample->class_name[0] == '\0' ||
	    (strcmp(sample->class_name, "*") != 0 && td_name_encode_class(
	    class_enc, sample->class_name, strlen(sample->class_name)) != 0))
		return 0;
	row = td_tally_get(&metrics->tally, class_enc, strlen(class_enc));
	if (row == NULL)
		return -ENOMEM;
	if (strcmp(sample->name, "taskdir_runs_total") == 0 &&
	    td_result_parse(&result, sample->result) == 0)
		row->runs[result] = sample->whole;
	else if (strcmp(sample->name, "taskdir_run_duration_seconds_sum") == 0)
		row->busy_us = sample->whole * 1000000 + sample->micros;
	else if (strcmp(sample->name,
	    "taskdir_run_duration_seconds_count") == 0)
		row->timed = sample->whole;
	return 0;
}

int
td_metrics_load(struct td_metrics *metrics, int run_fd)
{
	struct td_buf text = {0};
	struct sample sample;
	char *line, *rest = NULL;
	int rc = td_io_read_file(run_fd, FILE_NAME, &text, (size_t)64 << 20);

	if (rc == 0)
		rc = td_buf_status(&text);
	for (line = rc == 0 && text.len > 0 ? strtok_r(text.data, "\n", &rest) :
	    NULL; line != NULL && rc == 0; line = strtok_r(NULL, "\n", &rest))
		if (take_sample(&sample, line))
			rc = use_sample(metrics, &sample);
	td_buf_release(&text);
	return rc == -ENOENT ? 0 : rc;
}

void
td_metrics_release(struct td_metrics *metrics)
{
	free(metrics->users);
	td_tally_release(&metrics->tally);
	*metrics = (struct td_metrics){0};
}
