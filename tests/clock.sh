# A clock that a story may set: sourced behind tap.sh.
#
#	step_clock 3600			# the runner's is off by so much
#	at 1780272000 taskdir run --once	# a command at that time
#	now				# the time there
# shellcheck shell=sh
case " ${TD_CC_FLAGS:-} " in
*-fsanitize*) skip_all 'a preloaded library and a sanitizer do not mix' ;;
esac

# The machine's clock is not ours: the runner gets one of its own, which is off
# by what the file says.  SIGUSR1 is the moment at which it is set: the kernel
# would then cancel a timer that asked for it.
cat >clock.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static int timer = -1;
static _Atomic int wants_cancel, was_set;

static long
offset(void)
{
	char text[32] = "";
	int fd = open(getenv("CLOCK_OFFSET"), O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_read, fd, text, sizeof(text) - 1) < 0)
		abort();
	close(fd);
	return atol(text);
}

int
clock_gettime(clockid_t id, struct timespec *t)
{
	int rc = (int)syscall(SYS_clock_gettime, id, t);

	if (rc == 0 && id == CLOCK_REALTIME)
		t->tv_sec += offset();
	return rc;
}

int
timerfd_create(clockid_t id, int flags)
{
	int fd = (int)syscall(SYS_timerfd_create, id, flags);

	if (id == CLOCK_REALTIME)
		timer = fd;
	return fd;
}

int
timerfd_settime(int fd, int flags, const struct itimerspec *when,
    struct itimerspec *old)
{
	struct itimerspec moved = *when;

	if (fd == timer && moved.it_value.tv_sec != 0)
		moved.it_value.tv_sec -= offset();
	if (fd == timer && moved.it_value.tv_sec < 0)
		moved.it_value.tv_sec = 1;
	if (fd == timer)
		wants_cancel = (flags & TFD_TIMER_CANCEL_ON_SET) != 0;
	if (syscall(SYS_timerfd_settime, fd, flags, &moved, old) != 0)
		return -1;
	/* As the kernel: who sets the timer first is told, not who reads. */
	if (fd != timer || !wants_cancel || !was_set)
		return 0;
	was_set = 0;
	errno = ECANCELED;
	return -1;
}

ssize_t
read(int fd, void *to, size_t size)
{
	ssize_t n = syscall(SYS_read, fd, to, size);

	if (fd != timer || !was_set)
		return n;
	was_set = 0;
	errno = ECANCELED;
	return -1;
}

/* In a thread of its own: the kernel interrupts nobody. */
static void *
set(void *set_of_signals)
{
	struct itimerspec at_once = { .it_value.tv_nsec = 1 };
	int number;

	while (sigwait(set_of_signals, &number) == 0) {
		if (!wants_cancel)
			continue;
		was_set = 1;
		if (getenv("CLOCK_TELLS_SETTER") != NULL)
			continue;
		syscall(SYS_timerfd_settime, timer, 0, &at_once, NULL);
	}
	return NULL;
}

__attribute__((constructor)) static void
start(void)
{
	static sigset_t usr1;
	sigset_t all, old;
	pthread_t thread;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigfillset(&all);
	/* The thread is deaf to all that the runner wants to hear of. */
	pthread_sigmask(SIG_BLOCK, &all, &old);
	if (pthread_create(&thread, NULL, set, &usr1) != 0)
		abort();
	sigaddset(&old, SIGUSR1);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}
END
# shellcheck disable=SC2034
CLOCK_OFFSET=$WORK/offset
export CLOCK_OFFSET
echo 0 >offset
${TD_CC:-cc} -shared -fPIC -O1 -pthread -o clock.so clock.c >cc.out 2>&1 ||
    skip_all "no compiler: $(tail -n 1 cc.out)"

# The time of those who have this clock.
now()
{
	echo $(($(date +%s) + $(cat offset)))
}

# From now on it is off by SECONDS; the runner is told.
step_clock()
{
	: >"$SPOOL.err"
	echo "$1" >offset.new
	mv offset.new offset
	kill -s USR1 "$RUNNER"
}

# A runner with this clock.
start_clock_runner()
{
	: >"$SPOOL.err"
	LD_PRELOAD=$WORK/clock.so taskdir run >"$SPOOL.out" \
	    2>>"$SPOOL.err" </dev/null &
	adopt_runner $!
	wait_until 'grep -q ready "$SPOOL.err"'
}

# at UNIXTIME COMMAND...
at()
{
	echo $(($1 - $(date +%s))) >offset
	shift
	LD_PRELOAD=$WORK/clock.so "$@"
}
