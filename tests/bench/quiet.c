#include "config.h"

/* A runner with nothing due: how often it wakes up, all threads together; also
 * with a schedule of 10,000 entries. */

#include "bench.h"

#include "lib/taskdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"

enum { WATCH_S = 20, ENTRIES = 10000 };

static const char switches[] = "voluntary_ctxt_switches:";

static unsigned long
wakeups_of_thread(const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned long n = 0;
	char line[256];

	if (file == NULL)
		bench_die(path, errno);
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, switches, sizeof(switches) - 1) == 0)
			n = strtoul(line + sizeof(switches) - 1, NULL, 10);
	(void)fclose(file);
	return n;
}

static unsigned long
wakeups(pid_t pid)
{
	char path[64], file[512];
	const struct dirent *entry;
	unsigned long n = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%ld/task", (long)pid);
	dir = opendir(path);
	if (dir == NULL)
		bench_die(path, errno);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(file, sizeof(file), "%s/%s/status", path,
		    entry->d_name);
		n += wakeups_of_thread(file);
	}
	(void)closedir(dir);
	return n;
}

/* One task that waits for tomorrow, and one that has just run. */
static void
fill(const char *path)
{
	char text[128], id[TASKDIR_ID_SIZE];
	int len = snprintf(text, sizeof(text), "{\"classname\":\"bench.true\","
	    "\"nextruntime\":%lld}", (long long)time(NULL) + 86400);
	struct taskdir *spool;

	if (taskdir_open(&spool, path) != 0 ||
	    taskdir_add(spool, text, (size_t)len, id) != 0)
		bench_die(taskdir_error(spool), 0);
	taskdir_close(spool);
	bench_fill(path, "bench.stamp", 1);
}

/* Entries that run far from now. */
static void
fill_schedule(const char *path)
{
	int fd, dir_fd = bench_open_dir(AT_FDCWD, path);
	struct td_buf text = { 0 };

	for (int i = 0; i < ENTRIES; i++)
		td_buf_add_format(&text, "%d %d 29 2 *  bench.true id=e%d\n",
		    i % 60, i / 60 % 24, i);
	fd = openat(dir_fd, "schedule", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || td_buf_status(&text) != 0 ||
	    td_io_write(fd, text.data, text.len) != 0)
		bench_die("schedule", errno);
	(void)close(fd);
	(void)close(dir_fd);
	td_buf_release(&text);
}

/* Until each entry has its task: then there is nothing left to do. */
static void
wait_for_slots(const char *path)
{
	char new[BENCH_PATH_SIZE + 8];
	int n = 0;

	(void)snprintf(new, sizeof(new), "%s/new", path);
	while (n < ENTRIES) {
		const struct dirent *entry;
		DIR *dir = opendir(new);

		if (dir == NULL)
			bench_die(new, errno);
		for (n = 0; (entry = readdir(dir)) != NULL;)
			n += strstr(entry->d_name, ",s-") != NULL;
		(void)closedir(dir);
		bench_pause(0.2);
	}
}

static double
watch(const struct bench *bench, bool with_schedule)
{
	int fifo, seconds = bench_count(bench, WATCH_S);
	char path[BENCH_PATH_SIZE];
	unsigned long before;
	pid_t pid;

	bench_spool(path, bench, "quiet", "");
	fifo = bench_stamp_open(path);
	fill(path);
	if (with_schedule)
		fill_schedule(path);
	pid = bench_start_runner(bench, path);
	(void)bench_stamp_read(fifo);
	if (with_schedule)
		wait_for_slots(path);
	bench_pause(2);		/* poll: the group sync is over by then */
	before = wakeups(pid);
	bench_pause(seconds);
	before = wakeups(pid) - before;
	bench_stop_runner(pid);
	bench_remove(path);
	return (double)before;
}

static void
ours(const struct bench *bench, double *figures)
{
	figures[0] = watch(bench, false);
	figures[1] = watch(bench, true);
}

const struct bench_case bench_quiet = {
	.name = "quiet",
	.slices = 1,
	.once = true,
	.rows = { { "nothing due, wake-ups in 20 s", "", BENCH_AT_MOST, 0 },
	    { "10,000 entries wait, wake-ups", "", BENCH_AT_MOST, 0 } },
	.ours = ours,
};
