/*
 * Internet addresses and networks as numbers, and which of them lead to
 * nobody's own machine: loopback, private, link-local, shared and multicast
 * ranges (RFC 6890 and the IANA special-purpose registries).  An IPv4 address
 * inside an IPv6 one (::ffff:0:0/96, 64:ff9b::/96, 2002::/16) is judged as what
 * it is.
 */
#ifndef TD_BASE_ADDRESS_H
#define TD_BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr;

enum { TD_ADDRESS_BYTES = 16 };

/* IPv4 stands at ::ffff:0:0/96. */
struct td_address {
	uint8_t bytes[TD_ADDRESS_BYTES];
};

struct td_network {
	struct td_address address;
	unsigned bits;		/* of 128 */
};

/* "10.0.0.0/8", "::1", "192.0.2.7": 0 or -EINVAL. */
int td_network_parse(struct td_network *network, const char *text,
    size_t len);

/* The next of a list such as "10.0.0.0/8, ::1"; *text moves on behind it.
 * 1; 0 at the end; -EINVAL: none, *text is where it stands. */
int td_network_next(struct td_network *network, const char **text);

bool td_network_has(const struct td_network *network,
    const struct td_address *address);

/* Of AF_INET and AF_INET6: 0; -EAFNOSUPPORT. */
int td_address_of(struct td_address *address, const struct sockaddr *from);

/* "192.0.2.7", "2001:db8::1": 0 or -EINVAL. */
int td_address_parse(struct td_address *address, const char *text);

/* Whether it is none of the ranges above. */
bool td_address_is_public(const struct td_address *address);

#endif
