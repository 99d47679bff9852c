#include "config.h"

#include "lib/breakerfile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/num.h"

enum { LINE_MAX_BYTES = 256, N_STATES = 3, N_NUMBERS = 3 };

static const char folder[] = "breaker", lock_name[] = ".lock";

static const char *const states[N_STATES] = { "closed", "open", "half-open" };

const char *
td_breaker_state_name(unsigned state)
{
	return states[state];
}

int
td_breakerfile_open(int run_fd)
{
	if (mkdirat(run_fd, folder, 0700) != 0 && errno != EEXIST)
		return -errno;
	return td_breakerfile_look(run_fd);
}

int
td_breakerfile_look(int run_fd)
{
	return td_io_open_dir(run_fd, folder);
}

int
td_breakerfile_lock(int dir_fd)
{
	int fd = openat(dir_fd, lock_name, O_RDWR | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX) != 0) {
		int rc = -errno;

		if (rc == -EINTR)
			continue;
		(void)close(fd);
		return rc;
	}
	return fd;
}

static int
parse(struct td_breaker_line *line, const char *text)
{
	size_t len = strcspn(text, " ");
	uint64_t numbers[N_NUMBERS];
	unsigned state = 0;

	while (state < N_STATES && (strlen(states[state]) != len ||
	    memcmp(states[state], text, len) != 0))
		state++;
	if (state == N_STATES)
		return -EINVAL;
	for (int i = 0; i < N_NUMBERS; i++) {
		text += len;
		if (*text++ != ' ')
			return -EINVAL;
		len = strcspn(text, " \n");
		if (td_num_parse(&numbers[i], text, len, UINT64_MAX) != 0)
			return -EINVAL;
	}
	*line = (struct td_breaker_line){ state, numbers[0], numbers[1],
		numbers[2] };
	return 0;
}

int
td_breakerfile_read(int dir_fd, const char *service,
    struct td_breaker_line *line)
{
	struct td_buf text = { 0 };
	int rc = td_io_read_file(dir_fd, service, &text, LINE_MAX_BYTES);

	*line = (struct td_breaker_line){ 0 };
	if (rc == 0)
		(void)parse(line, td_buf_text(&text));
	td_buf_release(&text);
	return rc == -ENOENT ? 0 : rc;
}

int
td_breakerfile_write(int dir_fd, const char *service,
    const struct td_breaker_line *line)
{
	char text[LINE_MAX_BYTES];
	int n = snprintf(text, sizeof(text), "%s %" PRIu64 " %" PRIu64 " %"
	    PRIu64 "\n", states[line->state], line->generation,
	    line->since_ms, line->until_ms);

	return td_io_replace(dir_fd, service, text, (size_t)n, 0600, 0);
}
