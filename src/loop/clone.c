#include "config.h"

#include "loop/clone.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>

#if defined(__x86_64__) && defined(__LP64__)

pid_t
td_clone_into(const struct td_clone *how)
{
	struct clone_args args = {
		.flags = (unsigned)(CLONE_VM | CLONE_VFORK |
		    CLONE_PARENT_SETTID) | CLONE_INTO_CGROUP,
		.exit_signal = (unsigned)SIGCHLD,
		.parent_tid = (uintptr_t)how->pid,
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
	    "xorl %%ebp, %%ebp\n\t"
	    "movq %[arg], %%rdi\n\t"
	    "call *%[fn]\n\t"
	    "ud2\n"
	    "1:"
	    : "=a"(rc)
	    : "a"((long)SYS_clone3), "D"(&args), "S"(sizeof(args)),
	      [fn] "b"(how->fn), [arg] "r"(how->arg)
	    : "rcx", "r11", "memory");
	return (pid_t)rc;
}

#else

pid_t
td_clone_into(const struct td_clone *how)
{
	(void)how;
	return -ENOSYS;
}

#endif
