/*
 * statuses [-p] COUNT EXPECTED COMMAND [ARG]...
 *
 * Runs COMMAND that many times, two at a time, -p: as PID 1 of a PID namespace, and compares each
 * exit code (128+n for a death by signal n) with EXPECTED. Prints the wrong ones; one that has not
 * ended after 30 s is such a one. Exits with 0 if there was none.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS = 2, LIMIT_S = 30, HUNG = 255 };

static pid_t start(bool pid1, char **argv)
{
	unsigned long flags = SIGCHLD | (pid1 ? CLONE_NEWPID : 0);
	pid_t pid = (pid_t)syscall(SYS_clone, flags, 0, 0, 0, 0);

	if (pid == 0) {
		setsid();
		alarm(0);
		sigprocmask(SIG_SETMASK, &(sigset_t){0}, NULL);
		execv(argv[0], argv);
		_exit(125);
	}
	return pid;
}

/* The first of the jobs that ends. A signal that nobody sends is our clock. */
static int end_of(pid_t *jobs, int *status)
{
	for (;;) {
		sigset_t set;
		pid_t pid = waitpid(-1, status, WNOHANG);
		for (int i = 0; i < JOBS; i++)
			if (pid > 0 && jobs[i] == pid)
				return i;
		if (pid > 0)
			continue;
		sigemptyset(&set);
		sigaddset(&set, SIGCHLD);
		if (sigtimedwait(&set, NULL, &(struct timespec){.tv_sec = LIMIT_S}) >= 0)
			continue;
		for (int i = 0; i < JOBS; i++)
			if (jobs[i]) {
				kill(jobs[i], SIGKILL);
				waitpid(jobs[i], status, 0);
				*status = HUNG << 8;
				return i;
			}
	}
}

int main(int argc, char **argv)
{
	bool pid1 = argc > 1 && strcmp(argv[1], "-p") == 0;
	pid_t jobs[JOBS] = {0};
	long seen[256] = {0}, wrong = 0, begun = 0, count, expected;
	sigset_t set;

	argv += 1 + pid1;
	argc -= 1 + pid1;
	if (argc < 3)
		return 125;
	count = atol(argv[0]);
	expected = atol(argv[1]);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (long ended = 0; ended < count; ended++) {
		int status, i;
		for (i = 0; i < JOBS && begun < count; i++)
			if (!jobs[i] && (jobs[i] = start(pid1, argv + 2)) > 0)
				begun++;
		i = end_of(jobs, &status);
		jobs[i] = 0;
		seen[WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status)]++;
	}
	for (int code = 0; code < 256; code++)
		if (seen[code] && code != expected) {
			printf("%ld times %d instead of %ld\n", seen[code], code, expected);
			wrong += seen[code];
		}
	return wrong != 0;
}
