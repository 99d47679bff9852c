#include "config.h"

#include "loop/clone.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__) && defined(__LP64__)

pid_t
td_clone(const struct td_clone *how)
{
	struct clone_args args = {
		.flags = (unsigned)(CLONE_VM | CLONE_CHILD_CLEARTID) |
		    CLONE_CLEAR_SIGHAND |
		    (how->waits ? (unsigned)CLONE_VFORK : 0) |
		    (how->shares_files ? (unsigned)CLONE_FILES : 0) |
		    (how->cgroup_fd > 0 ? CLONE_INTO_CGROUP : 0),
		.exit_signal = (unsigned)SIGCHLD,
		.child_tid = (uintptr_t)how->inside,
		.stack = (uintptr_t)how->stack,
		.stack_size = how->stack_size,
		.cgroup = (unsigned)how->cgroup_fd,
	};
	long rc;

	/* The child has a stack of its own and no way back: it must not leave
	 * this block. */
	__asm__ volatile(
	    "syscall\n\t"
	    "testq %%rax, %%rax\n\t"
	    "jnz 1f\n\t"
	    "movq %[arg], %%rdi\n\t"
	    "xorl %%ebp, %%ebp\n\t"
	    "call *%[fn]\n\t"
	    "ud2\n"
	    "1:"
	    : "=a"(rc)
	    : "a"((long)SYS_clone3), "D"(&args), "S"(sizeof(args)),
	      [fn] "b"(how->fn), [arg] "r"(how->arg)
	    : "rcx", "r11", "memory");
	return (pid_t)rc;
}

long
td_clone_call(long number, long a, long b, long c, long d)
{
	register long fourth __asm__("r10") = d;
	register long fifth __asm__("r8") = 0;
	long rc;

	__asm__ volatile("syscall"
	    : "=a"(rc)
	    : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth),
	      "r"(fifth)
	    : "rcx", "r11", "memory");
	return rc;
}

#else

pid_t
td_clone(const struct td_clone *how)
{
	(void)how;
	return -ENOSYS;
}

/* Nobody is beside the child then. */
long
td_clone_call(long number, long a, long b, long c, long d)
{
	long rc = syscall(number, a, b, c, d, 0L);

	return rc < 0 ? -errno : rc;
}

#endif
