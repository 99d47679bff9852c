#!/bin/sh
# The wall clock is set while the runner works, an hour forward and back.
. "${TD_SRCDIR:-$(dirname "$0")/..}/tests/tap.sh"

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
	if (fd == timer)
		wants_cancel = (flags & TFD_TIMER_CANCEL_ON_SET) != 0;
	return (int)syscall(SYS_timerfd_settime, fd, flags, &moved, old);
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
${TD_CC:-cc} -shared -fPIC -O1 -pthread -o clock.so clock.c >cc.out 2>&1 ||
    skip_all "no compiler: $(tail -n 1 cc.out)"

new_spool
handler ok <<'END'
#!/bin/true
END
handler fails <<'END'
#!/bin/sh
exit 1
END
handler busy <<'END'
#!/bin/sh
until [ -e "$TASKDIR_SPOOL.go" ]; do sleep 0.05; done # poll
END
CLOCK_OFFSET=$WORK/offset
export CLOCK_OFFSET
echo 0 >offset
: >"$SPOOL.err"
LD_PRELOAD=$WORK/clock.so taskdir run >"$SPOOL.out" 2>>"$SPOOL.err" &
adopt_runner $!
wait_until 'grep -q ready "$SPOOL.err"'

# The runner's time.
now()
{
	echo $(($(date +%s) + $(cat offset)))
}
# set_clock SECONDS: off by so much from now on.
set_clock()
{
	: >"$SPOOL.err"
	echo "$1" >offset.new
	mv offset.new offset
	kill -s USR1 "$RUNNER"
	wait_for "the clock is off by $1: that is noticed" \
	    'grep -q "clock was set" "$SPOOL.err"'
}
put()
{
	printf '{"classname":"%s"%s}' "$2" "${4:-}" |
	    forge new "$1" "$2" 0 "$(($(now) + $3))"
}

# --- Forward -----------------------------------------------------------------

put soon ok 1800
put far ok 9000
put failed fails -1
put busy busy -1 ',"timeout":1800'
wait_until '[ "$(states_of busy) $(states_of failed)" = "cur failed" ]'
echo '{' >"$SPOOL/new/half"
begun=$(uptime_cs)
set_clock 3600
wait_for 'what has become due by it runs' 'ended soon'
wait_for 'a retry too' '[ "$(runs_of "failed\"" | wc -l)" -eq 2 ]'
is "$(states_of far)" new 'what has not, waits'
like "$(name_of failed failed)" "*,2.json" 'and the next retry'
is "$(states_of busy)" cur 'a time limit is not a matter of the wall clock'
wait_for 'nor is the settle time' '[ "$(count_in dlq)" -eq 1 ]'
check 'which was kept' test $(($(uptime_cs) - begun)) -ge 190
put next ok 1
wait_for 'due times are those of the new clock' 'ended next'
is "$(run_field next start | cut -c 1-9)" "$(run_field next due |
    cut -c 1-9)" 'and so is the run log'

# --- Back --------------------------------------------------------------------

put was ok 30
wait_until 'taskdir list | grep -q was'
set_clock 0
put back ok 2
wait_for 'a task due after the step runs' 'ended back'
is "$(states_of was) $(states_of far)" 'new new' \
    'what was almost due waits again'
is "$(runs_of 'was"')" '' 'and did not begin'
is "$(states_of busy)" cur 'what runs goes on'
: >"$SPOOL.go"
wait_for 'and ends' 'ended busy'
is "$(run_field busy result)" ok 'well'
check 'it did not last less than nothing' awk \
    -v d="$(run_field busy duration)" 'BEGIN { exit d < 0 }'
put slow fails -1
wait_until '[ "$(states_of slow)" = failed ]'
wait=$(($(name_of slow failed | cut -d , -f 1) - $(now)))
check 'waits are counted from the new clock' test "$wait" -gt 40 -a \
    "$wait" -le 60

# --- And forward again -------------------------------------------------------

set_clock 10000
wait_for 'nothing was lost' 'ended was && ended far'
wait_for 'nothing is stuck' '[ -z "$(names_in new)$(names_in cur)" ]'
is "$(runs_of '' | grep '"result":"ok"' | wc -l | tr -d ' ')" 6 \
    'each ran once'
check 'the runner stops' stop_runner
done_testing
