#include "config.h"

/* Runs a fuzzer's corpus as an ordinary test: TAP, a line a file. */
#include "base/io.h"
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned n_run, n_failed;

static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* In the child: 0, or 1 after saying why. */
static int
try_file(int dir_fd, const char *name)
{
	struct td_buf buf = { 0 };
	/* Of its exact length, so that a read behind it is seen. */
	uint8_t *data;
	bool accepts;

	if (td_io_read_file(dir_fd, name, &buf, 64 << 20) != 0 ||
	    (data = malloc(buf.len + 1)) == NULL) {
		(void)printf("# %s: cannot be read\n", name);
		return 1;
	}
	memcpy(data + 1, td_buf_text(&buf), buf.len);
	(void)LLVMFuzzerTestOneInput(data + 1, buf.len);
	accepts = fuzz_accepts(data + 1, buf.len);
	free(data);
	td_buf_release(&buf);
	if (strncmp(name, accepts ? "n_" : "y_", 2) != 0)
		return 0;
	(void)printf("# %s\n", accepts ? "accepted" : "refused");
	return 1;
}

/* In a process of its own: a broken law aborts. */
static void
run_file(int dir_fd, const char *name)
{
	int status = 1;
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	if (pid == 0)
		exit(try_file(dir_fd, name));
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		status = 1;
	n_run++;
	if (status != 0)
		n_failed++;
	(void)printf("%s %u - %s", status == 0 ? "ok" : "not ok", n_run, name);
	if (status != 0 && WIFSIGNALED(status))
		(void)printf(" (%s)", strsignal(WTERMSIG(status)));
	(void)printf("\n");
}

static int
run_corpus(const char *path)
{
	struct dirent **entries;
	int dir_fd = open(path, O_RDONLY | O_DIRECTORY);
	int n = dir_fd < 0 ? -1 : scandir(path, &entries, is_visible,
	    alphasort);

	if (n < 0) {
		(void)printf("Bail out! %s: %s\n", path, strerror(errno));
		return EXIT_FAILURE;
	}
	for (int i = 0; i < n; i++) {
		run_file(dir_fd, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	td_io_close(&dir_fd);
	(void)printf("1..%u\n", n_run);
	return n_failed == 0 && n_run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* The directory, or tests/corpus/NAME for a program called fuzz_NAME. */
int
main(int argc, char **argv)
{
	const char *source = getenv("TD_SRCDIR");
	const char *name = strstr(argv[0], "fuzz_");
	struct td_buf path = { 0 };
	int rc;

	for (const char *next = name; next != NULL;
	    next = strstr(next + 1, "fuzz_"))
		name = next;
	if (argc > 1)
		td_buf_add_text(&path, argv[1]);
	else if (name != NULL)
		td_buf_add_format(&path, "%s/tests/corpus/%s",
		    source != NULL ? source : ".", name + strlen("fuzz_"));
	rc = run_corpus(td_buf_text(&path));
	td_buf_release(&path);
	return rc;
}
