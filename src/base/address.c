#include "config.h"

#include "base/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/num.h"

enum { V4_AT = 12, V4_BITS = 96, ALL_BITS = 128 };

static const uint8_t v4_prefix[V4_AT] = { [10] = 0xff, [11] = 0xff };

static const char separators[] = ", \t\n";

/* Those that no service of the outside world has. */
static const char *const special[] = {
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8",
	"169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
	"192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "224.0.0.0/3",
	"::/128", "::1/128", "100::/64", "2001:db8::/32", "fc00::/7",
	"fe80::/9", "ff00::/8",
};

/* Where an IPv4 address lies within an IPv6 one of these. */
static const struct {
	const char *network;
	size_t at;
} embeddings[] = {
	{ "64:ff9b::/96", 12 }, { "2002::/16", 2 }, { "::/96", 12 },
};

static void
set_v4(struct td_address *address, const void *four)
{
	memcpy(address->bytes, v4_prefix, V4_AT);
	memcpy(address->bytes + V4_AT, four, TD_ADDRESS_BYTES - V4_AT);
}

int
td_address_parse(struct td_address *address, const char *text)
{
	struct in_addr four;

	if (inet_pton(AF_INET, text, &four) == 1) {
		set_v4(address, &four);
		return 0;
	}
	return inet_pton(AF_INET6, text, address->bytes) == 1 ? 0 : -EINVAL;
}

int
td_address_of(struct td_address *address, const struct sockaddr *from)
{
	if (from->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, from, sizeof(in));
		set_v4(address, &in.sin_addr);
		return 0;
	}
	if (from->sa_family == AF_INET6) {
		struct sockaddr_in6 in;

		memcpy(&in, from, sizeof(in));
		memcpy(address->bytes, &in.sin6_addr, TD_ADDRESS_BYTES);
		return 0;
	}
	return -EAFNOSUPPORT;
}

int
td_network_parse(struct td_network *network, const char *text, size_t len)
{
	char copy[INET6_ADDRSTRLEN];
	const char *slash = memchr(text, '/', len);
	size_t n = slash == NULL ? len : (size_t)(slash - text);
	struct td_network out;
	uint64_t bits = ALL_BITS;
	bool is_v4 = memchr(text, ':', n) == NULL;

	if (n >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, n);
	copy[n] = '\0';
	if (td_address_parse(&out.address, copy) != 0)
		return -EINVAL;
	if (slash != NULL && td_num_parse(&bits, slash + 1, len - n - 1,
	    is_v4 ? ALL_BITS - V4_BITS : ALL_BITS) != 0)
		return -EINVAL;
	out.bits = (unsigned)bits + (slash != NULL && is_v4 ? V4_BITS : 0);
	*network = out;
	return 0;
}

int
td_network_next(struct td_network *network, const char **text)
{
	const char *at = *text + strspn(*text, separators);
	size_t len = strcspn(at, separators);

	*text = at;
	if (len == 0)
		return 0;
	if (td_network_parse(network, at, len) != 0)
		return -EINVAL;
	*text = at + len;
	return 1;
}

bool
td_network_has(const struct td_network *network,
    const struct td_address *address)
{
	unsigned whole = network->bits / 8, rest = network->bits % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	if (memcmp(network->address.bytes, address->bytes, whole) != 0)
		return false;
	return rest == 0 || ((network->address.bytes[whole] ^
	    address->bytes[whole]) & mask) == 0;
}

static bool
is_within(const struct td_address *address, const char *text)
{
	struct td_network network;

	return td_network_parse(&network, text, strlen(text)) == 0 &&
	    td_network_has(&network, address);
}

static bool
is_special(const struct td_address *address)
{
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (is_within(address, special[i]))
			return true;
	return false;
}

bool
td_address_is_public(const struct td_address *address)
{
	struct td_address inner;

	if (is_special(address))
		return false;
	for (size_t i = 0; i < sizeof(embeddings) / sizeof(embeddings[0]);
	    i++) {
		if (!is_within(address, embeddings[i].network))
			continue;
		set_v4(&inner, address->bytes + embeddings[i].at);
		return !is_special(&inner);
	}
	return true;
}
