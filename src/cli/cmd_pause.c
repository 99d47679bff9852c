#include "config.h"

#include "cli/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/arg.h"
#include "cli/out.h"
#include "lib/request.h"
#include "lib/scan.h"

struct options {
	struct td_common common;
	const char *class_name;
};

static const struct td_opt opts[] = {
	{ "class", 'c', "PATTERN", TD_OPT_TEXT,
	  offsetof(struct options, class_name), 0,
	  "only these classes, such as 'mail.*'" },
	{0},
};

static const struct td_usage pause_usage = {
	.name = "pause",
	.about = "Starts no more tasks until \"taskdir resume\"; what runs "
	    "goes on, and tasks may be added.  It outlives the runner.",
	.opts = opts,
	.examples = "taskdir pause\ntaskdir pause --class 'mail.*'\n",
};

static const struct td_usage resume_usage = {
	.name = "resume",
	.about = "Ends a pause: all of them, or that of one pattern.  Exit 3 "
	    "if there was none.",
	.opts = opts,
	.examples = "taskdir resume\ntaskdir resume --class 'mail.*'\n",
};

static const struct td_column columns[] = {
	{ "paused", "paused", 0 }, { "class", "class", 0 }, {0},
};

/* Removes every pause: 0 or negated errno, -ENOENT if there was none. */
static int
resume_all(const struct td_spool *spool)
{
	struct td_scan scan = {0};
	const char *name, *argument;
	int rc = td_scan_open(&scan, spool->ctl_fd), done = -ENOENT;

	if (rc != 0)
		return rc;
	while ((rc = td_scan_next(&scan, &name, NULL)) == 1) {
		if (td_request_parse(name, &argument) != TD_VERB_PAUSE)
			continue;
		rc = td_request_remove(spool->ctl_fd, TD_VERB_PAUSE,
		    argument);
		if (rc != 0 && rc != -ENOENT)
			break;
		done = 0;
	}
	td_scan_close(&scan);
	return rc < 0 && rc != -ENOENT ? rc : done;
}

static int
print(const struct td_common *common, const struct td_usage *usage,
    const char *class_name)
{
	struct td_out out;

	td_out_open(&out, common);
	if (out.json) {
		td_out_record(&out, columns);
		td_out_bool(&out, "paused", usage == &pause_usage);
		td_out_text(&out, "class", class_name);
		td_out_end(&out);
	}
	return td_out_close(&out, usage->name, TD_EXIT_DONE);
}

/* The deed on run/ctl/, of either command: 0 or negated errno. */
static int
act(const struct td_usage *usage, const struct td_spool *spool,
    const char *argument)
{
	if (usage == &pause_usage)
		return td_request_make(spool->ctl_fd, TD_VERB_PAUSE, argument);
	if (*argument == '\0')
		return resume_all(spool);
	return td_request_remove(spool->ctl_fd, TD_VERB_PAUSE, argument);
}

static int
request(const struct td_usage *usage, int argc, char **argv)
{
	char argument[TD_REQUEST_SIZE] = "";
	struct options options = {0};
	struct td_spool spool = {0};
	struct td_args args;
	int rc = td_arg_parse(usage, argc, argv, &options, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	rc = td_cli_open(&spool, &options.common, usage->name);
	if (rc != TD_EXIT_DONE)
		return rc;
	if (options.class_name != NULL)
		rc = td_request_encode_pattern(argument,
		    options.class_name);
	if (rc == 0)
		rc = act(usage, &spool, argument);
	td_spool_release(&spool);
	if (rc == -EINVAL)
		return td_arg_wrong(usage, "\"%s\" is no pattern of class "
		    "names", options.class_name);
	if (rc == -ENOENT) {
		td_cli_complain(usage->name, "nothing like that is paused; "
		    "\"taskdir resume\" ends every pause");
		return TD_EXIT_NONE;
	}
	if (rc != 0)
		return td_cli_failed(usage->name, rc, "cannot change the "
		    "spool's run/ctl");
	return print(&options.common, usage, options.class_name);
}

int
td_cmd_pause(int argc, char **argv)
{
	return request(&pause_usage, argc, argv);
}

int
td_cmd_resume(int argc, char **argv)
{
	return request(&resume_usage, argc, argv);
}
