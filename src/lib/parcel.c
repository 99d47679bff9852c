#include "config.h"

#include "lib/parcel.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lib/json.h"
#include "lib/taskdir.h"

static const char publish[] = "PUBLISH";

/* RFC 8259, and RFC 6839 for the suffix. */
static bool
is_json(const char *content_type)
{
	static const char json[] = "application/json", suffix[] = "+json";
	size_t len = strcspn(content_type, "; \t");

	if (len == sizeof(json) - 1 && strncasecmp(content_type, json,
	    len) == 0)
		return true;
	return len > sizeof(suffix) - 1 && strncasecmp(content_type + len -
	    (sizeof(suffix) - 1), suffix, sizeof(suffix) - 1) == 0;
}

const char *
td_parcel_verb(const struct td_service *service, struct td_json_span name)
{
	static const char *const verbs[] = { "GET", "POST", "PUT", "PATCH",
		"DELETE" };

	if (service->type == TD_SERVICE_AMQP)
		return publish;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (td_json_equals(name, verbs[i]))
			return verbs[i];
	return NULL;
}

static int
render_endpoint(struct td_parcel *parcel, const struct td_rule *rule,
    struct td_template_scene *scene, struct td_err *err)
{
	int rc;

	if (rule->endpoint_template == NULL)
		return 0;
	rc = td_template_render(&parcel->endpoint, rule->endpoint_template,
	    scene, err);
	/* As a routing key it is text to those who get it. */
	if (rc == 0 && memchr(td_buf_text(&parcel->endpoint), '\0',
	    parcel->endpoint.len) != NULL)
		rc = td_fail(err, TASKDIR_EFORMAT, "a NUL");
	if (rc == TASKDIR_EFORMAT)
		td_err_prefix(err, "endpoint of rule %s", rule->name);
	return rc;
}

static int
render_body(struct td_parcel *parcel, const struct td_rule *rule,
    struct td_template_scene *scene, struct td_err *err)
{
	int rc = td_template_render(&parcel->body, rule->body, scene, err);

	if (rc == 0 && is_json(rule->content_type))
		rc = td_json_check(NULL, td_buf_text(&parcel->body),
		    parcel->body.len, err);
	if (rc == TASKDIR_EFORMAT)
		td_err_prefix(err, "template of rule %s", rule->name);
	return rc;
}

/* Without a template it is the event itself, but verbs that only name
 * something have nothing to carry then. */
static int
fill_body(struct td_parcel *parcel, const struct td_rule *rule,
    struct td_template_scene *scene, struct td_err *err)
{
	parcel->has_body = rule->body != NULL ||
	    (strcmp(parcel->verb, "GET") != 0 &&
	    strcmp(parcel->verb, "DELETE") != 0);
	if (rule->body != NULL) {
		scene->escape = is_json(rule->content_type) ?
		    TD_ESCAPE_JSON : TD_ESCAPE_NONE;
		return render_body(parcel, rule, scene, err);
	}
	if (parcel->has_body)
		td_buf_add(&parcel->body, scene->event->whole.text,
		    scene->event->whole.len);
	return td_buf_status(&parcel->body);
}

/* One slash between the two; a query goes without. */
static void
join(struct td_buf *url, const char *base, const char *endpoint)
{
	size_t len = strlen(base);

	while (len > 0 && base[len - 1] == '/' && *endpoint == '/')
		len--;
	td_buf_add(url, base, len);
	if (*endpoint != '\0' && strchr("/?", *endpoint) == NULL &&
	    (len == 0 || base[len - 1] != '/'))
		td_buf_add_char(url, '/');
	td_buf_add_text(url, endpoint);
}

int
td_parcel_address(struct td_parcel *parcel, const struct td_service *service)
{
	if (service->type == TD_SERVICE_REST) {
		join(&parcel->url, service->base_url,
		    td_buf_text(&parcel->endpoint));
		return td_buf_status(&parcel->url);
	}
	if (parcel->endpoint.len == 0)
		td_buf_add_text(&parcel->endpoint, service->routing_key);
	return td_buf_status(&parcel->endpoint);
}

int
td_parcel_make(struct td_parcel *parcel, const struct td_rule *rule,
    const struct td_service *service, const struct td_parcel_scene *given,
    struct td_err *err)
{
	bool is_rest = service->type == TD_SERVICE_REST;
	struct td_template_scene scene = {
		.event = given->event,
		.eventid = given->eventid,
		.taskid = given->taskid,
		.rule = rule->name,
		.service = service->name,
		.now = given->now,
		.missing = (enum td_missing)rule->missing,
		.escape = is_rest ? TD_ESCAPE_URL : TD_ESCAPE_NONE,
	};
	int rc;

	parcel->verb = is_rest ? rule->method : publish;
	parcel->content_type = rule->content_type;
	rc = render_endpoint(parcel, rule, &scene, err);
	if (rc == 0)
		rc = td_parcel_address(parcel, service);
	if (rc == 0)
		rc = fill_body(parcel, rule, &scene, err);
	if (rc == -ENOMEM)
		(void)td_fail_errno(err, rc, "rule %s", rule->name);
	return rc;
}

void
td_parcel_release(struct td_parcel *parcel)
{
	td_buf_release(&parcel->endpoint);
	td_buf_release(&parcel->url);
	td_buf_release(&parcel->body);
	td_buf_release(&parcel->own_type);
}
