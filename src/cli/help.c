#include "config.h"

#include "cli/help.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

enum { LINE = 78, OPTION_COLUMN = 26, LABEL_MAX = 80 };

const char *
td_help_type(enum td_opt_type type)
{
	switch (type) {
	case TD_OPT_COUNT:
		return "a whole number from 1";
	case TD_OPT_DURATION:
		return "a duration such as 90, 5m, 2h30m or 1d";
	case TD_OPT_TIME_NEXT:
	case TD_OPT_TIME_LAST:
		return "a time such as 18:30, \"tomorrow 06:00\", "
		    "2026-11-20T18:30Z, +2h or Unix seconds";
	case TD_OPT_FLAG:
	case TD_OPT_CHOICE:
	case TD_OPT_TEXT:
		break;
	}
	return "something else";
}

static void
pad(struct td_buf *out, size_t n)
{
	while (n-- > 0)
		td_buf_add_char(out, ' ');
}

void
td_help_wrap(struct td_buf *out, const char *text, size_t at, size_t indent)
{
	while (*text != '\0') {
		size_t word = strcspn(text, " ");

		if (at > indent && at + 1 + word > LINE) {
			td_buf_add_char(out, '\n');
			pad(out, indent);
			at = indent;
		} else if (at > indent) {
			td_buf_add_char(out, ' ');
			at++;
		}
		td_buf_add(out, text, word);
		at += word;
		text += word;
		text += strspn(text, " ");
	}
	td_buf_add_char(out, '\n');
}

static void
add_option(struct td_buf *out, const struct td_opt *opt)
{
	char label[LABEL_MAX];
	size_t n;

	n = (size_t)snprintf(label, sizeof(label), "  %c%c%c --%s",
	    opt->letter != 0 ? '-' : ' ', opt->letter != 0 ? opt->letter : ' ',
	    opt->letter != 0 ? ',' : ' ', opt->name);
	if (opt->arg != NULL)
		(void)snprintf(label + n, sizeof(label) - n, "%s%s",
		    opt->arg[0] == '[' ? "" : " ", opt->arg);
	td_buf_add_text(out, label);
	n = strlen(label);
	if (n + 2 > OPTION_COLUMN) {
		td_buf_add_char(out, '\n');
		n = 0;
	}
	pad(out, OPTION_COLUMN - n);
	td_help_wrap(out, opt->help, OPTION_COLUMN, OPTION_COLUMN);
}

static void
add_options(struct td_buf *out, const struct td_opt *opts)
{
	for (; opts != NULL && opts->name != NULL; opts++)
		add_option(out, opts);
}

/* Each line of TEXT two columns to the right. */
static void
add_lines(struct td_buf *out, const char *text)
{
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");

		pad(out, 2);
		td_buf_add(out, text, n);
		td_buf_add_char(out, '\n');
		text += n + (text[n] == '\n');
	}
}

int
td_help_print(const struct td_usage *usage, const struct td_opt *common)
{
	struct td_buf out = {0};
	bool has_opts = usage->opts != NULL && usage->opts->name != NULL;
	int rc;

	td_buf_add_format(&out, "usage: taskdir %s [OPTION...]%s%s\n\n",
	    usage->name, usage->args != NULL ? " " : "",
	    usage->args != NULL ? usage->args : "");
	td_help_wrap(&out, usage->about, 0, 0);
	td_buf_add_text(&out, has_opts ? "\noptions:\n" : "");
	add_options(&out, usage->opts);
	td_buf_add_text(&out, "\ncommon options:\n");
	add_options(&out, common);
	td_buf_add_text(&out, "  -h, --help              print this page\n");
	if (usage->examples != NULL) {
		td_buf_add_text(&out, "\nexamples:\n");
		add_lines(&out, usage->examples);
	}
	rc = td_buf_status(&out);
	if (rc == 0)
		rc = td_io_write(STDOUT_FILENO, out.data, out.len);
	td_buf_release(&out);
	return rc;
}
