/*
 * Signatures of outgoing requests, as Standard Webhooks has them
 * (standardwebhooks.com, "Signature scheme"): HMAC-SHA256 over
 * "ID.TIMESTAMP.BODY", base64, behind "v1,"; one for each secret, separated by
 * blanks, so that a receiver may change his secret at leisure.
 */
#ifndef TD_NET_SIGN_H
#define TD_NET_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct td_sign_text {
	const char *id;
	uint64_t timestamp;	/* Unix seconds */
	const void *body;
	size_t len;
};

/*
 * Appends one signature, with a blank before it if OUT is not empty.  SECRET:
 * "whsec_" and base64, or the key's bytes as they are.  0; -EINVAL: that is no
 * base64, or nothing; -ENOMEM.
 */
int td_sign_add(struct td_buf *out, const char *secret,
    const struct td_sign_text *text);

/* Appends base64 (RFC 4648, with padding): 0 or -ENOMEM. */
int td_sign_base64(struct td_buf *out, const void *bytes, size_t len);

#endif
