#include "config.h"

#include "cli/usage.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/num.h"
#include "lib/output.h"
#include "lib/runlog.h"
#include "lib/scan.h"

enum { SIZE_TEXT = 24 };

/* "999", "1.2K", "12M" */
static void
format_size(char out[static SIZE_TEXT], uint64_t bytes)
{
	static const char units[] = "KMGTPE";
	double n = (double)bytes;
	size_t i = 0;

	if (bytes < 1024) {
		(void)snprintf(out, SIZE_TEXT, "%" PRIu64, bytes);
		return;
	}
	for (n /= 1024; n >= 1024 && i + 2 < sizeof(units); i++)
		n /= 1024;
	(void)snprintf(out, SIZE_TEXT, n < 10 ? "%.1f%c" : "%.0f%c", n,
	    units[i]);
}

static bool
is_day(const char *name)
{
	return td_daylog_day(name, TD_RUNLOG_PREFIX) != 0 ||
	    td_daylog_day(name, TD_REQLOG_PREFIX) != 0;
}

static bool
is_output(const char *name)
{
	struct td_output output;

	return td_output_parse(&output, name) == 0;
}

/* What they take on the disk. */
static int
add_files(int dir_fd, bool (*is_ours)(const char *name), uint64_t *bytes,
    uint64_t *n)
{
	struct td_scan scan = {0};
	const char *name;
	struct stat st;
	int rc = td_scan_open(&scan, dir_fd);

	while (rc == 0 && (rc = td_scan_next(&scan, &name, NULL)) == 1) {
		rc = 0;
		if (!is_ours(name) || fstatat(dir_fd, name, &st,
		    AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
			continue;
		*bytes += (uint64_t)st.st_blocks * 512;
		++*n;
	}
	td_scan_close(&scan);
	return rc;
}

int
td_usage_read(struct td_disk_usage *usage, const struct td_spool *spool)
{
	int rc, fd = td_io_open_dir(spool->log_fd, "output");

	*usage = (struct td_disk_usage){0};
	rc = add_files(spool->log_fd, is_day, &usage->log_bytes,
	    &usage->n_days);
	if (fd < 0)
		return rc != 0 ? rc : fd == -ENOENT ? 0 : fd;
	if (rc == 0)
		rc = add_files(fd, is_output, &usage->output_bytes,
		    &usage->n_outputs);
	(void)close(fd);
	return rc;
}

/* "1.2M of 1G, 3 files, kept for 28d00h" */
static void
print_text(struct td_out *out, const char *key, uint64_t bytes, uint64_t max,
    uint64_t n, uint64_t retention_ms)
{
	char size[SIZE_TEXT], limit[SIZE_TEXT + 8] = "";
	char age[TD_NUM_DURATION_SIZE], kept[TD_NUM_DURATION_SIZE + 16] = "";
	char text[160];

	format_size(size, bytes);
	if (max != 0) {
		(void)memcpy(limit, " of ", 5);
		format_size(limit + 4, max);
	}
	if (retention_ms != 0) {
		td_num_format_duration(age, retention_ms / 1000);
		(void)snprintf(kept, sizeof(kept), ", kept for %s", age);
	}
	(void)snprintf(text, sizeof(text), "%s%s, %" PRIu64 " files%s", size,
	    limit, n, kept);
	td_out_text(out, key, text);
}

void
td_usage_print(struct td_out *out, const struct td_disk_usage *usage,
    const struct td_settings *settings)
{
	struct td_runner_settings runner;

	td_settings_runner(settings, &runner);
	if (out->json) {
		td_out_uint(out, "log_bytes", usage->log_bytes);
		td_out_uint(out, "log_days", usage->n_days);
		td_out_uint(out, "log_max", runner.log_max_bytes);
		td_out_uint(out, "output_bytes", usage->output_bytes);
		td_out_uint(out, "outputs", usage->n_outputs);
		td_out_uint(out, "output_total", runner.output_total_bytes);
		td_out_uint(out, "log_retention",
		    runner.log_retention_ms / 1000);
		return;
	}
	print_text(out, "log", usage->log_bytes, runner.log_max_bytes,
	    usage->n_days, runner.log_retention_ms);
	print_text(out, "output", usage->output_bytes,
	    runner.output_total_bytes, usage->n_outputs,
	    runner.log_retention_ms);
}
