#include "sys.h"

#include <poll.h>
#include <unistd.h>

#ifdef ARCH_START
int main(int argc, char **argv, char **envp);
__attribute__((__used__)) _Noreturn void entry(long *stack); /* by ARCH_START */

ARCH_START;

/* What crt1 and libc's start-up would do for a program with threads, locale and stdio. */
_Noreturn void entry(long *stack)
{
	char **argv = (char **)(stack + 1);

	sys_exit(main((int)*stack, argv, argv + *stack + 1));
}
#endif

int sys_poll(struct pollfd *fds, unsigned count, int ms)
{
	struct sys_time t = {ms / 1000, ms % 1000 * 1000000L};

	return (int)sys(SYS_ppoll, fds, count, ms < 0 ? NULL : &t, NULL, 0);
}

bool sys_readlink(const char *path, char *buf, size_t size)
{
	long n = sys(SYS_readlinkat, AT_FDCWD, path, buf, size - 1);

	if (n >= 0)
		buf[n] = 0;
	return n >= 0;
}

#ifdef SA_RESTORER
/* In musl's libc.a as __clone is: the return from a handler, which x86-64 has to be told. */
__attribute__((__visibility__("hidden"))) void __restore_rt(void);
#endif

int sys_set_action(int sig, const struct sys_sigaction *action, struct sys_sigaction *old)
{
	struct sys_sigaction a = *action;

#ifdef SA_RESTORER
	a.restorer = __restore_rt;
	a.flags |= SA_RESTORER;
#endif
	return (int)sys(SYS_rt_sigaction, sig, &a, old, sizeof a.mask);
}

void sys_set_default(int sig)
{
	sys_set_action(sig, &(struct sys_sigaction){.handler = NULL}, NULL);
}
