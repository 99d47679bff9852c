#include "config.h"

#include "lib/settings_hub.h"
#include "lib/settings_rows.h"

#include <string.h>
#include <strings.h>

#include "lib/taskdir.h"

#define HOUR_MS		UINT64_C(3600000)

#define S(...)	ROW(TD_IN_SERVICE, "service", td_service, __VA_ARGS__)
#define U(...)	ROW(TD_IN_RULE, "rule", td_rule, __VA_ARGS__)

/* clang-format off */
static const struct td_setting table[] = {
S("type", type, WORD, 0, 0, "rest amqp", "",
  "How it is spoken to; required."),
S("base_url", base_url, TEXT, 0, 0, NULL, "",
  "http or https of rest, amqp or amqps of amqp; required.",
  .check = td_check_url),
S("enabled", enabled, YES_NO, 0, 0, NULL, "yes",
  "Whether anything is sent; tasks of one that is not wait."),
S("auth", auth, WORD, 0, 0, "none bearer apikey basic", "none",
  "How we say who we are."),
S("user", user, TEXT, 0, 0, NULL, "",
  "Who we are with auth = basic.", .check = td_check_user),
S("token", token, TEXT, 0, 0, NULL, "",
  "The token or password, only in a file that nobody else may read."),
S("token_file", token_file, TEXT, 0, 0, NULL, "",
  "The file, absolute or below the spool, that holds it."),
S("token_env", token_env, TEXT, 0, 0, NULL, "",
  "The variable of the runner's environment that holds it.",
  .check = td_check_variable),
S(TD_SETTING_HEADER, headers, HEADER, 0, 0, NULL, "",
  "A header that each message has; empty takes an earlier one out.",
  .check = td_check_header_value),
S("connect_timeout", connect_timeout_ms, DURATION_MS, 1, HOUR_MS, NULL, "5s",
  "How long to wait for a connection."),
S("timeout", timeout_ms, DURATION_MS, 1, HOUR_MS, NULL, "5s",
  "How long a network attempt may take in all."),
S("max_retries", max_retries, NUMBER, 1, 100, NULL, "3",
  "Network attempts of one run, the first included."),
S("retry_backoff", retry_backoff_ms, DURATION_MS, 0, HOUR_MS, NULL, "1s",
  "The wait after the first attempt of a run, doubling up to a minute."),
S("retry_after_max", retry_after_max_ms, DURATION_MS, 0, 7 * DAY_MS, NULL, "1h",
  "The longest wait that an answer may ask for with Retry-After."),
S("cb_failure_threshold", cb_failure_threshold, NUMBER, 0, COUNT_MAX, NULL, "5",
  "Failures within cb_window that open the breaker; 0 means no breaker."),
S("cb_window", cb_window_ms, DURATION_MS, 1, DAY_MS, NULL, "1m",
  "The time in which they count."),
S("cb_cooldown", cb_cooldown_ms, DURATION_MS, 1, DAY_MS, NULL, "30s",
  "How long an open breaker waits before one probe."),
S("cb_hook", cb_hook, TEXT, 0, 0, NULL, "",
  "The program, absolute or below the spool, run when the breaker changes."),
S("max_in_flight", max_in_flight, NUMBER, 1, 1000, NULL, "32",
  "Tasks of the service at the same time."),
S("postpone_max", postpone_max_ms, DURATION_MS, 0, AGE_MAX_MS, NULL, "7d",
  "How long tasks wait while service or rule is disabled; 0 means for ever."),
S("rate", rate_ns, RATE, 1, 1000000, NULL, "",
  "Tasks in a second, minute, hour or day (10/s, m, h, d); empty: no limit."),
S("success", success, TEXT, 0, 0, NULL, "200-299",
  "Statuses that mean it was delivered.", .check = td_check_statuses),
S("retry", retry, TEXT, 0, 0, NULL, "408,425,429,500-599",
  "Statuses that mean later; all others are a dead letter.",
  .check = td_check_statuses),
S("ca_file", ca_file, TEXT, 0, 0, NULL, "",
  "Whom to trust instead of the system's certificates."),
S("client_cert", client_cert, TEXT, 0, 0, NULL, "",
  "Our certificate."),
S("client_key", client_key, TEXT, 0, 0, NULL, "",
  "Its key; empty: in the same file."),
S("insecure", insecure, YES_NO, 0, 0, NULL, "no",
  "Whether anybody may answer: certificates are not checked."),
S("allow_private", allow_private, YES_NO, 0, 0, NULL, "no",
  "Whether private, loopback and link-local addresses are allowed."),
S("allow", allow, LINES, 0, 0, NULL, "",
  "Networks that are allowed besides (10.0.0.0/8, ::1).",
  .check = td_check_networks),
S("http2", http2, YES_NO, 0, 0, NULL, "yes",
  "Whether HTTP/2 may be spoken."),
S("excerpt", excerpt_bytes, SIZE, 0, 1 << 20, NULL, "2K",
  "How much of an answer is kept."),
S("trace_payload", trace_payload, YES_NO, 0, 0, NULL, "yes",
  "Whether the output of a run holds what was sent and answered."),
S("log_bodies", log_bodies, YES_NO, 0, 0, NULL, "no",
  "Whether the request log holds what was sent."),
S("secret_file", secret_file, TEXT, 0, 0, NULL, "",
  "Signing secrets, one a line; a message is signed with each of them."),
S("signature_prefix", signature_prefix, TEXT, 0, 0, NULL, "webhook-",
  "What the names of the signature's headers begin with.",
  .check = td_check_token),
S("exchange", exchange, TEXT, 0, 0, NULL, "",
  "Where messages are published; empty: the default exchange.",
  .check = td_check_short),
S("routing_key", routing_key, TEXT, 0, 0, NULL, "",
  "Of messages whose rule has no endpoint.", .check = td_check_short),
S("declare", declare, WORD, 0, 0, "no queue exchange bind", "no",
  "What is made at the broker if it is missing; bind means both and a binding."),
S("declare_type", declare_type, TEXT, 0, 0, NULL, "direct",
  "The type of that exchange.", .check = td_check_short),
S("declare_queue", declare_queue, TEXT, 0, 0, NULL, "",
  "The name of that queue.", .check = td_check_short),
S("declare_arguments", declare_arguments, LINES, 0, 0, NULL, "",
  "Its arguments, a JSON object.", .check = td_check_object),
S("mandatory", mandatory, YES_NO, 0, 0, NULL, "yes",
  "Whether a message that no queue takes is a failure."),
S("persistent", persistent, YES_NO, 0, 0, NULL, "yes",
  "Whether messages survive a restart of the broker."),
S("confirm_timeout", confirm_timeout_ms, DURATION_MS, 1, HOUR_MS, NULL, "5s",
  "How long to wait for the broker's confirmation."),
S("heartbeat", heartbeat_s, DURATION_S, 0, 3600, NULL, "30s",
  "How often a connection at rest is tested; 0 means never."),
S("max_connections", max_connections, NUMBER, 1, 1000, NULL, "4",
  "Connections to this broker, of all services together."),
S("message_type", message_type, TEXT, 0, 0, NULL, "",
  "The type property of messages; empty: the event's name.",
  .check = td_check_short),
S("reply_to", reply_to, TEXT, 0, 0, NULL, "",
  "The reply_to property; empty: response_queue.", .check = td_check_short),
S("response_queue", response_queue, TEXT, 0, 0, NULL, "",
  "The queue that answers are taken from; empty: none.",
  .check = td_check_short),
S("response_class", response_class, TEXT, 0, 0, NULL, "",
  "The class of the task that each answer becomes.", .check = td_check_class),
S("response_event", response_event, TEXT, 0, 0, NULL, "",
  "The name of the event that each answer becomes.",
  .check = td_check_event_name),
S("consume", consume, WORD, 0, 0, "poll always", "poll",
  "Whether answers are fetched now and then or as they come."),
S("prefetch", prefetch, NUMBER, 1, 65535, NULL, "50",
  "Answers that the broker sends ahead."),
S("response_max", response_max_bytes, SIZE, 1, 64 << 20, NULL, "1M",
  "The largest answer; a larger one is set aside."),

U("event", event, TEXT, 0, 0, NULL, "",
  "The event's name, or a pattern of names; required.",
  .check = td_check_event_name),
U("service", service, TEXT, 0, 0, NULL, "",
  "Where it goes; required."),
U("enabled", enabled, YES_NO, 0, 0, NULL, "yes",
  "Whether events make tasks by this rule."),
U("endpoint", endpoint, TEXT, 0, 0, NULL, "",
  "What follows base_url, or the routing key; a template.",
  .check = td_check_template),
U("method", method, CHOICE, 0, 0, "GET POST PUT PATCH DELETE", "POST",
  "The verb."),
U("content_type", content_type, TEXT, 0, 0, NULL, "application/json",
  "What the payload is.", .check = td_check_content_type),
U("template", template, LINES, 0, 0, NULL, "",
  "The payload; empty: the event itself.", .check = td_check_template),
U("template_file", template_file, TEXT, 0, 0, NULL, "",
  "The file below the spool that holds it.", .check = td_check_beneath),
U("missing", missing, WORD, 0, 0, "error null empty keep", "error",
  "What stands for a field that the event does not have."),
U("when", when, LINES, 0, 0, NULL, "",
  "The condition; empty: always.", .check = td_check_condition),
};
/* clang-format on */

enum { ROW_COUNT = sizeof(table) / sizeof(table[0]) };

/* The order of "words" is that of these. */
_Static_assert(TD_SERVICE_REST == 0 && TD_SERVICE_AMQP == 1, "words of type");
_Static_assert(TD_AUTH_NONE == 0 && TD_AUTH_BEARER == 1 &&
    TD_AUTH_APIKEY == 2 && TD_AUTH_BASIC == 3, "words of auth");
_Static_assert(TD_DECLARE_NO == 0 && TD_DECLARE_QUEUE == 1 &&
    TD_DECLARE_EXCHANGE == 2 && TD_DECLARE_BIND == 3, "words of declare");
_Static_assert(TD_CONSUME_POLL == 0 && TD_CONSUME_ALWAYS == 1,
    "words of consume");
_Static_assert(TD_MISSING_ERROR == 0 && TD_MISSING_NULL == 1 &&
    TD_MISSING_EMPTY == 2 && TD_MISSING_KEEP == 3, "words of missing");

const struct td_setting *
td_settings_hub_row(size_t i)
{
	return i < ROW_COUNT ? &table[i] : NULL;
}

const char *
td_setting_header_name(const char *setting_name)
{
	static const char prefix[] = "header.";

	return strncmp(setting_name, prefix, sizeof(prefix) - 1) == 0 ?
	    setting_name + sizeof(prefix) - 1 : NULL;
}

/* What differs from the table for what taskdir-hub executes: one process that
 * has many tasks at a time. */
static const struct {
	const char *name, *text;
} hub_defaults[] = {
	{ "attempts", "5" }, { "worker", "yes" }, { "pipeline", "1000" },
	{ "max_running", "1" },
};
enum { N_HUB_DEFAULTS = sizeof(hub_defaults) / sizeof(hub_defaults[0]) };

bool
td_settings_is_hub(const char *class_name)
{
	return strcmp(class_name, TD_SERVICE_CLASS) == 0 ||
	    strcmp(class_name, TD_SERVICE_CONSUMER) == 0 ||
	    td_service_of_class(class_name) != NULL;
}

const char *
td_settings_class_default(const char *class_name,
    const struct td_setting *setting)
{
	if (td_settings_is_hub(class_name))
		for (size_t i = 0; i < N_HUB_DEFAULTS; i++)
			if (strcmp(setting->info.name,
			    hub_defaults[i].name) == 0)
				return hub_defaults[i].text;
	return setting->info.default_text;
}

void
td_settings_hub_begin(struct td_class_settings *class,
    const struct td_service *service)
{
	for (size_t i = 0; i < N_HUB_DEFAULTS; i++)
		(void)td_setting_parse(td_setting_find(TD_IN_CLASS,
		    hub_defaults[i].name), hub_defaults[i].text, class, NULL);
	if (service != NULL)
		class->rate_ns = service->rate_ns;
}

void
td_settings_hub_end(struct td_class_settings *class,
    const struct td_service *service)
{
	/* Somebody else's program is a handler like any other. */
	class->hub = *class->handler == '\0';
	if (!class->hub)
		return;
	class->worker = true;	/* it knows no other way */
	if (service != NULL)
		class->max_in_flight = service->max_in_flight;
}
