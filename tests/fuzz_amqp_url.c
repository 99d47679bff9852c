#include "config.h"

/* Brokers' URLs: what is shown reads as the same place, a refusal changes
 * nothing. */
#include "fuzz.h"
#include "base/amqp_url.h"

#include <string.h>

static char *
text_of(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	FUZZ_HOLDS(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

bool
fuzz_accepts(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);
	struct td_amqp_url url;
	bool accepts = td_amqp_url_parse(&url, text, NULL) == 0;

	free(text);
	return accepts;
}

static void
check_again(const struct td_amqp_url *url)
{
	struct td_buf shown = {0};
	struct td_amqp_url again;

	td_amqp_url_show(&shown, url);
	FUZZ_HOLDS(td_amqp_url_parse(&again, td_buf_text(&shown), NULL) == 0);
	FUZZ_HOLDS(!again.has_user && again.tls == url->tls);
	FUZZ_HOLDS(strcmp(again.host, url->host) == 0);
	FUZZ_HOLDS(again.port == url->port);
	FUZZ_HOLDS(strcmp(again.vhost, url->vhost) == 0);
	td_buf_release(&shown);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct td_amqp_url empty;
	struct td_amqp_url url = empty;
	char *text = text_of(data, size);

	if (td_amqp_url_parse(&url, text, NULL) == 0)
		check_again(&url);
	else
		FUZZ_HOLDS(memcmp(&url, &empty, sizeof(url)) == 0);
	free(text);
	return 0;
}
