/*
 * end_flood PID SIG...
 *
 * Sends PID these signals, each from a process of its own, as fast as can be until PID has gone,
 * for 20 seconds at most. Prints "flood" when all have begun.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	pid_t pid = argc > 2 ? atoi(argv[1]) : 0;
	int begun[2];
	if (pid < 1 || pipe(begun) < 0)
		return 125;
	for (int i = 2; i < argc; i++) {
		if (fork() != 0)
			continue;
		int sig = atoi(argv[i]);
		alarm(20);
		kill(pid, sig);
		if (write(begun[1], "", 1) != 1)
			return 125;
		while (kill(pid, sig) == 0)
			;
		return 0;
	}
	for (int i = 2; i < argc; i++)
		if (read(begun[0], &(char){0}, 1) != 1)
			return 125;
	puts("flood");
	fflush(stdout);
	while (wait(NULL) > 0)
		;
	return 0;
}
