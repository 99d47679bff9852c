#include "config.h"

#include "harness.h"
#include "net/sign.h"

#include <errno.h>
#include <string.h>

/* The example of the Standard Webhooks specification. */
static const char example_secret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
static const char example_signature[] =
    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
static const struct td_sign_text example = {
	.id = "msg_p5jXN8AQM9LWM0D4loKWxJek",
	.timestamp = 1614265330,
	.body = "{\"test\": 2432232314}",
	.len = 20,
};

START_TEST(signs_as_the_specification_does)
{
	struct td_buf out = { 0 };

	ck_assert_int_eq(td_sign_add(&out, example_secret, &example), 0);
	ck_assert_str_eq(td_buf_text(&out), example_signature);
	td_buf_release(&out);
}
END_TEST

START_TEST(several_secrets_are_separated_by_blanks)
{
	struct td_buf out = { 0 };
	size_t len = strlen(example_signature);

	ck_assert_int_eq(td_sign_add(&out, example_secret, &example), 0);
	ck_assert_int_eq(td_sign_add(&out, "plain", &example), 0);
	ck_assert_int_eq(memcmp(out.data, example_signature, len), 0);
	/* hmac.new(b"plain", ..., "sha256") of Python. */
	ck_assert_str_eq(out.data + len,
	    " v1,tgOMx2V+ymftc5zrV4Kwy5UOWZAx1XMh0yu4Sm/6/r0=");
	td_buf_release(&out);
}
END_TEST

static const char *const bad[] = { "", "whsec_", "whsec_abc", "whsec_a*bc" };

START_TEST(what_is_no_secret_is_refused)
{
	struct td_buf out = { 0 };

	ck_assert_int_eq(td_sign_add(&out, bad[_i], &example), -EINVAL);
	ck_assert_uint_eq(out.len, 0);
	td_buf_release(&out);
}
END_TEST

START_TEST(base64_has_its_padding)
{
	static const struct {
		const char *text, *want;
	} table[] = {	/* RFC 4648, section 10 */
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct td_buf out = { 0 };

		ck_assert_int_eq(td_sign_base64(&out, table[i].text,
		    strlen(table[i].text)), 0);
		ck_assert_str_eq(td_buf_text(&out), table[i].want);
		td_buf_release(&out);
	}
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ signs_as_the_specification_does, 0 },
		{ several_secrets_are_separated_by_blanks, 0 },
		{ what_is_no_secret_is_refused,
		    sizeof(bad) / sizeof(bad[0]) },
		{ base64_has_its_padding, 0 },
	};

	return td_harness_run("sign", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
