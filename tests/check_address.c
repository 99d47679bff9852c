#include "config.h"

#include "base/address.h"
#include "harness.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static const char *const public[] = {
	"8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "11.0.0.1",
	"192.167.255.255", "100.63.0.1", "100.128.0.1", "223.255.255.255",
	"2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8",
	"64:ff9b::8.8.8.8", "2002:808:808::1",
};

static const char *const private[] = {
	"0.0.0.0", "10.1.2.3", "127.0.0.1", "127.255.255.254",
	"169.254.169.254",
	"172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
	"192.0.0.8", "198.18.0.1", "224.0.0.1", "255.255.255.255",
	"240.0.0.1", "::", "::1", "fc00::1", "fdff::1", "fe80::1", "fec0::1",
	"ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
	"64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
	"2002:a00:1::1", "::7f00:1", "::127.0.0.1",
};

START_TEST(addresses_of_the_world_are_public)
{
	struct td_address address;

	ck_assert_int_eq(td_address_parse(&address, public[_i]), 0);
	ck_assert_msg(td_address_is_public(&address), "%s", public[_i]);
}
END_TEST

START_TEST(all_others_are_not)
{
	struct td_address address;

	ck_assert_int_eq(td_address_parse(&address, private[_i]), 0);
	ck_assert_msg(!td_address_is_public(&address), "%s", private[_i]);
}
END_TEST

static const char *const bad[] = {
	"", "x", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1",
	"10.0.0.0/8x", "::/129", ":::", "10.0.0.256",
	"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc",
};

START_TEST(what_is_no_network_is_refused)
{
	struct td_network network = { .bits = 7 };

	ck_assert_int_eq(td_network_parse(&network, bad[_i],
	    strlen(bad[_i])), -EINVAL);
	ck_assert_uint_eq(network.bits, 7);
}
END_TEST

START_TEST(a_network_has_its_addresses_and_no_other)
{
	static const struct {
		const char *network, *address;
		bool has;
	} table[] = {
		{ "10.0.0.0/8", "10.255.0.1", true },
		{ "10.0.0.0/8", "11.0.0.1", false },
		{ "10.0.0.0/8", "::ffff:10.2.3.4", true },
		{ "192.168.4.0/22", "192.168.7.255", true },
		{ "192.168.4.0/22", "192.168.8.0", false },
		{ "127.0.0.1", "127.0.0.1", true },
		{ "127.0.0.1", "127.0.0.2", false },
		{ "0.0.0.0/0", "203.0.113.9", true },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
		{ "::/0", "10.0.0.1", true },
		{ "::1", "::1", true },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct td_network network;
		struct td_address address;

		ck_assert_int_eq(td_network_parse(&network, table[i].network,
		    strlen(table[i].network)), 0);
		ck_assert_int_eq(td_address_parse(&address,
		    table[i].address), 0);
		ck_assert_msg(td_network_has(&network, &address) ==
		    table[i].has, "%s %s", table[i].network,
		    table[i].address);
	}
}
END_TEST

START_TEST(lists_are_walked_to_their_end_or_mistake)
{
	const char *list = " 10.0.0.0/8, ::1\t192.0.2.1,";
	const char *broken = "10.0.0.0/8, nowhere";
	struct td_network network;

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(td_network_next(&network, &list), 1);
	ck_assert_int_eq(td_network_next(&network, &list), 0);
	ck_assert_int_eq(td_network_next(&network, &broken), 1);
	ck_assert_int_eq(td_network_next(&network, &broken), -EINVAL);
	ck_assert_str_eq(broken, "nowhere");
}
END_TEST

START_TEST(sockets_have_addresses_too)
{
	struct sockaddr_in four = { .sin_family = AF_INET };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr other = { .sa_family = AF_UNIX };
	struct td_address address;

	four.sin_addr.s_addr = htonl(0x08080808);
	ck_assert_int_eq(td_address_of(&address, (void *)&four), 0);
	ck_assert(td_address_is_public(&address));
	six.sin6_addr.s6_addr[15] = 1;
	ck_assert_int_eq(td_address_of(&address, (void *)&six), 0);
	ck_assert(!td_address_is_public(&address));
	ck_assert_int_eq(td_address_of(&address, &other), -EAFNOSUPPORT);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ addresses_of_the_world_are_public,
		    sizeof(public) / sizeof(public[0]) },
		{ all_others_are_not, sizeof(private) / sizeof(private[0]) },
		{ what_is_no_network_is_refused,
		    sizeof(bad) / sizeof(bad[0]) },
		{ a_network_has_its_addresses_and_no_other, 0 },
		{ lists_are_walked_to_their_end_or_mistake, 0 },
		{ sockets_have_addresses_too, 0 },
	};

	return td_harness_run("address", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
