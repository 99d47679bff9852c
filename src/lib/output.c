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

_Static_assert(TD_OUTPUT_NAME_SIZE >= TD_NAME_ID_SIZE + 1 + 10,
    "an id, a dot and 32 bits in decimal must fit");

void
td_output_name(char out[static TD_OUTPUT_NAME_SIZE], const char *id,
    uint32_t try)
{
	(void)snprintf(out, TD_OUTPUT_NAME_SIZE, "%.*s.%" PRIu32,
	    TD_NAME_ID_MAX, id, try);
}

void
td_output_slot_name(char out[static TD_OUTPUT_NAME_SIZE], unsigned slot)
{
	(void)snprintf(out, TD_OUTPUT_NAME_SIZE, "slot-%u", slot);
}

/* The try of "ID.TRY"; 0 for any other name. */
static uint32_t
try_of(const char *name, const char *id, size_t id_len)
{
	uint64_t try = 0;

	if (strncmp(name, id, id_len) != 0 || name[id_len] != '.')
		return 0;
	if (td_num_parse_text(&try, name + id_len + 1, UINT32_MAX) != 0)
		return 0;
	return (uint32_t)try;
}

int
td_output_last_try(int log_fd, const char *id, uint32_t *try)
{
	struct td_scan scan = { 0 };
	size_t id_len = strlen(id);
	uint32_t last = 0;
	const char *name;
	int rc, fd = openat(log_fd, "output", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno != ENOENT)
		return -errno;
	if (fd < 0) {
		*try = 0;
		return 0;
	}
	rc = td_scan_open(&scan, fd);
	(void)close(fd);
	if (rc != 0)
		return rc;
	while ((rc = td_scan_next(&scan, &name, NULL)) == 1) {
		uint32_t one = try_of(name, id, id_len);

		last = one > last ? one : last;
	}
	td_scan_close(&scan);
	if (rc == 0)
		*try = last;
	return rc;
}
