#include "config.h"

/*
 * The persistent worker of the bench: answers every task at once, and as its
 * first instruction tells the FIFO "stamp" in its working directory what the
 * clocks say, if it gets one task at a time.
 */

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINES_SIZE = 1 << 16, ANSWER_SIZE = 128 };

static void
stamp(int fd)
{
	struct timespec times[2];

	(void)clock_gettime(CLOCK_MONOTONIC, &times[0]);
	(void)clock_gettime(CLOCK_REALTIME, &times[1]);
	if (write(fd, times, sizeof(times)) < 0)
		_exit(1);
}

/* A line begins {"id":"...", and the answer is as short. */
static size_t
answer(char *out, const char *line)
{
	const char *end = strchr(line + 7, '"');
	size_t n = (size_t)(end + 1 - line);

	memcpy(out, line, n);
	memcpy(out + n, ",\"status\":\"ok\"}\n", 16);
	return n + 16;
}

int
main(void)
{
	static const char hello[] = "{\"taskdir\":1,\"hello\":\"bench\"}\n";
	static char lines[LINES_SIZE], out[LINES_SIZE];
	const char *pipeline = getenv("TASKDIR_PIPELINE");
	bool one = pipeline != NULL && strcmp(pipeline, "1") == 0;
	int fifo = one ? open("stamp", O_WRONLY | O_CLOEXEC) : -1;
	size_t have = 0;
	ssize_t n;

	if (write(3, hello, sizeof(hello) - 1) < 0)
		return 1;
	while ((n = read(3, lines + have, sizeof(lines) - have)) > 0) {
		char *at = lines, *end;
		size_t len = 0;

		if (fifo >= 0)
			stamp(fifo);
		have += (size_t)n;
		while ((end = memchr(at, '\n', have)) != NULL) {
			len += answer(out + len, at);
			have -= (size_t)(end + 1 - at);
			at = end + 1;
		}
		memmove(lines, at, have);
		if (write(3, out, len) < 0)
			return 1;
	}
	return 0;
}
