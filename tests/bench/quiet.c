#include "config.h"

/* A runner with nothing due: how often it wakes up, all threads together. */

#include "bench.h"

#include "lib/taskdir.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WATCH_S = 20 };

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

static void
ours(const struct bench *bench, double *figures)
{
	int fifo, seconds = bench_count(bench, WATCH_S);
	char path[BENCH_PATH_SIZE];
	unsigned long before;
	pid_t pid;

	bench_spool(path, bench, "quiet", "");
	fifo = bench_stamp_open(path);
	fill(path);
	pid = bench_start_runner(bench, path);
	(void)bench_stamp_read(fifo);
	bench_pause(2);		/* poll: the group sync is over by then */
	before = wakeups(pid);
	bench_pause(seconds);
	figures[0] = (double)(wakeups(pid) - before);
	bench_stop_runner(pid);
	bench_remove(path);
}

const struct bench_case bench_quiet = {
	.name = "quiet",
	.slices = 1,
	.once = true,
	.rows = { { "nothing due, wake-ups in 20 s", "", BENCH_AT_MOST, 0 } },
	.ours = ours,
};
