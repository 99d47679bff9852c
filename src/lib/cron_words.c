#include "config.h"

#include "lib/cron.h"
#include "lib/cron_fields.h"

void
td_cron_words(const struct td_cron *cron, struct td_buf *buf)
{
	if (cron->reboot)
		td_buf_add_text(buf, "at every start of the runner");
}
