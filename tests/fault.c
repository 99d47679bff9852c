#include "config.h"

#include "fault.h"

#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The names are the linker's: __wrap_X is called for X, __real_X is X. */
#define DECLARE(type, name, ...)		\
	type __real_##name(__VA_ARGS__);	\
	type __wrap_##name(__VA_ARGS__)

DECLARE(int, open, const char *path, int flags, ...);
DECLARE(int, openat, int dir_fd, const char *path, int flags, ...);
DECLARE(int, close, int fd);
DECLARE(ssize_t, write, int fd, const void *bytes, size_t len);
DECLARE(ssize_t, pwrite, int fd, const void *bytes, size_t len, off_t at);
DECLARE(int, fsync, int fd);
DECLARE(int, syncfs, int fd);
DECLARE(int, ftruncate, int fd, off_t len);
DECLARE(int, fallocate, int fd, int mode, off_t at, off_t len);
DECLARE(int, fchown, int fd, uid_t owner, gid_t group);
DECLARE(int, fchmod, int fd, mode_t mode);
DECLARE(int, linkat, int from_fd, const char *from, int to_fd, const char *to,
    int flags);
DECLARE(int, unlinkat, int fd, const char *path, int flags);
DECLARE(int, renameat, int from_fd, const char *from, int to_fd,
    const char *to);
DECLARE(int, renameat2, int from_fd, const char *from, int to_fd,
    const char *to, unsigned flags);
DECLARE(ssize_t, getdents64, int fd, void *block, size_t size);
DECLARE(int, memfd_create, const char *name, unsigned flags);
DECLARE(int, pipe2, int fds[2], int flags);
DECLARE(long, syscall, long number, ...);
DECLARE(int, epoll_wait, int fd, struct epoll_event *events, int n, int ms);
DECLARE(int, inotify_init1, int flags);
DECLARE(uint64_t, td_clock_mono_ms, void);

static struct td_fault armed;
static pid_t armed_pid;
static bool hurrying;
static uint64_t skipped_ms;
static int doorbell_fd = -1;

static void *
share(size_t size)
{
	void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		abort();
	return shared;
}

struct td_fault_seen *
td_fault_seen(void)
{
	static struct td_fault_seen *seen;

	if (seen == NULL)
		seen = share(sizeof(*seen));
	return seen;
}

void
td_fault_arm(const struct td_fault *fault)
{
	*td_fault_seen() = (struct td_fault_seen){ 0 };
	armed = *fault;
	armed_pid = getpid();
}

void
td_fault_arm_no_more(void)
{
	armed.at = 0;
	armed.no_renameat2 = false;
}

/* In memory where that is allowed: thousands of rounds are nothing for a
 * disk. */
static void
choose_tmp(void)
{
	struct statvfs fs;

	if (statvfs("/dev/shm", &fs) == 0 && (fs.f_flag & ST_NOEXEC) == 0 &&
	    access("/dev/shm", W_OK | X_OK) == 0)
		(void)setenv("TMPDIR", "/dev/shm", 1);
}

/* A test that fails ends at once: what it was at is said by main. */
enum { TOLD_MAX = 1024 };

static struct told {
	const char *what;
	struct td_fault fault;
	struct td_fault_seen seen;
} *told;

void
td_fault_tell(int test, const char *what, const struct td_fault *fault)
{
	assert(test < TOLD_MAX);
	told[test] = (struct told){ .what = what };
	if (what == NULL)
		return;
	told[test].fault = *fault;
	told[test].seen = *td_fault_seen();
}

static void
say(const struct told *it)
{
	static const char *const modes[] = {
		[TD_FAULT_FAIL] = "fails", [TD_FAULT_FAIL_ON] = "fails on",
		[TD_FAULT_BEFORE] = "crash before",
		[TD_FAULT_AFTER] = "crash after",
		[TD_FAULT_HANGUP] = "hangup before",
	};

	(void)printf("# %s: %s %s(%s), call %u%s%s%s\n", it->what,
	    modes[it->fault.mode], it->seen.call, it->seen.what,
	    it->fault.at, it->fault.error != 0 ? ": " : "",
	    it->fault.error != 0 ? strerror(it->fault.error) : "",
	    it->fault.no_renameat2 ? ", without NOREPLACE" : "");
}

int
td_fault_run(const char *name, const struct td_harness_test *tests, size_t n)
{
	int rc;

	choose_tmp();
	told = share(TOLD_MAX * sizeof(*told));
	rc = td_harness_run(name, tests, n);
	for (int i = 0; i < TOLD_MAX; i++)
		if (told[i].what != NULL)
			say(&told[i]);
	return rc;
}

void
td_fault_hurry(void)
{
	hurrying = true;
}

/* In words, for the test that fails because of it. */
static void
note(const char *call, int fd, const char *path)
{
	struct td_fault_seen *seen = td_fault_seen();
	char link[40];

	(void)snprintf(seen->call, sizeof(seen->call), "%s", call);
	if (path != NULL)
		(void)snprintf(seen->what, sizeof(seen->what), "%s", path);
	else {
		ssize_t n;

		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		n = readlink(link, seen->what, sizeof(seen->what) - 1);
		seen->what[n < 0 ? 0 : n] = '\0';
	}
	if (!seen->hit)
		seen->in_log = strstr(seen->what, "runs-") != NULL;
	seen->hit = true;
}

/* Not the children on our memory, nor the thread that syncs. */
static bool
is_armed(void)
{
	return armed.at != 0 && armed_pid == getpid() &&
	    gettid() == armed_pid;
}

/* Looking for processes opens hundreds of files that are none. */
static bool
is_in_proc(int fd, const char *path)
{
	char link[40], target[8] = "";

	if (path != NULL)
		return strncmp(path, "/proc/", 6) == 0 &&
		    strncmp(path, "/proc/self/", 11) != 0;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return readlink(link, target, sizeof(target)) > 6 &&
	    memcmp(target, "/proc/", 6) == 0;
}

/* True: this call is to fail, errno says how. */
static bool
fails(const char *call, int fd, const char *path)
{
	int before = errno;
	unsigned n;

	if (!is_armed() || is_in_proc(fd, path))
		return false;
	n = ++td_fault_seen()->calls;
	errno = before;
	if (n < armed.at || (n > armed.at && armed.mode != TD_FAULT_FAIL_ON))
		return false;
	note(call, fd, path);
	if (armed.mode == TD_FAULT_BEFORE)
		_exit(TD_FAULT_EXIT);
	errno = before;
	if (armed.mode == TD_FAULT_HANGUP)
		(void)raise(SIGHUP);
	if (armed.mode == TD_FAULT_AFTER || armed.mode == TD_FAULT_HANGUP)
		return false;
	errno = armed.error;
	return true;
}

static long
done(long result)
{
	if (armed.mode == TD_FAULT_AFTER && is_armed() && td_fault_seen()->hit)
		_exit(TD_FAULT_EXIT);
	return result;
}

#define CALL(name, fd, path, ...) \
	(fails(#name, fd, path) ? -1 : done(__real_##name(__VA_ARGS__)))

int
__wrap_open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(args, mode_t) : 0;
	va_end(args);
	return (int)CALL(open, -1, path, path, flags, mode);
}

static char *bad_suffix;	/* shared */
enum { SUFFIX_SIZE = 256 };

void
td_fault_bad_dir(const char *suffix)
{
	if (bad_suffix == NULL)
		bad_suffix = share(SUFFIX_SIZE);
	(void)snprintf(bad_suffix, SUFFIX_SIZE, "%s", suffix == NULL ? "" :
	    suffix);
}

static bool
is_bad(int dir_fd, const char *path)
{
	size_t len = bad_suffix == NULL ? 0 : strlen(bad_suffix);
	char link[40], target[4096];
	ssize_t n;

	if (len == 0 || strcmp(path, ".") != 0)
		return false;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", dir_fd);
	n = readlink(link, target, sizeof(target));
	return n >= (ssize_t)len &&
	    memcmp(target + n - len, bad_suffix, len) == 0;
}

int
__wrap_openat(int dir_fd, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(args, mode_t) : 0;
	va_end(args);
	if (is_bad(dir_fd, path)) {
		errno = EIO;
		return -1;
	}
	return (int)CALL(openat, -1, path, dir_fd, path, flags, mode);
}

/* One that fails has closed all the same. */
int
__wrap_close(int fd)
{
	if (!fails("close", fd, NULL))
		return (int)done(__real_close(fd));
	(void)__real_close(fd);
	errno = armed.error;
	return -1;
}

ssize_t
__wrap_write(int fd, const void *bytes, size_t len)
{
	return CALL(write, fd, NULL, fd, bytes, len);
}

ssize_t
__wrap_pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	return CALL(pwrite, fd, NULL, fd, bytes, len, at);
}

int
__wrap_fsync(int fd)
{
	return (int)CALL(fsync, fd, NULL, fd);
}

int
__wrap_syncfs(int fd)
{
	return (int)CALL(syncfs, fd, NULL, fd);
}

int
__wrap_ftruncate(int fd, off_t len)
{
	return (int)CALL(ftruncate, fd, NULL, fd, len);
}

int
__wrap_fallocate(int fd, int mode, off_t at, off_t len)
{
	return (int)CALL(fallocate, fd, NULL, fd, mode, at, len);
}

int
__wrap_fchown(int fd, uid_t owner, gid_t group)
{
	return (int)CALL(fchown, fd, NULL, fd, owner, group);
}

int
__wrap_fchmod(int fd, mode_t mode)
{
	return (int)CALL(fchmod, fd, NULL, fd, mode);
}

int
__wrap_linkat(int from_fd, const char *from, int to_fd, const char *to,
    int flags)
{
	return (int)CALL(linkat, -1, to, from_fd, from, to_fd, to, flags);
}

int
__wrap_unlinkat(int fd, const char *path, int flags)
{
	return (int)CALL(unlinkat, -1, path, fd, path, flags);
}

int
__wrap_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return (int)CALL(renameat, -1, to, from_fd, from, to_fd, to);
}

int
__wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to,
    unsigned flags)
{
	if (armed.no_renameat2 && is_armed()) {
		errno = EINVAL;
		return -1;
	}
	return (int)CALL(renameat2, -1, to, from_fd, from, to_fd, to, flags);
}

ssize_t
__wrap_getdents64(int fd, void *block, size_t size)
{
	return CALL(getdents64, fd, NULL, fd, block, size);
}

int
__wrap_memfd_create(const char *name, unsigned flags)
{
	return (int)CALL(memfd_create, -1, name, name, flags);
}

int
__wrap_pipe2(int fds[2], int flags)
{
	return (int)CALL(pipe2, -1, "", fds, flags);
}

/* openat2 has no wrapper of its own; the rest passes. */
long
__wrap_syscall(long number, ...)
{
	va_list args;
	long a[6];

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_openat2)
		return CALL(syscall, -1, (const char *)a[1], number, a[0],
		    a[1], a[2], a[3], a[4], a[5]);
	return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

void
td_fault_share_doorbell(void)
{
	doorbell_fd = __real_inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
}

/* As good as new: what it rang for earlier runners is read away. */
int
__wrap_inotify_init1(int flags)
{
	char block[4096];

	if (doorbell_fd < 0)
		return __real_inotify_init1(flags);
	while (read(doorbell_fd, block, sizeof(block)) > 0)
		continue;
	return fcntl(doorbell_fd, F_DUPFD_CLOEXEC, 3);
}

enum { MOMENT_MS = 30 };

int
__wrap_epoll_wait(int fd, struct epoll_event *events, int n, int ms)
{
	int rc;

	if (!hurrying || (ms >= 0 && ms <= MOMENT_MS))
		return __real_epoll_wait(fd, events, n, ms);
	rc = __real_epoll_wait(fd, events, n, MOMENT_MS);
	if (rc == 0 && ms > 0)
		skipped_ms += (uint64_t)(ms - MOMENT_MS);
	return rc;
}

uint64_t
__wrap_td_clock_mono_ms(void)
{
	return __real_td_clock_mono_ms() + skipped_ms;
}
