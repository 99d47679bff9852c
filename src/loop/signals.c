#include "config.h"

#include "loop/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void
on_ready(struct td_source *source)
{
	struct td_signals *signals = (struct td_signals *)source;
	struct signalfd_siginfo info;

	if (read(source->fd, &info, sizeof(info)) == sizeof(info))
		signals->arrived(signals, (int)info.ssi_signo);
}

int
td_signals_open(struct td_signals *signals, struct td_loop *loop,
    const int *numbers, size_t n, const int *ignored, size_t n_ignored,
    void (*arrived)(struct td_signals *signals, int number))
{
	sigset_t set;
	int fd, rc;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < n; i++)
		(void)sigaddset(&set, numbers[i]);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	*signals = (struct td_signals){
		.source = { .ready = on_ready, .fd = fd },
		.loop = loop,
		.is_open = true,
		.arrived = arrived,
	};
	for (size_t i = 0; i < n_ignored; i++)
		(void)sigaddset(&set, ignored[i]);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	rc = td_loop_watch(loop, &signals->source);
	if (rc != 0)
		td_signals_close(signals);
	return rc;
}

void
td_signals_close(struct td_signals *signals)
{
	if (!signals->is_open)
		return;
	td_loop_unwatch(signals->loop, &signals->source);
	(void)close(signals->source.fd);
	*signals = (struct td_signals){ 0 };
}
