#include "config.h"

#include "lib/key.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>

/* Looking the digest up costs more than hashing a task, so it is done once
 * and kept for the life of the process. */
static EVP_MD *sha256;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

int
td_key_hash(uint64_t *key, const void *bytes, size_t len)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	uint64_t n = 0;

	(void)pthread_once(&once, fetch);
	if (sha256 == NULL ||
	    EVP_Digest(bytes, len, digest, NULL, sha256, NULL) != 1)
		return -ENOMEM;
	for (int i = 0; i < 8; i++)
		n = n << 8 | digest[i];
	*key = n;
	return 0;
}

int
td_key_of_task(uint64_t *key, const struct td_task *task, const char *owner)
{
	struct td_buf identity = { 0 };
	int rc = td_task_identity(&identity, task, owner);

	if (rc == 0)
		rc = td_key_hash(key, identity.data, identity.len);
	td_buf_release(&identity);
	return rc;
}
