#include "config.h"

#include "cli/arg.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "cli/help.h"
#include "cli/when.h"

/* More than any command has; checked where the table is copied. */
enum { OPTS_MAX = 40 };

/* getopt_long's values: an index into the merged table, out of the way of
 * letters and of its own '?' and ':'. */
enum { BASE = 1000, HELP = 999 };

static const struct td_opt common_opts[] = {
	{ "spool", 'S', "DIR", TD_OPT_TEXT,
	  offsetof(struct td_common, spool), 0,
	  "the spool; else $TASKDIR, else /var/spool/taskdir" },
	{ "json", 'j', NULL, TD_OPT_FLAG,
	  offsetof(struct td_common, json), 0, "print JSON" },
	{ "utc", 'u', NULL, TD_OPT_FLAG,
	  offsetof(struct td_common, utc), 0,
	  "print times in UTC instead of local time" },
	{0},
};

/* A command's table and the common one, as getopt_long wants them. */
struct merged {
	const struct td_opt *opts[OPTS_MAX];
	struct option longs[OPTS_MAX + 2];
	char shorts[3 * OPTS_MAX + 4];
	int n;
};

static void
merge_one(struct merged *merged, const struct td_opt *opt, size_t *n_shorts)
{
	bool optional = opt->arg != NULL && opt->arg[0] == '[';

	merged->longs[merged->n] = (struct option){
		.name = opt->name,
		.has_arg = opt->arg == NULL ? no_argument :
		    optional ? optional_argument : required_argument,
		.val = BASE + merged->n,
	};
	merged->opts[merged->n++] = opt;
	if (opt->letter == 0)
		return;
	merged->shorts[(*n_shorts)++] = (char)opt->letter;
	if (opt->arg != NULL)
		merged->shorts[(*n_shorts)++] = ':';
	if (optional)
		merged->shorts[(*n_shorts)++] = ':';
}

static void
merge(struct merged *merged, const struct td_opt *own)
{
	size_t n_shorts = 0;

	*merged = (struct merged){0};
	merged->shorts[n_shorts++] = ':';	/* tell missing from unknown */
	for (; own != NULL && own->name != NULL; own++)
		merge_one(merged, own, &n_shorts);
	for (own = common_opts; own->name != NULL; own++)
		merge_one(merged, own, &n_shorts);
	merged->shorts[n_shorts++] = 'h';
	merged->longs[merged->n] = (struct option){
		.name = "help", .val = HELP,
	};
}

static const struct td_opt *
opt_of(const struct merged *merged, int value)
{
	if (value >= BASE)
		return merged->opts[value - BASE];
	for (int i = 0; i < merged->n; i++)
		if (merged->opts[i]->letter == value)
			return merged->opts[i];
	return NULL;
}

int
td_arg_wrong(const struct td_usage *usage, const char *format, ...)
{
	va_list ap;
	char text[1024];

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	td_cli_complain(usage->name, "%s; see \"taskdir %s --help\"", text,
	    usage->name);
	return TD_EXIT_USAGE;
}

static int
set_number(const struct td_opt *opt, void *target, const char *text)
{
	struct td_opt_number number = { .given = true };
	int64_t now = (int64_t)(td_clock_wall_us() / 1000000), when;
	int rc;

	if (opt->type == TD_OPT_DURATION) {
		rc = td_num_parse_duration_ms(&number.n, text);
	} else {
		rc = td_when_parse(&when, text, now,
		    opt->type == TD_OPT_TIME_LAST);
		number.n = rc == 0 ? (uint64_t)when : 0;
	}
	if (rc == 0)
		*(struct td_opt_number *)target = number;
	return rc;
}

static int
set_choice(const struct td_usage *usage, const struct td_opt *opt, int *target)
{
	if (*target == 0 || *target == opt->value) {
		*target = opt->value;
		return TD_ARG_GO_ON;
	}
	for (const struct td_opt *other = usage->opts; other->name != NULL;
	    other++)
		if (other->type == TD_OPT_CHOICE &&
		    other->offset == opt->offset && other->value == *target)
			return td_arg_wrong(usage, "--%s and --%s exclude one "
			    "another", other->name, opt->name);
	return td_arg_wrong(usage, "--%s excludes what is before it",
	    opt->name);
}

static int
set(const struct td_usage *usage, const struct td_opt *opt, void *options,
    const char *text)
{
	void *target = (char *)options + opt->offset;
	int rc = 0;

	switch (opt->type) {
	case TD_OPT_FLAG:
		*(bool *)target = true;
		break;
	case TD_OPT_CHOICE:
		return set_choice(usage, opt, target);
	case TD_OPT_TEXT:
		*(const char **)target = text != NULL ? text : "";
		break;
	case TD_OPT_COUNT:
		rc = td_num_parse_text(target, text, UINT32_MAX);
		if (rc == 0 && *(uint64_t *)target == 0)
			rc = -ERANGE;
		break;
	case TD_OPT_DURATION:
	case TD_OPT_TIME_NEXT:
	case TD_OPT_TIME_LAST:
		rc = set_number(opt, target, text);
		break;
	}
	if (rc != 0)
		return td_arg_wrong(usage, "--%s takes %s, not \"%s\"",
		    opt->name, td_help_type(opt->type), text);
	return TD_ARG_GO_ON;
}

static int
misused(const struct td_usage *usage, int what, const struct merged *merged,
    const char *word)
{
	const struct td_opt *opt = opt_of(merged, optopt);

	if (what == ':' && opt != NULL)
		return td_arg_wrong(usage, "--%s needs %s", opt->name,
		    opt->arg);
	if (optopt >= BASE && opt != NULL)
		return td_arg_wrong(usage, "--%s takes no value", opt->name);
	if (optopt != 0 && optopt < HELP)
		return td_arg_wrong(usage, "there is no option -%c", optopt);
	return td_arg_wrong(usage, "there is no option %s", word);
}

static int
parse_options(const struct td_usage *usage, const struct merged *merged,
    int argc, char **argv, void *options)
{
	int what, rc = TD_ARG_GO_ON;

	opterr = 0;
	optind = 0;	/* glibc: begin anew */
	while (rc == TD_ARG_GO_ON) {
		int at = optind > 0 ? optind : 1;

		what = getopt_long(argc, argv, merged->shorts, merged->longs,
		    NULL);
		if (what == -1)
			break;
		if (what == 'h' || what == HELP)
			return td_arg_help(usage) == 0 ? TD_EXIT_DONE :
			    TD_EXIT_FAILED;
		if (what == '?' || what == ':')
			return misused(usage, what, merged,
			    argv[optind > at ? optind - 1 : at]);
		rc = set(usage, opt_of(merged, what), options, optarg);
	}
	return rc;
}

int
td_arg_parse(const struct td_usage *usage, int argc, char **argv,
    void *options, struct td_args *args)
{
	struct merged merged;
	int rc;

	merge(&merged, usage->opts);
	rc = parse_options(usage, &merged, argc, argv, options);
	if (rc != TD_ARG_GO_ON)
		return rc;
	*args = (struct td_args){ argc - optind, argv + optind };
	if (args->n < usage->min_args)
		return td_arg_wrong(usage, "%s is missing", usage->args);
	if (usage->max_args >= 0 && args->n > usage->max_args)
		return td_arg_wrong(usage, "\"%s\" is one argument too many",
		    args->words[usage->max_args]);
	return TD_ARG_GO_ON;
}

/* How many words at ARGV belong to a common option: 1, 2, or 0. */
static int
common_words(int argc, char **argv)
{
	const char *word = argv[0];

	for (const struct td_opt *opt = common_opts; opt->name != NULL; opt++) {
		size_t n = strlen(opt->name);

		if (word[0] != '-')
			continue;
		if (word[1] == opt->letter)
			return opt->arg != NULL && word[2] == '\0' &&
			    argc > 1 ? 2 : 1;
		if (word[1] != '-' || strncmp(word + 2, opt->name, n) != 0)
			continue;
		if (word[2 + n] == '\0')
			return opt->arg != NULL && argc > 1 ? 2 : 1;
		if (word[2 + n] == '=')
			return 1;
	}
	return 0;
}

int
td_arg_command_first(int argc, char **argv)
{
	int at = 1, n;
	char *word;

	while (at < argc && (n = common_words(argc - at, argv + at)) > 0)
		at += n;
	if (at >= argc || argv[at][0] == '-')
		return at;
	word = argv[at];
	memmove(argv + 2, argv + 1, (size_t)(at - 1) * sizeof(*argv));
	argv[1] = word;
	return 1;
}

int
td_arg_help(const struct td_usage *usage)
{
	return td_help_print(usage, common_opts);
}
