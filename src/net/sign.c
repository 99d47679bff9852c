#include "config.h"

#include "net/sign.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

static const char coded_prefix[] = "whsec_";

/* What a decimal 64-bit number and its dot take. */
enum { NUMBER_SIZE = 24 };

int
td_sign_base64(struct td_buf *out, const void *bytes, size_t len)
{
	size_t size = (len + 2) / 3 * 4;

	if (len > INT_MAX / 2 || td_buf_reserve(out, size + 1) != 0)
		return -ENOMEM;
	(void)EVP_EncodeBlock((unsigned char *)out->data + out->len, bytes,
	    (int)len);
	out->len += size;
	return 0;
}

/* The key behind "whsec_": malloc'ed, NULL if that is no base64. */
static unsigned char *
decode(const char *text, size_t *key_len)
{
	size_t len = strlen(text), padding = 0;
	unsigned char *key;
	int n;

	while (padding < 2 && padding < len && text[len - 1 - padding] == '=')
		padding++;
	if (len == 0 || len % 4 != 0 || len > INT_MAX)
		return NULL;
	key = malloc(len);
	n = key == NULL ? -1 : EVP_DecodeBlock(key,
	    (const unsigned char *)text, (int)len);
	if (n < 0 || (size_t)n <= padding) {
		free(key);
		return NULL;
	}
	*key_len = (size_t)n - padding;
	return key;
}

static int
add_hmac(struct td_buf *out, const void *key, size_t key_len,
    const struct td_sign_text *text)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char number[NUMBER_SIZE];
	struct td_buf all = { 0 };
	unsigned len = 0;
	int rc;

	(void)snprintf(number, sizeof(number), ".%" PRIu64 ".",
	    text->timestamp);
	td_buf_add_text(&all, text->id);
	td_buf_add_text(&all, number);
	td_buf_add(&all, text->body, text->len);
	rc = td_buf_status(&all);
	if (rc == 0 && HMAC(EVP_sha256(), key, (int)key_len,
	    (const unsigned char *)all.data, all.len, digest, &len) == NULL)
		rc = -ENOMEM;
	td_buf_release(&all);
	if (rc != 0)
		return rc;
	if (out->len > 0)
		td_buf_add_char(out, ' ');
	td_buf_add_text(out, "v1,");
	rc = td_sign_base64(out, digest, len);
	return rc != 0 ? rc : td_buf_status(out);
}

int
td_sign_add(struct td_buf *out, const char *secret,
    const struct td_sign_text *text)
{
	unsigned char *key;
	size_t len = strlen(secret);
	int rc;

	if (len == 0 || len > INT_MAX)
		return -EINVAL;
	if (strncmp(secret, coded_prefix, sizeof(coded_prefix) - 1) != 0)
		return add_hmac(out, secret, len, text);
	key = decode(secret + sizeof(coded_prefix) - 1, &len);
	if (key == NULL)
		return -EINVAL;
	rc = add_hmac(out, key, len, text);
	OPENSSL_cleanse(key, len);
	free(key);
	return rc;
}
