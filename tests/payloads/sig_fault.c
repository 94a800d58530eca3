/*
 * sig_fault PID
 *
 * Makes the process fault: it goes on at address 0x0.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "raw.h"

int main(int argc, char **argv)
{
	pid_t pid = argc == 2 ? atoi(argv[1]) : 0;
	struct user_regs_struct regs;
	struct iovec v = {.iov_base = &regs, .iov_len = sizeof regs};

	if (ptrace(PTRACE_ATTACH, pid, 0, 0) < 0 || waitpid(pid, NULL, __WALL) != pid ||
	    ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &v) < 0) {
		perror("sig_fault");
		return 1;
	}
#ifdef __x86_64__
	regs.rip = 0;
	regs.orig_rax = UINT64_MAX; /* there is no system call to be restarted */
#else
	regs.pc = 0;
	regs.regs[0] = 0;
#endif
	if (ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &v) < 0 ||
	    ptrace(PTRACE_DETACH, pid, 0, 0) < 0) {
		perror("sig_fault");
		return 1;
	}
	return 0;
}
