#include "config.h"

#include "cli/payload.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "cli/cli.h"

static int
read_text(struct td_buf *buf, const struct td_usage *usage, const char *word,
    uint64_t max)
{
	int fd = STDIN_FILENO, rc;

	if (word[0] != '@' && strcmp(word, "-") != 0) {
		td_buf_add_text(buf, word);
		return TD_EXIT_DONE;
	}
	if (word[0] == '@')
		fd = open(word + 1, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return td_cli_failed(usage->name, -errno, "cannot open %s",
		    word + 1);
	rc = td_io_read(fd, buf, (size_t)max);
	if (fd != STDIN_FILENO)
		(void)close(fd);
	if (rc == -EFBIG) {
		td_cli_complain(usage->name, "the data is longer than "
		    "max_size, %llu bytes", (unsigned long long)max);
		return TD_EXIT_FAILED;
	}
	if (rc != 0)
		return td_cli_failed(usage->name, rc, "cannot read %s",
		    word[0] == '@' ? word + 1 : "standard input");
	return TD_EXIT_DONE;
}

int
td_payload_read(struct td_payload *payload, const struct td_usage *usage,
    const char *word, uint64_t max)
{
	struct td_err err = {0};
	int rc;

	if (word == NULL)
		return TD_EXIT_DONE;
	rc = read_text(&payload->text, usage, word, max);
	if (rc != TD_EXIT_DONE)
		return rc;
	if (td_json_check(&payload->value, td_buf_text(&payload->text),
	    payload->text.len, &err) == 0)
		return TD_EXIT_DONE;
	return td_arg_wrong(usage, "the data is not JSON: %s", err.text);
}

void
td_payload_release(struct td_payload *payload)
{
	td_buf_release(&payload->text);
}
