#include "config.h"

#include "harness.h"
#include "lib/parcel.h"

#include <string.h>

#include "lib/taskdir.h"

#define N_OF(a)	((int)(sizeof(a) / sizeof((a)[0])))

static const char text[] = "{ \"eventname\":\"e\",\"data\":{\"id\":5,"
    "\"name\":\"E\\\"v\",\"path\":\"a/b\",\"nul\":\"a\\u0000b\"}}";

struct scene {
	struct td_rule rule;
	struct td_service service;
	const char *template;	/* of the body; NULL: none */
};

static struct td_template *
parse(const char *template)
{
	struct td_template *parsed = NULL;

	if (template != NULL)
		ck_assert_int_eq(td_template_parse(&parsed, template,
		    strlen(template), NULL), 0);
	return parsed;
}

static int
make(struct td_parcel *parcel, struct scene *scene, struct td_err *err)
{
	struct td_template *endpoint = parse(scene->rule.endpoint);
	struct td_template *body = parse(scene->template);
	struct td_event event;
	int rc;

	*parcel = (struct td_parcel){ 0 };
	scene->rule.name = "r";
	scene->service.name = "s";
	scene->rule.endpoint_template = endpoint;
	scene->rule.body = body;
	ck_assert_int_eq(td_event_parse(&event, text, strlen(text), NULL), 0);
	rc = td_parcel_make(parcel, &scene->rule, &scene->service,
	    &(struct td_parcel_scene){ .event = &event, .eventid = "i",
		.taskid = "t", .now = 1 }, err);
	td_event_release(&event);
	td_template_free(endpoint);
	td_template_free(body);
	return rc;
}

static const struct {
	const char *base, *endpoint, *url;
} urls[] = {
	{ "http://h", "", "http://h" },
	{ "http://h/", "", "http://h/" },
	{ "http://h/v1", "users", "http://h/v1/users" },
	{ "http://h/v1", "/users", "http://h/v1/users" },
	{ "http://h/v1/", "users", "http://h/v1/users" },
	{ "http://h/v1/", "/users", "http://h/v1/users" },
	{ "http://h/v1", "?a=b", "http://h/v1?a=b" },
	{ "http://h/v1", "/u/{{path}}?n={{name}}",
	    "http://h/v1/u/a%2Fb?n=E%22v" },
};

START_TEST(endpoint_is_joined_to_the_base)
{
	struct scene scene = {
		.rule = { .endpoint = urls[_i].endpoint, .method = "POST",
		    .content_type = "text/plain" },
		.service = { .base_url = urls[_i].base },
	};
	struct td_parcel parcel;

	ck_assert_int_eq(make(&parcel, &scene, NULL), 0);
	ck_assert_str_eq(td_buf_text(&parcel.url), urls[_i].url);
	ck_assert_str_eq(parcel.verb, "POST");
	td_parcel_release(&parcel);
}
END_TEST

static const struct {
	const char *method, *type, *template, *body;	/* NULL: none */
} bodies[] = {
	{ "POST", "application/json", NULL, text },
	{ "PATCH", "text/plain", NULL, text },
	{ "GET", "application/json", NULL, NULL },
	{ "DELETE", "application/json", NULL, NULL },
	{ "DELETE", "application/json", "{{id}}", "5" },
	{ "PUT", "application/json; charset=utf-8", "{\"n\": \"{{name}}\"}\n",
	    "{\"n\": \"E\\\"v\"}\n" },
	{ "PUT", "application/vnd.api+json", "[\"{{name}}\"]",
	    "[\"E\\\"v\"]" },
	{ "PUT", "text/plain", "{{name}}", "E\"v" },
	{ "PUT", "application/jsonx", "{{name}}", "E\"v" },
};

START_TEST(body_is_what_the_rule_says)
{
	struct scene scene = {
		.rule = { .endpoint = "", .method = bodies[_i].method,
		    .content_type = bodies[_i].type },
		.service = { .base_url = "http://h" },
		.template = bodies[_i].template,
	};
	struct td_parcel parcel;

	ck_assert_int_eq(make(&parcel, &scene, NULL), 0);
	ck_assert_int_eq(parcel.has_body, bodies[_i].body != NULL);
	if (bodies[_i].body != NULL)
		ck_assert_str_eq(td_buf_text(&parcel.body), bodies[_i].body);
	td_parcel_release(&parcel);
}
END_TEST

static const struct {
	const char *endpoint, *template, *says;
} bad[] = {
	{ "/{{none}}", NULL, "endpoint of rule r: none: " },
	{ "", "{\"a\": {{none}}}", "template of rule r: none: " },
	{ "", "{\"a\": {{id}}", "template of rule r: " },
	{ "", "plain", "template of rule r: " },
	{ "", "", "template of rule r: " },
};

START_TEST(what_cannot_be_made_is_told)
{
	struct scene scene = {
		.rule = { .endpoint = bad[_i].endpoint, .method = "POST",
		    .content_type = "Application/JSON" },
		.service = { .base_url = "http://h" },
		.template = bad[_i].template,
	};
	struct td_parcel parcel;
	struct td_err err = { 0 };

	ck_assert_int_eq(make(&parcel, &scene, &err), TASKDIR_EFORMAT);
	ck_assert_msg(strstr(err.text, bad[_i].says) != NULL, "%s",
	    err.text);
	td_parcel_release(&parcel);
}
END_TEST

START_TEST(routing_key_is_the_endpoint_or_the_services)
{
	struct scene scene = {
		.rule = { .endpoint = "u.{{path}}", .method = "POST",
		    .content_type = "text/plain" },
		.service = { .type = TD_SERVICE_AMQP, .base_url = "amqp://h",
		    .routing_key = "all" },
	};
	struct td_parcel parcel;

	ck_assert_int_eq(make(&parcel, &scene, NULL), 0);
	ck_assert_str_eq(parcel.verb, "PUBLISH");
	ck_assert_str_eq(td_buf_text(&parcel.endpoint), "u.a/b");
	ck_assert_uint_eq(parcel.url.len, 0);
	td_parcel_release(&parcel);
	scene.rule.endpoint = "";
	ck_assert_int_eq(make(&parcel, &scene, NULL), 0);
	ck_assert_str_eq(td_buf_text(&parcel.endpoint), "all");
	td_parcel_release(&parcel);
}
END_TEST

START_TEST(routing_key_ends_at_no_nul)
{
	struct td_err err = { 0 };
	struct td_parcel parcel;
	struct scene scene = {
		.rule = { .endpoint = "x.{{nul}}",
		    .content_type = "application/json" },
		.service = { .type = TD_SERVICE_AMQP, .base_url = "amqp://h",
		    .routing_key = "all" },
	};

	ck_assert_int_eq(make(&parcel, &scene, &err), TASKDIR_EFORMAT);
	ck_assert_ptr_nonnull(strstr(err.text, "NUL"));
	td_parcel_release(&parcel);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ endpoint_is_joined_to_the_base, N_OF(urls) },
		{ body_is_what_the_rule_says, N_OF(bodies) },
		{ what_cannot_be_made_is_told, N_OF(bad) },
		{ routing_key_is_the_endpoint_or_the_services, 0 },
		{ routing_key_ends_at_no_nul, 0 },
	};

	return td_harness_run("parcel", tests, N_OF(tests));
}
