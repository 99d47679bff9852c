#include "config.h"

#include "cli/commands.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "base/io.h"
#include "cli/arg.h"
#include "cli/out.h"
#include "lib/json.h"

struct options {
	struct td_common common;
	bool raw;
};

static const struct td_opt opts[] = {
	{ "raw", 'r', NULL, TD_OPT_FLAG, offsetof(struct options, raw), 0,
	  "text without its quotes and escapes" },
	{0},
};

static const struct td_usage usage = {
	.name = "data",
	.args = "[POINTER]",
	.about = "For handlers: prints the custom data of the task on standard "
	    "input, or the member of it that a JSON pointer (/name/0) names.  "
	    "It may be asked again and again.  Exit 3 if there is none.",
	.opts = opts,
	.examples =
	    "taskdir data                 # {\"to\":\"eva\",\"n\":[1,2]}\n"
	    "to=$(taskdir data --raw /to) # eva\n"
	    "taskdir data /n/1            # 2\n",
	.max_args = 1,
};

/* What a handler may be given; its runner has checked the size. */
enum { INPUT_MAX = 1 << 30 };

static int
print_value(struct td_out *out, struct td_json_span value, bool raw)
{
	struct td_buf text = {0};
	int rc = 0;

	if (raw && td_json_type(value) == TD_JSON_STRING) {
		rc = td_json_decode(&text, value, NULL);
		if (rc == 0)
			td_out_raw(out, td_buf_text(&text), text.len);
	} else {
		td_out_raw(out, value.text, value.len);
	}
	td_buf_release(&text);
	if (rc != 0)
		return td_cli_failed(usage.name, rc, "cannot print half of a "
		    "surrogate pair; leave --raw out");
	td_out_raw(out, "\n", 1);
	return TD_EXIT_DONE;
}

static int
print_data(struct td_out *out, const struct td_buf *input, const char *pointer,
    bool raw)
{
	struct td_json_span task, value;
	struct td_err err = {0};
	int rc;

	if (td_json_check(&task, td_buf_text(input), input->len, &err) != 0) {
		td_cli_complain(usage.name, "standard input is no task: %s; "
		    "run it from a handler", err.text);
		return TD_EXIT_FAILED;
	}
	value = td_json_member(task, "customdata");
	if (value.text == NULL)
		value = (struct td_json_span){ "null", sizeof("null") - 1 };
	rc = td_json_pointer(&value, value, pointer);
	if (rc == -EINVAL)
		return td_arg_wrong(&usage, "\"%s\" is no JSON pointer; one "
		    "begins with \"/\"", pointer);
	if (rc != 0) {
		td_cli_complain(usage.name, "the data has no %s", pointer);
		return TD_EXIT_NONE;
	}
	return print_value(out, value, raw);
}

int
td_cmd_data(int argc, char **argv)
{
	struct options options = {0};
	struct td_buf input = {0};
	struct td_args args;
	struct td_out out;
	int rc = td_arg_parse(&usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	td_out_open(&out, &options.common);
	/* A handler asks for one member after another: each time the whole
	 * task is there.  A pipe cannot be rewound, and need not be. */
	(void)lseek(STDIN_FILENO, 0, SEEK_SET);
	rc = td_io_read(STDIN_FILENO, &input, INPUT_MAX);
	rc = rc != 0 ? td_cli_failed(usage.name, rc, "cannot read standard "
	    "input") : print_data(&out, &input, args.n > 0 ? args.words[0] : "",
	    options.raw);
	td_buf_release(&input);
	return td_out_close(&out, usage.name, rc);
}
