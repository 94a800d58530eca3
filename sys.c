#include "sys.h"

#include <poll.h>
#include <time.h>
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
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};

	return (int)sys(SYS_POLL, fds, count, ms < 0 ? NULL : &t, NULL, 0);
}

bool sys_readlink(const char *path, char *buf, size_t size)
{
	long n = sys(SYS_readlinkat, AT_FDCWD, path, buf, size - 1);

	if (n >= 0)
		buf[n] = 0;
	return n >= 0;
}

#ifdef ARCH_RESTORER
ARCH_SIGRETURN;
#define RESTORER 0x04000000 /* SA_RESTORER */
#endif

int sys_set_action(int sig, const struct sys_sigaction *action, struct sys_sigaction *old)
{
	struct sys_sigaction a = *action;

#ifdef ARCH_RESTORER
	a.restorer = sys_sigreturn;
	a.flags |= RESTORER;
#endif
	return (int)sys(SYS_rt_sigaction, sig, &a, old, sizeof a.mask);
}

void sys_set_default(int sig)
{
	sys_set_action(sig, &(struct sys_sigaction){.handler = NULL}, NULL);
}
