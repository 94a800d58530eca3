/*
 * subject
 *
 * The payload of pairs.py. Prints what it has come to with, a line each, `name value`; sends its
 * parent SIGUSR2; leaves a daemon behind; prints `ready`. Then `got SIGNAL` for each that comes.
 * SIGTERM and SIGINT end it, with 7 and 8.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const int caught[] = {SIGUSR1, SIGUSR2, SIGHUP, SIGINT, SIGTERM, 64};

static void report_signals(void)
{
	sigset_t mask;
	sigprocmask(SIG_SETMASK, NULL, &mask);
	printf("blocked");
	for (int sig = 1; sig < 65; sig++)
		if (sigismember(&mask, sig) == 1)
			printf(" %d", sig);
	printf("\nignored");
	for (int sig = 1; sig < 65; sig++) {
		struct sigaction action;
		if (sigaction(sig, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			printf(" %d", sig);
	}
	puts("");
}

static void report_fds(void)
{
	printf("fds");
	for (int fd = 0; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			printf(" %d", fd);
	puts("");
	for (int fd = 0; fd < 3; fd++) {
		char link[32];
		struct stat status;
		if (fstat(fd, &status) < 0)
			continue;
		snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
		int again = open(link, (fd == 0 ? O_RDONLY | O_NONBLOCK : O_WRONLY) | O_CLOEXEC);
		printf("type%d %o\nowner%d %d\nflags%d %o\nreopen%d %s\n", fd,
		       status.st_mode & S_IFMT, fd, (int)status.st_uid, fd, fcntl(fd, F_GETFL), fd,
		       again >= 0 ? "works" : strerror(errno));
		if (again >= 0)
			close(again);
	}
}

static void report_user(void)
{
	uid_t user[3], group[3];
	gid_t groups[64];
	getresuid(&user[0], &user[1], &user[2]);
	getresgid(&group[0], &group[1], &group[2]);
	printf("users %d %d %d\ngroups %d %d %d,", (int)user[0], (int)user[1], (int)user[2],
	       (int)group[0], (int)group[1], (int)group[2]);
	int n = getgroups(64, groups);
	for (int i = 0; i < n; i++)
		printf(" %d", (int)groups[i]);
	puts("");
}

static void report_rest(void)
{
	char line[4096];
	printf("directory %s\n", getcwd(line, sizeof line) ? line : strerror(errno));
	mode_t mode = umask(0);
	umask(mode);
	printf("umask %03o\nnice %d\n", mode, getpriority(PRIO_PROCESS, 0));
	printf("leads_group %d\nleads_session %d\nparent_is_pid1 %d\n", getpgrp() == getpid(),
	       getsid(0) == getpid(), getppid() == 1);
	for (int i = 0; i < RLIMIT_NLIMITS; i++) {
		struct rlimit limit;
		if (getrlimit(i, &limit) == 0)
			printf("limit%d %lld %lld\n", i, (long long)limit.rlim_cur,
			       (long long)limit.rlim_max);
	}
	for (char **variable = environ; *variable; variable++) {
		char *value = strchr(*variable, '=');
		printf("variable_%.*s %s\n", (int)(value - *variable), *variable, value + 1);
	}
	FILE *groups = fopen("/proc/self/cgroup", "re");
	for (int i = 0; groups && fgets(line, sizeof line, groups); i++)
		printf("cgroup%d %s", i, line);
	if (read(0, line, 1) == 1)
		printf("stdin %c\n", line[0]);
}

/* Of a session of its own when this returns; it holds none of our files. */
static void leave_daemon(void)
{
	int ready[2];
	if (pipe2(ready, O_CLOEXEC) < 0)
		return;
	if (fork() == 0) {
		if (fork() == 0) {
			setsid();
			for (int fd = 0; fd < 256; fd++)
				close(fd);
			for (;;)
				pause();
		}
		_exit(0);
	}
	wait(NULL);
	close(ready[1]);
	while (read(ready[0], &(char){0}, 1) < 0 && errno == EINTR)
		;
	close(ready[0]);
}

/* It never runs: the signals are blocked. With it they are caught, for those who look. */
static void on_signal(int sig)
{
	(void)sig;
}

int main(void)
{
	sigset_t set;
	report_signals();
	report_fds();
	report_user();
	report_rest();
	fflush(stdout);
	dprintf(2, "to stderr\n");
	leave_daemon();

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
		sigaddset(&set, caught[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
		sigaction(caught[i], &(struct sigaction){.sa_handler = on_signal}, NULL);
	kill(getppid(), SIGUSR2);
	puts("ready");
	for (;;) {
		fflush(stdout);
		int sig = sigwaitinfo(&set, NULL);
		printf("got %d\n", sig);
		if (sig == SIGTERM || sig == SIGINT) {
			fflush(stdout);
			return sig == SIGTERM ? 7 : 8;
		}
	}
}
