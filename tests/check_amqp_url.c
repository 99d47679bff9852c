#include "config.h"

#include "harness.h"
#include "base/amqp_url.h"

#include <errno.h>
#include <string.h>

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define NOT_GIVEN UINT64_MAX

/* clang-format off */
static const struct {
	const char *text, *user, *password, *host;
	unsigned port;
	const char *vhost;
	uint64_t heartbeat_s, connect_ms;
	const char *shown;
} good[] = {
	{ "amqp://mq", "guest", "guest", "mq", 5672, "/", NOT_GIVEN, 0,
	    "amqp://mq:5672/%2F" },
	{ "amqps://mq/", "guest", "guest", "mq", 5671, "/", NOT_GIVEN, 0,
	    "amqps://mq:5671/%2F" },
	{ "amqp://eva:p%40ss%2Fw%3Ard@mq.example:7/my%2Fhost", "eva",
	    "p@ss/w:rd", "mq.example", 7, "my/host", NOT_GIVEN, 0,
	    "amqp://mq.example:7/my%2Fhost" },
	{ "amqp://eva@mq/a", "eva", "", "mq", 5672, "a", NOT_GIVEN, 0,
	    "amqp://mq:5672/a" },
	{ "amqp://[::1]:5673/%2f", "guest", "guest", "::1", 5673, "/",
	    NOT_GIVEN, 0, "amqp://[::1]:5673/%2F" },
	{ "amqp://[fe80::1]", "guest", "guest", "fe80::1", 5672, "/",
	    NOT_GIVEN, 0, "amqp://[fe80::1]:5672/%2F" },
	{ "amqp://a:b:c@mq", "a", "b:c", "mq", 5672, "/", NOT_GIVEN, 0,
	    "amqp://mq:5672/%2F" },
	{ "amqp://mq?heartbeat=0", "guest", "guest", "mq", 5672, "/", 0, 0,
	    "amqp://mq:5672/%2F" },
	{ "amqp://mq/v?connection_timeout=1500&heartbeat=7", "guest", "guest",
	    "mq", 5672, "v", 7, 1500, "amqp://mq:5672/v" },
	{ "amqp://%C3%A9@mq/%C3%A9", "\xc3\xa9", "", "mq", 5672, "\xc3\xa9",
	    NOT_GIVEN, 0, "amqp://mq:5672/%C3%A9" },
};

static const struct {
	const char *text, *says;
} bad[] = {
	{ "", "must begin with amqp://" },
	{ "http://mq", "must begin with amqp://" },
	{ "amqp:/mq", "must begin with amqp://" },
	{ "amqp://", "names no host" },
	{ "amqp:///v", "names no host" },
	{ "amqp://eva:secret@", "names no host" },
	{ "amqp://:secret@mq", "no user" },
	{ "amqp://mq:", "port" },
	{ "amqp://mq:0", "port" },
	{ "amqp://mq:65536", "port" },
	{ "amqp://mq:+1", "port" },
	{ "amqp://[::1", "\"[\"" },
	{ "amqp://[::1]x", "port" },
	{ "amqp://mq/%2", "virtual host" },
	{ "amqp://mq/%zz", "virtual host" },
	{ "amqp://mq/%00", "virtual host" },
	{ "amqp://mq/a/b%", "virtual host" },
	{ "amqp://eva:secret%@mq", "password" },
	{ "amqp://mq?heartbeat=", "heartbeat" },
	{ "amqp://mq?heartbeat=65536", "heartbeat" },
	{ "amqp://mq?connection_timeout=x", "connection_timeout" },
	{ "amqp://mq?verify=verify_none", "\"verify\" is not known" },
	{ "amqp://mq?heartbeat=1&&heartbeat=2", "\"\" is not known" },
};
/* clang-format on */

START_TEST(url_reads)
{
	struct td_amqp_url url;
	struct td_err err = {0};
	struct td_buf shown = {0};

	ck_assert_msg(td_amqp_url_parse(&url, good[_i].text, &err) == 0,
	    "%s", err.text);
	ck_assert_str_eq(url.user, good[_i].user);
	ck_assert_str_eq(url.password, good[_i].password);
	ck_assert_str_eq(url.host, good[_i].host);
	ck_assert_uint_eq(url.port, good[_i].port);
	ck_assert_str_eq(url.vhost, good[_i].vhost);
	ck_assert_uint_eq(url.heartbeat_s, good[_i].heartbeat_s);
	ck_assert_uint_eq(url.connect_timeout_ms, good[_i].connect_ms);
	ck_assert_int_eq(url.tls, good[_i].text[4] == 's');
	ck_assert_int_eq(url.has_user, strchr(good[_i].text, '@') != NULL);
	td_amqp_url_show(&shown, &url);
	ck_assert_str_eq(td_buf_text(&shown), good[_i].shown);
	td_buf_release(&shown);
}
END_TEST

START_TEST(url_refuses_without_telling_secrets)
{
	struct td_amqp_url url = { .port = 7 };
	struct td_err err = {0};

	ck_assert_int_eq(td_amqp_url_parse(&url, bad[_i].text, &err), -EINVAL);
	ck_assert_uint_eq(url.port, 7);
	ck_assert_msg(strstr(err.text, bad[_i].says) != NULL, "%s: %s",
	    bad[_i].text, err.text);
	ck_assert_ptr_null(strstr(err.text, "secret"));
}
END_TEST

START_TEST(url_has_limits)
{
	struct td_amqp_url url;
	char text[600] = "amqp://mq/";
	size_t head = strlen(text);

	memset(text + head, 'v', TD_AMQP_TEXT_SIZE - 1);
	text[head + TD_AMQP_TEXT_SIZE - 1] = '\0';
	ck_assert_int_eq(td_amqp_url_parse(&url, text, NULL), 0);
	ck_assert_uint_eq(strlen(url.vhost), TD_AMQP_TEXT_SIZE - 1);
	strcat(text, "v");
	ck_assert_int_eq(td_amqp_url_parse(&url, text, NULL), -EINVAL);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ url_reads, N_OF(good) },
		{ url_refuses_without_telling_secrets, N_OF(bad) },
		{ url_has_limits, 0 },
	};

	return td_harness_run("amqp_url", tests, N_OF(tests));
}
