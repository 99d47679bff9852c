#include "config.h"

#include "lib/output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "lib/scan.h"

void
td_output_name(char out[static TD_OUTPUT_NAME_SIZE], const char *class_enc,
    const char *id, uint32_t try)
{
	(void)snprintf(out, TD_OUTPUT_NAME_SIZE, "%.*s,%.*s,%" PRIu32,
	    TD_NAME_CLASS_MAX, class_enc, TD_NAME_ID_MAX, id, try);
}

void
td_output_slot_name(char out[static TD_OUTPUT_NAME_SIZE], unsigned slot)
{
	(void)snprintf(out, TD_OUTPUT_NAME_SIZE, "slot-%u", slot);
}

static const char worker_prefix[] = "worker-";

void
td_output_worker_name(char out[static TD_OUTPUT_NAME_SIZE], pid_t pid)
{
	(void)snprintf(out, TD_OUTPUT_NAME_SIZE, "%s%ld", worker_prefix,
	    (long)pid);
}

bool
td_output_is_worker(const char *name)
{
	/* A class may be called so, but its files have commas. */
	return strncmp(name, worker_prefix, sizeof(worker_prefix) - 1) == 0 &&
	    strchr(name, ',') == NULL;
}

int
td_output_parse(struct td_output *output, const char *name)
{
	const char *id = strchr(name, ','), *try_text;
	size_t class_len, id_len;
	uint64_t try;

	if (id == NULL)
		return -EINVAL;
	class_len = (size_t)(id++ - name);
	try_text = strchr(id, ',');
	if (try_text == NULL)
		return -EINVAL;
	id_len = (size_t)(try_text++ - id);
	if (!td_name_class_is_valid(name, class_len) ||
	    !td_name_id_is_valid(id, id_len) ||
	    td_num_parse_text(&try, try_text, UINT32_MAX) != 0)
		return -EINVAL;
	*output = (struct td_output){
		.class_enc = name,
		.class_len = (uint8_t)class_len,
		.id = id,
		.id_len = (uint8_t)id_len,
		.try = (uint32_t)try,
	};
	return 0;
}

static bool
is_of(const struct td_output *output, const char *id)
{
	return strlen(id) == output->id_len &&
	    memcmp(id, output->id, output->id_len) == 0;
}

int
td_output_find(int log_fd, const char *id, uint32_t try,
    char out[static TD_OUTPUT_NAME_SIZE])
{
	struct td_scan scan = { 0 };
	uint32_t best = 0;
	const char *name;
	int rc, fd = openat(log_fd, "output", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return -errno;
	rc = td_scan_open(&scan, fd);
	(void)close(fd);
	while (rc >= 0 && (rc = td_scan_next(&scan, &name, NULL)) == 1) {
		struct td_output output;

		if (td_output_parse(&output, name) != 0 ||
		    !is_of(&output, id) || output.try <= best ||
		    (try != 0 && output.try != try))
			continue;
		best = output.try;
		(void)snprintf(out, TD_OUTPUT_NAME_SIZE, "%s", name);
	}
	td_scan_close(&scan);
	return rc != 0 ? rc : best == 0 ? -ENOENT : 0;
}
