#include "config.h"

#include "cli/target.h"

#include <string.h>
#include <strings.h>

#include "cli/conf.h"
#include "cli/out.h"
#include "cli/service_breaker.h"
#include "lib/service.h"
#include "lib/settings.h"
#include "lib/url.h"

struct show {
	struct td_out out;
	const struct td_settings *settings;
	const struct td_spool *spool;
	struct td_buf head;		/* "service crm" */
};

/* As names tell; who hides one behind another name has been asked for token_
 * file. */
static bool
names_secret(const char *header)
{
	static const char *const words[] = {
		"auth", "cookie", "key", "pass", "secret", "signature",
		"token",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(header, words[i]) != NULL)
			return true;
	return false;
}

void
td_target_add_url(struct td_buf *out, const char *text)
{
	struct td_url url;
	const char *colon;
	size_t at;

	if (td_url_parse(&url, text, &at, NULL) != 0)
		return;
	colon = url.userinfo.text == NULL ? NULL :
	    memchr(url.userinfo.text, ':', url.userinfo.len);
	if (colon == NULL) {
		td_buf_add_text(out, text);
		return;
	}
	td_buf_add(out, text, (size_t)(colon - text));
	td_buf_add_text(out, ":***");
	td_buf_add_text(out, url.userinfo.text + url.userinfo.len);
}

/* What may be shown of a value. */
static void
add_value(struct td_buf *out, const char *name, const char *value)
{
	bool header = strncmp(name, "header.", 7) == 0;

	if (strcmp(name, "token") == 0 || (header && names_secret(name + 7)))
		td_buf_add_text(out, *value != '\0' ? "set" : "not set");
	else if (strcmp(name, "base_url") == 0)
		td_target_add_url(out, value);
	else
		td_buf_add_text(out, value);
}

static void
show_row(struct show *show, const char *name)
{
	struct td_buf origin = {0}, value = {0};
	const char *text = td_settings_lookup_in(show->settings,
	    td_buf_text(&show->head), name, &origin);
	bool is_default = strcmp(td_buf_text(&origin), "default") == 0;

	add_value(&value, name, text);
	td_out_row(&show->out);
	td_out_text(&show->out, "name", name);
	td_out_styled(&show->out, "value", td_buf_text(&value), is_default ?
	    TD_STYLE_DIM : TD_STYLE_PLAIN);
	td_out_text(&show->out, "origin", td_buf_text(&origin));
	td_out_end(&show->out);
	td_buf_release(&origin);
	td_buf_release(&value);
}

/* No setting, but who looks at a service wants to know. */
static void
show_breaker(struct show *show, const char *name)
{
	struct td_breaker_line line;
	struct td_buf value = {0}, origin = {0};

	td_service_breaker(&line, show->spool, name);
	td_service_breaker_text(&value, &show->out, &line);
	td_buf_add_format(&origin, "run/breaker/%s", name);
	td_out_row(&show->out);
	td_out_text(&show->out, "name", "breaker");
	td_out_text(&show->out, "value", td_buf_text(&value));
	td_out_text(&show->out, "origin", td_buf_text(&origin));
	td_out_end(&show->out);
	td_buf_release(&value);
	td_buf_release(&origin);
}

/* In place of the row that stands for all of them. */
static void
show_headers(struct show *show, const struct td_service *service)
{
	struct td_buf name = {0};

	for (size_t i = 0; i < service->n_headers; i++) {
		td_buf_clear(&name);
		td_buf_add_format(&name, "header.%s",
		    service->headers[i].name);
		show_row(show, td_buf_text(&name));
	}
	td_buf_release(&name);
}

static void
show_all(struct show *show, const char *kind, const struct td_service *service)
{
	static const struct td_column columns[] = {
		{ "name", "name", 0 }, { "value", "value", TD_COLUMN_CUT },
		{ "origin", "origin", 0 }, {0},
	};
	const struct td_setting_info *info;

	td_out_list(&show->out, NULL, columns);
	for (size_t i = 0; (info = td_settings_info(i)) != NULL; i++) {
		if (strcmp(info->place, kind) != 0)
			continue;
		if (strcmp(info->name, "header.NAME") != 0)
			show_row(show, info->name);
		else if (service != NULL)
			show_headers(show, service);
	}
	if (service != NULL)
		show_breaker(show, service->name);
	td_out_end(&show->out);
}

int
td_target_open(struct td_conf *conf, const struct td_common *common,
    const char *cmd)
{
	struct td_err err = {0};
	int rc = td_cli_open(&conf->spool, common, cmd);

	if (rc == TD_EXIT_DONE && td_settings_read(&conf->settings,
	    conf->spool.root_fd, &err) != 0)
		rc = td_cli_failed_err(cmd, &err);
	return rc;
}

int
td_target_look(struct td_conf *conf, const struct td_common *common,
    const char *cmd)
{
	int rc = td_cli_open(&conf->spool, common, cmd);

	if (rc == TD_EXIT_DONE && td_settings_read_part(&conf->settings,
	    conf->spool.root_fd, &conf->mistake) != 0)
		return td_cli_failed_err(cmd, &conf->mistake);
	if (conf->mistake.code != 0)
		td_cli_complain(cmd, "%s", conf->mistake.text);
	return rc;
}

int
td_target_missing(const struct td_conf *conf, const char *kind,
    const char *name, const char *cmd)
{
	bool mistaken = conf->mistake.code != 0;

	td_cli_complain(cmd, "there is no %s %s%s", kind, name, mistaken ?
	    " in what can be read" : "");
	return mistaken ? TD_EXIT_FAILED : TD_EXIT_NONE;
}

int
td_target_show(const struct td_usage *usage, const char *kind, int argc,
    char **argv)
{
	struct td_common common = {0};
	struct td_conf conf = {0};
	struct show show = {0};
	struct td_args args;
	int rc = td_arg_parse(usage, argc, argv, &common, &args);

	if (rc != TD_ARG_GO_ON)
		return rc;
	rc = td_target_look(&conf, &common, usage->name);
	td_buf_add_format(&show.head, "%s %s", kind, args.words[0]);
	if (rc == TD_EXIT_DONE && td_settings_lookup_in(conf.settings,
	    td_buf_text(&show.head), "enabled", NULL) == NULL)
		rc = td_target_missing(&conf, kind, args.words[0],
		    usage->name);
	if (rc == TD_EXIT_DONE) {
		show.settings = conf.settings;
		show.spool = &conf.spool;
		td_out_open(&show.out, &common);
		show_all(&show, kind, strcmp(kind, "service") != 0 ? NULL :
		    td_service_find(conf.settings, args.words[0]));
		rc = td_out_close(&show.out, usage->name, TD_EXIT_DONE);
	}
	td_buf_release(&show.head);
	td_conf_release(&conf);
	return rc;
}
