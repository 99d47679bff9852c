#include "config.h"

#include "harness.h"
#include "lib/service.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "lib/condition.h"
#include "lib/rule.h"
#include "lib/taskdir.h"

#define N_OF(a)	((int)(sizeof(a) / sizeof((a)[0])))

/* A spool of nothing but taskdir.conf with this text. */
static int
open_root(const char *text, mode_t mode)
{
	int root = open(td_harness_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd;

	ck_assert_int_ge(root, 0);
	fd = openat(root, "taskdir.conf", O_WRONLY | O_CREAT | O_CLOEXEC,
	    0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(td_io_write(fd, text, strlen(text)), 0);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	(void)close(fd);
	return root;
}

static struct td_settings *
load(const char *text)
{
	int root = open_root(text, 0600);
	struct td_settings *settings = NULL;
	struct td_err err = { 0 };
	int rc = td_settings_load(&settings, root, &err);

	ck_assert_msg(rc == 0, "%s", err.text);
	(void)close(root);
	return settings;
}

#define SERVICE	"[service crm]\ntype = rest\nbase_url = https://x/v1\n"
#define AMQP	"[service mq]\ntype = amqp\nbase_url = amqp://u:p@h/v\n"

START_TEST(what_is_not_said_is_a_default)
{
	struct td_settings *settings = load(SERVICE);
	const struct td_service *s = td_service_at(settings, 0);

	ck_assert_uint_eq(td_service_count(settings), 1);
	ck_assert_str_eq(s->name, "crm");
	ck_assert_uint_eq(s->type, TD_SERVICE_REST);
	ck_assert(s->enabled && s->http2 && s->trace_payload &&
	    s->mandatory && s->persistent);
	ck_assert(!s->insecure && !s->allow_private && !s->log_bodies);
	ck_assert_str_eq(s->base_url, "https://x/v1");
	ck_assert_uint_eq(s->auth, TD_AUTH_NONE);
	ck_assert_str_eq(s->token, "");
	ck_assert_str_eq(s->token_env, "");
	ck_assert_uint_eq(s->n_headers, 0);
	ck_assert_uint_eq(s->connect_timeout_ms, 5000);
	ck_assert_uint_eq(s->timeout_ms, 5000);
	ck_assert_uint_eq(s->max_retries, 3);
	ck_assert_uint_eq(s->retry_backoff_ms, 1000);
	ck_assert_uint_eq(s->retry_after_max_ms, 3600000);
	ck_assert_uint_eq(s->cb_failure_threshold, 5);
	ck_assert_uint_eq(s->cb_window_ms, 60000);
	ck_assert_uint_eq(s->cb_cooldown_ms, 30000);
	ck_assert_uint_eq(s->max_in_flight, 32);
	ck_assert_uint_eq(s->rate_ns, 0);
	ck_assert_str_eq(s->success, "200-299");
	ck_assert_str_eq(s->retry, "408,425,429,500-599");
	ck_assert_uint_eq(s->excerpt_bytes, 2048);
	ck_assert_str_eq(s->signature_prefix, "webhook-");
	ck_assert_uint_eq(s->heartbeat_s, 30);
	ck_assert_uint_eq(s->max_connections, 4);
	ck_assert_uint_eq(s->prefetch, 50);
	ck_assert_uint_eq(s->response_max_bytes, 1 << 20);
	ck_assert_str_eq(s->file, "taskdir.conf");
	ck_assert_uint_eq(s->line, 1);
	td_settings_free(settings);
}
END_TEST

START_TEST(sections_of_one_name_are_one)
{
	struct td_settings *settings = load(SERVICE "timeout = 1s\n"
	    "header.X-A = 1\nheader.X-B = 2\n" AMQP
	    "[service crm]\ntimeout = 2s\nenabled = no\nheader.x-a = 3\n"
	    "header.X-B =\nheader.X-C = a; b\n");
	const struct td_service *s = td_service_find(settings, "crm");

	ck_assert_uint_eq(td_service_count(settings), 2);
	ck_assert_ptr_eq(s, td_service_at(settings, 0));
	ck_assert_str_eq(td_service_at(settings, 1)->name, "mq");
	ck_assert_uint_eq(s->timeout_ms, 2000);
	ck_assert(!s->enabled);
	ck_assert_uint_eq(s->n_headers, 2);
	ck_assert_str_eq(s->headers[0].name, "x-a");
	ck_assert_str_eq(s->headers[0].value, "3");
	ck_assert_str_eq(s->headers[1].value, "a; b");
	ck_assert_ptr_null(td_service_find(settings, "cr"));
	ck_assert_ptr_null(td_service_find(settings, "zz"));
	td_settings_free(settings);
}
END_TEST

START_TEST(thousands_are_found)
{
	struct td_buf text = { 0 };
	struct td_settings *settings;
	unsigned n = td_harness_many(5000);
	char name[32];

	for (unsigned i = 0; i < n; i++)
		td_buf_add_format(&text, "[service s%u]\ntype = rest\n"
		    "base_url = http://h:%u\n[rule r%u]\nevent = e\n"
		    "service = s%u\n", i * 7919 % n, i % 65535 + 1, i,
		    i * 7919 % n);
	settings = load(td_buf_text(&text));
	ck_assert_uint_eq(td_service_count(settings), n);
	ck_assert_uint_eq(td_rule_count(settings), n);
	for (unsigned i = 0; i < n; i++) {
		(void)snprintf(name, sizeof(name), "s%u", i);
		ck_assert_str_eq(td_service_find(settings, name)->name, name);
		name[0] = 'r';
		ck_assert_str_eq(td_rule_find(settings, name)->name, name);
	}
	td_settings_free(settings);
	td_buf_release(&text);
}
END_TEST

static const char *const good[] = {
	"[service a.B-c_9]\ntype = rest\nbase_url = http://[::1]:8080\n",
	SERVICE "auth = bearer\ntoken = x\n",
	SERVICE "auth = apikey\ntoken_env = API_TOKEN_2\n",
	SERVICE "auth = basic\nuser = u\ntoken_file = secrets/crm\n",
	SERVICE "success = 200-299, 304\nretry = 503\nallow = 10.0.0.0/8, ::1,"
	    " 192.0.2.7\n",
	SERVICE "allow =\n  10.0.0.0/8,\n  fe80::/10\n",
	SERVICE "base_url = HTTPS://x\nexchange =\n",
	AMQP "auth = basic\nuser = u\ntoken = p\n",
	AMQP "base_url = amqps://h:5671/%2Fv?heartbeat=5\n",
	AMQP "declare = queue\ndeclare_queue = q\ndeclare_arguments = "
	    "{\"x-max-length\": 5}\n",
	AMQP "declare = bind\ndeclare_queue = q\nexchange = x\n",
	AMQP "response_queue = q\nresponse_class = mod_x\\task\\y\n",
	SERVICE "[rule r]\nevent = user_*\nservice = crm\n",
	"[rule r]\nevent = \\core\\event\\x\nservice = crm\n" SERVICE,
	SERVICE "[rule r]\nevent = e\nservice = crm\nmethod = PATCH\n"
	    "endpoint = /u/{{objectid}}?x=1\ntemplate = {\n  \"a\": {{b}}\n"
	    "  }\nwhen = a = b and\n  c exists\nmissing = keep\n"
	    "content_type = text/plain; charset=utf-8\n",
	/* One that lacks what another section of it says. */
	"[service crm]\ntype = rest\n[service crm]\nbase_url = http://x\n",
};

START_TEST(good_ones_are_taken)
{
	td_settings_free(load(good[_i]));
}
END_TEST

#define RULE	SERVICE "[rule r]\nevent = e\nservice = crm\n"

static const struct {
	const char *text, *says;
} bad[] = {
	{ "[service]\n", "taskdir.conf:1:1: [service]: a name must follow, "
	    "as in [service crm]" },
	{ "[service a b]\n", "taskdir.conf:1:1: [service a\\x20b]: no name" },
	{ "[service .a]\n", "no name" }, { "[service a.]\n", "no name" },
	{ "[service -a]\n", "no name" }, { "[service a/b]\n", "no name" },
	{ "[service a\\b]\n", "no name" }, { "[rule \xc3\xa4]\n", "no name" },
	{ "[service aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaa]\n", "at most 64" },
	{ "[service crm]\n", "taskdir.conf:1:1: [service crm]: type: missing "
	    "(rest or amqp)" },
	{ "[service crm]\ntype = rest\n", "[service crm]: base_url: missing" },
	{ "[service crm]\ntype = soap\n", "taskdir.conf:2:8: type: none of: "
	    "rest amqp" },
	{ SERVICE "typo = x\n", "taskdir.conf:4:1: typo: no setting of "
	    "[service]; did you mean type?" },
	{ SERVICE "attempts = 5\n", "attempts: no setting of [service]; it "
	    "belongs to [class NAME]" },
	{ SERVICE "when = x\n", "it belongs to [rule NAME]" },
	{ SERVICE "timeout = 5x\n", "taskdir.conf:4:11: timeout: not a" },
	{ SERVICE "max_retries = 0\n", "max_retries: out of range (1 to 100" },
	{ SERVICE "base_url = ftp://x\n", "taskdir.conf:4:12: base_url: no "
	    "URL, which begins with http://" },
	{ SERVICE "base_url = http://\n", "taskdir.conf:4:19: base_url: a "
	    "host is expected" },
	{ SERVICE "base_url = http://a:b\n", "taskdir.conf:4:21: base_url: "
	    "no port" },
	{ SERVICE "base_url = http://a:0\n", "no port" },
	{ SERVICE "base_url = http://a:65536\n", "no port" },
	{ SERVICE "base_url = http://[::1\n", "\"]\" is expected" },
	{ SERVICE "base_url = http://[::1]x\n", "a port or a path" },
	{ SERVICE "base_url = http://a b\n", "taskdir.conf:4:20: base_url: a "
	    "byte that no URL has" },
	{ SERVICE "base_url = amqp://x\n", "base_url: type = rest needs "
	    "http://" },
	{ SERVICE "base_url = http://u:p@x\n", "base_url: user and password "
	    "do not belong here" },
	{ SERVICE "base_url = http://x/?a=b\n", "base_url: no \"?\"" },
	{ SERVICE "base_url = http://x/#a\n", "base_url: no \"?\"" },
	{ AMQP "base_url = https://x\n", "type = amqp needs amqp://" },
	{ AMQP "base_url = amqp://h/v?colour=red\n", "taskdir.conf:4:12: "
	    "base_url: the broker's URL is none: \"colour\" is not known" },
	{ AMQP "base_url = amqp://u%zz@h/v\n", "taskdir.conf:4:12: "
	    "base_url: the broker's URL is none: its user" },
	{ SERVICE "auth = bearer\n", "taskdir.conf:4:8: auth: needs "
	    "token_file" },
	{ SERVICE "auth = basic\ntoken = x\n", "auth: basic needs user" },
	{ SERVICE "user = a:b\n", "user: no colon" },
	{ SERVICE "token = x\ntoken_file = y\n", "taskdir.conf:5:14: "
	    "token_file: only one of" },
	{ SERVICE "token = x\ntoken_env = Y\n", "token_env: only one of" },
	{ SERVICE "token_env = A B\n", "token_env: no variable's name" },
	{ SERVICE "token_env = 1A\n", "token_env: no variable's name" },
	{ AMQP "auth = bearer\ntoken = x\n", "type = amqp knows none and" },
	{ SERVICE "header. = x\n", "taskdir.conf:4:1: a name is expected" },
	{ SERVICE "header.a b = x\n", "not what a header's name" },
	{ SERVICE "header.Authorization = x\n", "Authorization cannot be" },
	{ SERVICE "header.content-length = 1\n", "Content-Length cannot be" },
	{ SERVICE "header.X = a\n  b\n", "header.NAME: has a line break" },
	{ SERVICE "header.X = a\rb\n", "has a line break or a control" },
	{ SERVICE "success = 99\n", "no list of statuses" },
	{ SERVICE "success = 200-\n", "no list of statuses" },
	{ SERVICE "retry = 500-400\n", "no list of statuses" },
	{ SERVICE "retry = 500, 6000\n", "taskdir.conf:4:14: retry: no list" },
	{ SERVICE "retry = 500,\n", "no list of statuses" },
	{ SERVICE "allow = 10.0.0.0/33\n", "no list of networks" },
	{ SERVICE "allow = ::1, x\n", "taskdir.conf:4:14: allow: no list" },
	{ SERVICE "allow = ::1/129\n", "no list of networks" },
	{ SERVICE "signature_prefix = a b\n", "signature_prefix: not what" },
	{ SERVICE "rate = 5\n", "rate: not a rate" },
	{ SERVICE "response_queue = q\n", "response_queue: needs type = " },
	{ SERVICE "persistent = yes\n", "taskdir.conf:4:14: persistent: needs "
	    "type = amqp" },
	{ AMQP "declare_arguments = []\n", "not a JSON object" },
	{ AMQP "declare_arguments = {\n", "declare_arguments: " },
	{ AMQP "declare = queue\n", "declare: needs declare_queue" },
	{ AMQP "declare = exchange\n", "declare: needs exchange" },
	{ AMQP "response_class = a..b\\\n", "response_class: no class name" },
	{ AMQP "response_class = a\nresponse_event = b\n", "only one of" },
	{ SERVICE "[rule r]\nservice = crm\n", "taskdir.conf:4:1: [rule r]: "
	    "event: missing" },
	{ SERVICE "[rule r]\nevent = e\n", "[rule r]: service: missing" },
	{ SERVICE "[rule r]\nevent = e\nservice = x\n",
	    "taskdir.conf:6:11: service: there is no [service]" },
	{ RULE "method = HEAD\n", "taskdir.conf:7:10: method: none of: GET "
	    "POST PUT PATCH DELETE" },
	{ RULE "content_type = json\n", "content_type: no media type" },
	{ RULE "content_type = a/b c\n", "content_type: no media type" },
	{ RULE "missing = x\n", "missing: none of: error null empty keep" },
	{ RULE "when = a = b or\n", "taskdir.conf:7:16: when: a field is" },
	{ RULE "when = a b\n", "taskdir.conf:7:10: when: =, !=, in" },
	{ RULE "endpoint = /{{a\n", "endpoint: }} or | and a default is "
	    "expected at byte 4" },
	{ RULE "template = {{}}\n", "template: no field's name" },
	{ RULE "template_file = /etc/x\n", "no path below the spool" },
	{ RULE "template_file = a/../b\n", "no path below the spool" },
	{ RULE "template_file = none.json\n", "taskdir.conf:7:17: "
	    "template_file: " },
	{ RULE "template_file = taskdir.conf\ntemplate = x\n",
	    "template_file: only one of" },
};

START_TEST(bad_ones_are_refused_with_their_place)
{
	int root = open_root(bad[_i].text, 0600);
	struct td_settings *settings = NULL;
	struct td_err err = { 0 };

	ck_assert_int_ne(td_settings_load(&settings, root, &err), 0);
	ck_assert_msg(strstr(err.text, bad[_i].says) != NULL, "%s",
	    err.text);
	ck_assert_ptr_null(settings);
	(void)close(root);
}
END_TEST

START_TEST(literal_token_needs_a_private_file)
{
	static const mode_t open_modes[] = { 0644, 0640, 0604, 0610 };
	struct td_settings *settings = NULL;
	struct td_err err = { 0 };
	int root;

	for (int i = 0; i < N_OF(open_modes); i++) {
		root = open_root(SERVICE "auth = bearer\ntoken = x\n",
		    open_modes[i]);
		ck_assert_int_eq(td_settings_load(&settings, root, &err),
		    TASKDIR_EFORMAT);
		ck_assert_ptr_nonnull(strstr(err.text, "taskdir.conf:5:9: "
		    "token: others may read this file"));
		(void)close(root);
	}
	root = open_root(SERVICE, 0644);
	ck_assert_int_eq(td_settings_load(&settings, root, &err), 0);
	td_settings_free(settings);
	(void)close(root);
}
END_TEST

START_TEST(so_does_a_password_in_a_url)
{
	struct td_settings *settings = NULL;
	struct td_err err = { 0 };
	int root = open_root(AMQP, 0644);

	ck_assert_int_eq(td_settings_load(&settings, root, &err),
	    TASKDIR_EFORMAT);
	ck_assert_ptr_nonnull(strstr(err.text, "taskdir.conf:3:12: base_url: "
	    "others may read this file"));
	(void)close(root);
	root = open_root("[service mq]\ntype = amqp\n"
	    "base_url = amqp://u@h/v\n", 0644);
	ck_assert_int_eq(td_settings_load(&settings, root, &err), 0);
	td_settings_free(settings);
	(void)close(root);
}
END_TEST

START_TEST(template_comes_from_a_file)
{
	int root = open_root(RULE "template_file = t.json\n", 0600), fd;
	struct td_settings *settings = NULL;
	struct td_err err = { 0 };

	fd = openat(root, "t.json", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(td_io_write(fd, "{{a}}\n", 6), 0);
	ck_assert_msg(td_settings_load(&settings, root, &err) == 0, "%s",
	    err.text);
	ck_assert_ptr_nonnull(td_rule_at(settings, 0)->body);
	td_settings_free(settings);
	ck_assert_int_eq(td_io_write(fd, "{{", 2), 0);
	ck_assert_int_eq(td_settings_load(&settings, root, &err),
	    TASKDIR_EFORMAT);
	ck_assert_ptr_nonnull(strstr(err.text, "template_file: t.json: no "
	    "field's name"));
	/* Who may write it may say what we send. */
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(fchmod(fd, 0666), 0);
	ck_assert_int_eq(td_settings_load(&settings, root, &err),
	    TASKDIR_ETRUST);
	ck_assert_int_eq(td_settings_read(&settings, root, &err), 0);
	td_settings_free(settings);
	(void)close(fd);
	(void)close(root);
}
END_TEST

static const struct {
	const char *rule, *event;
	bool want;
} matches[] = {
	{ "event = a", "{\"eventname\":\"a\"}", true },
	{ "event = a", "{\"eventname\":\"ab\"}", false },
	{ "event = user_*", "{\"eventname\":\"user_created\"}", true },
	{ "event = *", "{\"eventname\":\"x\"}", true },
	{ "event = \\core\\event\\*",
	    "{\"eventname\":\"core\\\\event\\\\x\"}", true },
	{ "event = core\\event\\x",
	    "{\"eventname\":\"\\\\core\\\\event\\\\x\"}", true },
	{ "event = a\nenabled = no", "{\"eventname\":\"a\"}", false },
	{ "event = a\nwhen = crud = c", "{\"eventname\":\"a\"}", false },
	{ "event = a\nwhen = crud = c",
	    "{\"eventname\":\"a\",\"crud\":\"c\"}", true },
};

START_TEST(rule_wants_an_event_or_not)
{
	struct td_buf text = { 0 };
	struct td_settings *settings;
	struct td_event event;

	td_buf_add_format(&text, SERVICE "[rule r]\nservice = crm\n%s\n",
	    matches[_i].rule);
	settings = load(td_buf_text(&text));
	ck_assert_int_eq(td_event_parse(&event, matches[_i].event,
	    strlen(matches[_i].event), NULL), 0);
	ck_assert_int_eq(td_rule_matches(td_rule_find(settings, "r"), &event),
	    matches[_i].want);
	td_event_release(&event);
	td_settings_free(settings);
	td_buf_release(&text);
}
END_TEST

START_TEST(statuses_are_found_in_lists)
{
	ck_assert(td_service_status_in("200-299", 200));
	ck_assert(td_service_status_in("200-299", 299));
	ck_assert(!td_service_status_in("200-299", 300));
	ck_assert(td_service_status_in("408, 425,429 ,500-599", 429));
	ck_assert(!td_service_status_in("408,425,429,500-599", 428));
	ck_assert(td_service_status_in("408,425,429,500-599", 503));
	ck_assert(!td_service_status_in("", 200));
}
END_TEST

START_TEST(class_tells_its_service)
{
	ck_assert_str_eq(td_service_of_class("dispatch_event_task\\crm"),
	    "crm");
	ck_assert_ptr_null(td_service_of_class("dispatch_event_task\\"));
	ck_assert_ptr_null(td_service_of_class("dispatch_event_task"));
	ck_assert_ptr_null(td_service_of_class("dispatch_event_taskx\\a"));
}
END_TEST

START_TEST(hub_has_classes_of_its_own)
{
	struct td_settings *settings = load(SERVICE "rate = 10/s\n"
	    "max_in_flight = 7\n[service off]\ntype = rest\n"
	    "base_url = http://x\nenabled = no\n"
	    "[class *]\nattempts = 9\nworker = no\ntimeout = 1m\n"
	    "[class dispatch_event_task\\off]\nattempts = 2\n"
	    "[class dispatch_event_task\\mine]\nhandler = x\n"
	    "worker = no\n");
	struct td_class_settings c;
	struct td_buf origin = { 0 };

	td_settings_class(settings, "dispatch_event_task\\crm", &c);
	ck_assert(c.hub && c.worker);
	ck_assert_str_eq(c.handler, "");
	ck_assert_uint_eq(c.attempts, 9);
	ck_assert_uint_eq(c.timeout_ms, 60000);
	ck_assert_uint_eq(c.pipeline, 1000);
	ck_assert_uint_eq(c.max_running, 1);
	ck_assert_uint_eq(c.max_in_flight, 7);
	ck_assert_uint_eq(c.rate_ns, 100000000);
	ck_assert_uint_eq(td_settings_class_tasks(&c), 7);
	td_settings_class(settings, "dispatch_event_task\\off", &c);
	ck_assert(c.hub);
	ck_assert_uint_eq(c.attempts, 2);
	td_settings_class(settings, "dispatch_event_task\\mine", &c);
	ck_assert(!c.hub && !c.worker);
	td_settings_class(settings, "consume_responses_task", &c);
	ck_assert(c.hub && c.worker);
	ck_assert_uint_eq(c.max_in_flight, 0);
	td_settings_class(settings, "other", &c);
	ck_assert(!c.hub && !c.worker);
	ck_assert_uint_eq(c.pipeline, 1);
	ck_assert_str_eq(td_settings_lookup(settings,
	    "dispatch_event_task\\crm", "rate", &origin), "10/s");
	ck_assert_str_eq(td_buf_text(&origin), "taskdir.conf:4");
	ck_assert_str_eq(td_settings_lookup(settings,
	    "dispatch_event_task\\none", "pipeline", NULL), "1000");
	ck_assert_str_eq(td_settings_lookup(settings, "other", "pipeline",
	    NULL), "1");
	td_buf_release(&origin);
	td_settings_free(settings);
	settings = load("");
	td_settings_class(settings, "dispatch_event_task", &c);
	ck_assert(c.hub);
	ck_assert_uint_eq(c.attempts, 5);
	td_settings_free(settings);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ what_is_not_said_is_a_default, 0 },
		{ sections_of_one_name_are_one, 0 },
		{ thousands_are_found, 0 },
		{ good_ones_are_taken, N_OF(good) },
		{ bad_ones_are_refused_with_their_place, N_OF(bad) },
		{ literal_token_needs_a_private_file, 0 },
		{ so_does_a_password_in_a_url, 0 },
		{ template_comes_from_a_file, 0 },
		{ rule_wants_an_event_or_not, N_OF(matches) },
		{ statuses_are_found_in_lists, 0 },
		{ class_tells_its_service, 0 },
		{ hub_has_classes_of_its_own, 0 },
	};

	return td_harness_run("service", tests, N_OF(tests));
}
