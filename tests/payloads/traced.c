/*
 * traced COMMAND [ARG]...
 *
 * Asks its parent to trace it, takes a signal, says so, and executes the command, still asking.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <unistd.h>

static void took(int sig)
{
	printf("took %d\n", sig);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	if (argc < 2 || ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
		return 2;
	signal(SIGUSR1, took);
	raise(SIGUSR1);
	if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
		return 2;
	execvp(argv[1], argv + 1);
	return 127;
}
