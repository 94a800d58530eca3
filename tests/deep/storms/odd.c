/* odd HOW: a payload that does with itself and its children what an init must not be confused by,
 * and exits with 7. It
 *
 * - stop: is stopped and continued by a child, over and over
 * - trace: traces a child from its start over stops and an exec to its end
 * - leave: leaves a traced orphan that has died, which only the tracer can see until it ends itself
 * - traced: is traced by its grandchild, and ends while it is
 * - unshare: has a child that is the init of PID and user namespaces with orphans of their own
 * - vfork: has a child that has vforked, and ends in its place
 * - session: has a child that leads a session, and orphans in groups of their own */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DONE = 7, BAD = 1, ROUNDS = 20 };

static void moment(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
}

static int stop(void)
{
	pid_t self = getpid(), child = fork();
	int status;

	if (child == 0) {
		for (int i = 0; i < ROUNDS; i++) {
			kill(self, i % 2 ? SIGSTOP : SIGTSTP);
			moment();
			kill(self, SIGCONT);
		}
		_exit(DONE);
	}
	while (waitpid(child, &status, 0) < 0)
		;
	return WEXITSTATUS(status);
}

static int trace(void)
{
	pid_t child = fork();
	int status, stops = 0;

	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		for (int i = 0; i < ROUNDS; i++)
			raise(SIGSTOP);
		execl("/proc/self/exe", "odd", "end", (char *)NULL);
		_exit(BAD);
	}
	while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
		stops++;
		ptrace(PTRACE_CONT, child, 0, 0);
	}
	return stops > ROUNDS ? WEXITSTATUS(status) : BAD;
}

/* The pid of a grandchild whose parent has ended. */
static pid_t make_orphan(void)
{
	int out[2];
	pid_t orphan = 0;

	if (pipe(out) < 0)
		return 0;
	pid_t parent = fork();
	if (parent == 0) {
		orphan = fork();
		if (orphan == 0)
			for (;;)
				pause();
		if (write(out[1], &orphan, sizeof orphan) < 0)
			_exit(BAD);
		_exit(0);
	}
	waitpid(parent, NULL, 0);
	if (read(out[0], &orphan, sizeof orphan) != sizeof orphan)
		orphan = 0;
	close(out[0]);
	close(out[1]);
	return orphan;
}

static int leave(void)
{
	pid_t orphan = make_orphan();

	if (orphan == 0 || ptrace(PTRACE_SEIZE, orphan, 0, 0) < 0)
		return BAD;
	kill(orphan, SIGKILL);
	moment();
	return DONE;
}

static int traced(void)
{
	int told[2];
	pid_t self = getpid();

	if (pipe(told) < 0)
		return BAD;
	pid_t parent = fork();
	if (parent == 0) {
		if (fork() == 0) {
			char answer = ptrace(PTRACE_SEIZE, self, 0, 0) < 0 ? BAD : DONE;
			if (write(told[1], &answer, 1) != 1)
				_exit(BAD);
			for (int i = 0; i < ROUNDS; i++)
				moment();
			_exit(0);
		}
		_exit(0);
	}
	char answer = BAD;
	waitpid(parent, NULL, 0);
	if (read(told[0], &answer, 1) != 1)
		return BAD;
	return answer;
}

static int unshare_all(void)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		if (unshare((geteuid() ? CLONE_NEWUSER : 0) | CLONE_NEWPID | CLONE_NEWNS) < 0)
			_exit(BAD);
		pid_t init = fork();
		if (init == 0) {
			for (int i = 0; i < ROUNDS; i++)
				make_orphan();
			_exit(DONE);
		}
		waitpid(init, &status, 0);
		_exit(WEXITSTATUS(status));
	}
	waitpid(child, &status, 0);
	return WEXITSTATUS(status);
}

static int vfork_and_end(void)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		if (vfork() == 0)
			execl("/proc/self/exe", "odd", "end", (char *)NULL);
		kill(getpid(), SIGKILL);
	}
	waitpid(child, &status, 0);
	return WIFSIGNALED(status) ? DONE : BAD;
}

static int session(void)
{
	if (fork() == 0) {
		setsid();
		for (int i = 0; i < ROUNDS; i++)
			if (fork() == 0) {
				setpgid(0, 0);
				_exit(i);
			}
		_exit(0);
	}
	moment();
	return DONE;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(void);
	} ways[] = {{"stop", stop},      {"trace", trace},         {"leave", leave},
		    {"traced", traced},  {"unshare", unshare_all}, {"vfork", vfork_and_end},
		    {"session", session}};

	for (size_t i = 0; argc == 2 && i < sizeof ways / sizeof *ways; i++)
		if (strcmp(argv[1], ways[i].name) == 0)
			return ways[i].run();
	return DONE;
}
