#include "config.h"

/*
 * Expressions: a refusal says where and why; what is accepted and printed
 * again by its values is the same schedule, and each next time is later and
 * listed.
 */
#include "fuzz.h"
#include "lib/cron.h"

#include <string.h>

#include "lib/taskdir.h"

static int
read_text(struct td_cron *cron, const uint8_t *data, size_t size,
    struct td_cron_fault *fault, struct td_err *err)
{
	struct td_cron_seed seed = { "spool", "entry" };
	char *text = strndup((const char *)data, size);
	int rc;

	FUZZ_HOLDS(text != NULL);
	rc = td_cron_read(cron, text, &seed, fault, err);
	FUZZ_HOLDS(rc == 0 || fault->column <= strlen(text));
	free(text);
	return rc;
}

bool
fuzz_accepts(const uint8_t *data, size_t size)
{
	struct td_cron_fault fault;
	struct td_cron cron;

	return read_text(&cron, data, size, &fault, NULL) == 0;
}

/* "*" where the text was it, else all values. */
static void
print(const struct td_cron *cron, struct td_buf *buf)
{
	for (int field = 0; field < TD_CRON_FIELDS; field++) {
		const char *separator = "";

		td_buf_add_text(buf, field > 0 ? " " : "");
		if (cron->any[field]) {
			td_buf_add_text(buf, "*");
			continue;
		}
		for (int i = 0; i < 64; i++)
			if ((cron->set[field] >> i & 1) != 0) {
				td_buf_add_format(buf, "%s%d", separator, i);
				separator = ",";
			}
	}
}

static void
check_round_trip(const struct td_cron *cron)
{
	struct td_buf buf = { 0 };
	struct td_cron again;

	print(cron, &buf);
	FUZZ_HOLDS(td_cron_read(&again, td_buf_text(&buf), NULL, NULL,
	    NULL) == 0);
	FUZZ_HOLDS(memcmp(again.set, cron->set, sizeof(again.set)) == 0);
	FUZZ_HOLDS(memcmp(again.any, cron->any, sizeof(again.any)) == 0);
	td_buf_release(&buf);
}

static void
check_times(const struct td_cron *cron)
{
	struct td_zone utc = { 0 };
	struct td_cron_time next = { .when = 1795132800 };
	int64_t after = next.when;

	for (int i = 0; i < 20; i++) {
		FUZZ_HOLDS(td_cron_next(cron, &utc, TD_CRON_DEFAULT, after,
		    &next) == 0);
		FUZZ_HOLDS(next.when > after && next.when % 60 == 0);
		FUZZ_HOLDS(cron->set[TD_CRON_MINUTE] >> next.when / 60 % 60 &
		    1);
		FUZZ_HOLDS(cron->set[TD_CRON_HOUR] >> next.when / 3600 % 24 &
		    1);
		after = next.when;
	}
}

static void
check_words(const struct td_cron *cron)
{
	struct td_buf buf = { 0 };

	td_cron_words(cron, &buf);
	FUZZ_HOLDS(buf.len > 0 && buf.len < 1000 && !buf.failed);
	td_buf_release(&buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct td_cron_fault fault = { 0 };
	struct td_err err = { 0 };
	struct td_cron cron;
	int rc = read_text(&cron, data, size, &fault, &err);

	if (rc != 0) {
		FUZZ_HOLDS(rc == TASKDIR_EFORMAT && err.text[0] != '\0');
		return 0;
	}
	check_words(&cron);
	if (!cron.reboot) {
		check_round_trip(&cron);
		check_times(&cron);
	}
	return 0;
}
