#include "config.h"

#include "harness.h"
#include "hub/sampler.h"

static unsigned
count(struct td_sampler **sampler, const struct td_service *service,
    uint64_t now_ms, unsigned n)
{
	unsigned taken = 0;

	for (unsigned i = 0; i < n; i++)
		taken += td_sampler_takes(sampler, service, now_ms);
	return taken;
}

START_TEST(so_many_in_a_second_for_each_service)
{
	const struct td_service one = { .name = "one" };
	const struct td_service two = { .name = "two" };
	struct td_sampler *sampler = NULL;

	ck_assert_uint_eq(count(&sampler, &one, 100, 100), TD_SAMPLER_RATE);
	ck_assert_uint_eq(count(&sampler, &two, 100, 5), 5);
	ck_assert_uint_eq(count(&sampler, &one, 1099, 100), 0);
	ck_assert_uint_eq(count(&sampler, &one, 1100, 100), TD_SAMPLER_RATE);
	ck_assert_uint_eq(count(&sampler, &two, 1100, 100), TD_SAMPLER_RATE);
	td_sampler_free(sampler);
}
END_TEST

START_TEST(a_slow_service_shows_all)
{
	const struct td_service one = { .name = "one" };
	struct td_sampler *sampler = NULL;

	for (uint64_t i = 0; i < 100; i++)
		ck_assert(td_sampler_takes(&sampler, &one, i * 60));
	td_sampler_free(sampler);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ so_many_in_a_second_for_each_service, 0 },
		{ a_slow_service_shows_all, 0 },
	};

	return td_harness_run("sampler", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
