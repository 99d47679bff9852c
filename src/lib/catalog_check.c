#include "config.h"

#include "lib/catalog.h"

#include <errno.h>
#include <string.h>

#include "base/amqp_url.h"
#include "lib/condition.h"
#include "lib/taskdir.h"
#include "lib/template.h"
#include "lib/url.h"

/* Of one target, with where it and its settings stand. */
struct check {
	const struct td_target *target;
	const char *kind, *file;
	unsigned line;
	struct td_err *err;
};

/* err already says what: where is the setting's value, or else the target's
 * first section. */
static int
fail_at(const struct check *check, const char *setting)
{
	const struct td_catalog_value *value = td_catalog_value(check->target,
	    setting);

	if (value != NULL)
		td_catalog_point(check->err, value->file, value->entry, 0);
	else
		td_err_prefix(check->err, "%s:%u:1: [%s %s]", check->file,
		    check->line, check->kind, check->target->name);
	return TASKDIR_EFORMAT;
}

static int
refuse(const struct check *check, const char *setting, const char *what)
{
	(void)td_fail(check->err, TASKDIR_EFORMAT, "%s: %s", setting, what);
	return fail_at(check, setting);
}

static int
require(const struct check *check, const char *setting, const char *text,
    const char *example)
{
	if (*text != '\0')
		return 0;
	(void)td_fail(check->err, TASKDIR_EFORMAT, "%s: missing (%s)",
	    setting, example);
	return fail_at(check, setting);
}

/* What a connection will make of it. */
static int
check_broker(const struct check *check, const char *text)
{
	struct td_amqp_url url;
	struct td_err err;
	int rc = td_amqp_url_parse(&url, text, &err);

	explicit_bzero(&url, sizeof(url));
	return rc == 0 ? 0 : refuse(check, "base_url", err.text);
}

/* One in a URL is as literal as a token. */
static int
check_password(const struct check *check, const struct td_url *url)
{
	const struct td_catalog_value *value = td_catalog_value(check->target,
	    "base_url");

	if (url->userinfo.text == NULL || value == NULL || !value->open ||
	    memchr(url->userinfo.text, ':', url->userinfo.len) == NULL)
		return 0;
	return refuse(check, "base_url", "others may read this file, and in "
	    "it the password; chmod 600, or use auth = basic with user and "
	    "token_file");
}

static int
check_url(const struct check *check, const struct td_service *service)
{
	bool rest = service->type == TD_SERVICE_REST;
	struct td_url url;
	size_t at;

	if (td_url_parse(&url, service->base_url, &at, check->err) != 0)
		return fail_at(check, "base_url");
	if (rest != (td_url_is(&url, "http") || td_url_is(&url, "https")))
		return refuse(check, "base_url", rest ?
		    "type = rest needs http:// or https://" :
		    "type = amqp needs amqp:// or amqps://");
	if (rest && url.userinfo.text != NULL)
		return refuse(check, "base_url", "user and password do not "
		    "belong here; use auth = basic, user and token_file");
	if (rest && (url.query.text != NULL || url.fragment.text != NULL))
		return refuse(check, "base_url", "no \"?\" or \"#\" may "
		    "follow; the endpoint of a rule may have a query");
	if (url.fragment.text != NULL)
		return refuse(check, "base_url", "no \"#\" may follow");
	if (!rest && check_broker(check, service->base_url) != 0)
		return TASKDIR_EFORMAT;
	return check_password(check, &url);
}

/* A literal one is for eyes that may read it. */
static int
check_token(const struct check *check, const struct td_service *service)
{
	const struct td_catalog_value *value;
	int n = (*service->token != '\0') + (*service->token_file != '\0') +
	    (*service->token_env != '\0');

	if (n > 1)
		return refuse(check, *service->token_env != '\0' ?
		    "token_env" : "token_file", "only one of token, "
		    "token_file and token_env may be given");
	value = td_catalog_value(check->target, "token");
	if (*service->token != '\0' && value != NULL && value->open)
		return refuse(check, "token", "others may read this file; "
		    "chmod 600, or use token_file or token_env");
	if (n == 0 && service->auth != TD_AUTH_NONE)
		return refuse(check, "auth", "needs token_file, token_env or "
		    "token");
	return 0;
}

static int
check_auth(const struct check *check, const struct td_service *service)
{
	bool amqp = service->type == TD_SERVICE_AMQP;

	if (amqp && service->auth != TD_AUTH_NONE &&
	    service->auth != TD_AUTH_BASIC)
		return refuse(check, "auth", "type = amqp knows none and "
		    "basic");
	if (service->auth == TD_AUTH_BASIC && *service->user == '\0')
		return refuse(check, "auth", "basic needs user");
	return check_token(check, service);
}

static int
check_declare(const struct check *check, const struct td_service *service)
{
	bool queue = service->declare == TD_DECLARE_QUEUE ||
	    service->declare == TD_DECLARE_BIND;
	bool exchange = service->declare == TD_DECLARE_EXCHANGE ||
	    service->declare == TD_DECLARE_BIND;

	if (queue && *service->declare_queue == '\0')
		return refuse(check, "declare", "needs declare_queue");
	if (exchange && *service->exchange == '\0')
		return refuse(check, "declare", "needs exchange");
	return 0;
}

/* The struct ends with what only AMQP has. */
static int
check_of_amqp(const struct check *check, const struct td_service *service)
{
	for (size_t i = 0; i < check->target->n_values; i++) {
		const struct td_catalog_value *value =
		    &check->target->values[i];

		if (service->type != TD_SERVICE_AMQP &&
		    value->setting->offset >= offsetof(struct td_service,
		    exchange) && *value->entry->value != '\0')
			return refuse(check, value->entry->name,
			    "needs type = amqp");
	}
	if (*service->response_class != '\0' &&
	    *service->response_event != '\0')
		return refuse(check, "response_event", "only one of "
		    "response_class and response_event may be given");
	return 0;
}

static int
check_service(const struct td_target *target, struct td_err *err)
{
	const struct td_service *service = &target->is.service;
	struct check check = { .target = target, .kind = "service",
		.file = service->file, .line = service->line, .err = err };
	const struct td_catalog_value *type = td_catalog_value(target, "type");
	int rc = require(&check, "type", type == NULL ? "" :
	    type->entry->value, "rest or amqp");

	if (rc == 0)
		rc = require(&check, "base_url", service->base_url,
		    "https://api.example.org/v1");
	if (rc == 0)
		rc = check_url(&check, service);
	if (rc == 0)
		rc = check_auth(&check, service);
	if (rc == 0)
		rc = check_declare(&check, service);
	return rc == 0 ? check_of_amqp(&check, service) : rc;
}

static int
check_rule(const struct check *check, const struct td_rule *rule,
    const struct td_catalog *catalog)
{
	int rc = require(check, "event", rule->event, "user_created, or a "
	    "pattern such as user_*");

	if (rc == 0)
		rc = require(check, "service", rule->service,
		    "the NAME of a [service NAME]");
	if (rc == 0 && td_catalog_find(catalog, TD_IN_SERVICE,
	    rule->service) == NULL)
		rc = refuse(check, "service", "there is no [service] of that "
		    "name");
	if (rc == 0 && *rule->template != '\0' && *rule->template_file != '\0')
		rc = refuse(check, "template_file", "only one of template "
		    "and template_file may be given");
	return rc;
}

/* Made as a whole: of a mistake in a file that file is named. */
static int
read_template(const struct check *check, struct td_rule *rule,
    const struct td_catalog_reader *reader)
{
	struct td_template *template = NULL;
	struct td_buf text = { 0 };
	int rc = reader->read(reader->arg, &text, rule->template_file,
	    check->err);

	if (rc == 0) {
		rc = td_template_parse(&template, td_buf_text(&text),
		    text.len, check->err);
		if (rc == TASKDIR_EFORMAT)
			td_err_prefix(check->err, "%s", rule->template_file);
	}
	td_buf_release(&text);
	rule->body = template;
	if (rc != 0 && rc != -ENOMEM) {
		td_err_prefix(check->err, "template_file");
		(void)fail_at(check, "template_file");
	}
	return rc;
}

/* Their texts were checked when they were read. */
static int
make_parts(const struct check *check, struct td_rule *rule,
    const struct td_catalog_reader *reader)
{
	struct td_template *endpoint = NULL, *body = NULL;
	struct td_condition *condition = NULL;
	size_t at;
	int rc = td_template_parse(&endpoint, rule->endpoint,
	    strlen(rule->endpoint), check->err);

	rule->endpoint_template = endpoint;
	if (rc == 0 && *rule->when != '\0')
		rc = td_condition_parse(&condition, rule->when, &at,
		    check->err);
	rule->condition = condition;
	if (rc == 0 && *rule->template_file != '\0')
		return read_template(check, rule, reader);
	if (rc == 0 && *rule->template != '\0')
		rc = td_template_parse(&body, rule->template,
		    strlen(rule->template), check->err);
	rule->body = body;
	return rc;
}

int
td_catalog_finish(struct td_catalog *catalog,
    const struct td_catalog_reader *reader, struct td_err *err)
{
	struct td_shelf *services = &catalog->shelves[TD_IN_SERVICE],
	    *rules = &catalog->shelves[TD_IN_RULE];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < services->n; i++)
		rc = check_service(services->all[i], err);
	for (size_t i = 0; rc == 0 && i < rules->n; i++) {
		struct td_target *target = rules->all[i];
		struct td_rule *rule = &target->is.rule;
		struct check check = { .target = target, .kind = "rule",
			.file = rule->file, .line = rule->line, .err = err };

		rc = check_rule(&check, rule, catalog);
		if (rc == 0)
			rc = make_parts(&check, rule, reader);
	}
	return rc;
}
