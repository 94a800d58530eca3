/*
 * launch [OPTION]... [--] COMMAND [ARG]...
 *
 * Runs COMMAND from a known state: every signal at its default and unblocked, no fd above 2.
 * Exits with its exit code, or 128+n when signal n ended it; 124 when it was still running at the
 * time limit. Whatever COMMAND leaves behind is killed.
 *
 *   -p           as PID 1 of a new PID namespace with a /proc of its own
 *   -r           print how it ended on stderr: "exited N" or "killed N"
 *   -w FILE      write its pid, as seen from here, to FILE once it has been executed
 *   -H FIFO      do not execute it before a byte comes through FIFO
 *   -i SIG       with this signal ignored
 *   -b SIG       with this signal blocked
 *   -c FD        with this fd closed
 *   -n FD        with this fd inherited
 *   -l NAME=N    with this resource limit (nofile, nproc, as, data, stack, sigpending, fsize, core)
 *   -a NAME      with this argv[0]
 *   -k           leave alone what it leaves behind
 *   -s           in a session of its own, so that it has no controlling terminal
 *   -t SECONDS   time limit (60, or twice $AWAIT_SECONDS)
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "raw.h"

enum { TIMED_OUT = 124, TIME_LIMIT_S = 60, FDS = 1024, LIMITS = 8, TRIES = 3 };

static struct {
	bool pidns, report, keep, session;
	const char *pid_file, *hold, *argv0;
	uint64_t ignore, block;
	bool close_fd[FDS], keep_fd[FDS];
	struct {
		int resource;
		uint64_t value;
	} limit[LIMITS];
	int limits;
	time_t seconds;
} opt = {.seconds = TIME_LIMIT_S};

_Noreturn static void die(const char *what)
{
	fprintf(stderr, "launch: %s: %s\n", what, strerror(errno));
	_exit(125);
}

static void write_file(const char *path, const char *format, ...)
{
	char text[64];
	va_list args;
	va_start(args, format);
	int length = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, (size_t)length) != length)
		die(path);
	close(fd);
}

static void add_limit(char *text)
{
	static const struct {
		const char *name;
		int resource;
	} names[] = {
		{"nofile", RLIMIT_NOFILE}, {"nproc", RLIMIT_NPROC},
		{"as", RLIMIT_AS},         {"data", RLIMIT_DATA},
		{"stack", RLIMIT_STACK},   {"sigpending", RLIMIT_SIGPENDING},
		{"fsize", RLIMIT_FSIZE},   {"core", RLIMIT_CORE},
	};
	char *value = strchr(text, '=');
	if (value && opt.limits < LIMITS) {
		*value++ = '\0';
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			if (strcmp(text, names[i].name) == 0) {
				opt.limit[opt.limits].resource = names[i].resource;
				opt.limit[opt.limits++].value = strtoul(value, NULL, 10);
				return;
			}
	}
	errno = EINVAL;
	die(text);
}

static uint64_t bit(const char *sig)
{
	return raw_bit(atoi(sig));
}

static void parse(int argc, char **argv)
{
	for (int c; (c = getopt(argc, argv, "+prksw:H:i:b:c:n:l:a:t:")) != -1;)
		switch (c) {
		case 'p':
			opt.pidns = true;
			break;
		case 'r':
			opt.report = true;
			break;
		case 'k':
			opt.keep = true;
			break;
		case 's':
			opt.session = true;
			break;
		case 'w':
			opt.pid_file = optarg;
			break;
		case 'H':
			opt.hold = optarg;
			break;
		case 'a':
			opt.argv0 = optarg;
			break;
		case 'i':
			opt.ignore |= bit(optarg);
			break;
		case 'b':
			opt.block |= bit(optarg);
			break;
		case 'c':
			opt.close_fd[atoi(optarg) % FDS] = true;
			break;
		case 'n':
			opt.keep_fd[atoi(optarg) % FDS] = true;
			break;
		case 'l':
			add_limit(optarg);
			break;
		case 't':
			opt.seconds = atol(optarg);
			break;
		default:
			exit(125);
		}
	if (optind == argc) {
		fputs("launch: no command\n", stderr);
		exit(125);
	}
}

static void enter_namespaces(uid_t uid, gid_t gid)
{
	if (uid != 0) {
		write_file("/proc/self/setgroups", "deny");
		write_file("/proc/self/uid_map", "0 %u 1", uid);
		write_file("/proc/self/gid_map", "0 %u 1", gid);
	}
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		die("mount /proc");
}

/* Tries again, as these calls may have got the injected fault already. */
static void wait_for_byte(int begun)
{
	int fd = -1;
	close(begun);
	for (int i = 0; i < TRIES && fd < 0; i++)
		fd = open(opt.hold, O_RDONLY | O_CLOEXEC);
	for (int i = 0; i < TRIES && read(fd, &(char){0}, 1) < 0; i++)
		;
	close(fd);
}

/* begun: closed when the command is executed, or held. */
_Noreturn static void child(char **argv, uid_t uid, gid_t gid, int begun)
{
	if (opt.pidns)
		enter_namespaces(uid, gid);
	for (int sig = 1; sig <= SIGNALS; sig++)
		raw_disposition(sig, opt.ignore & raw_bit(sig) ? SIG_IGN : SIG_DFL);
	for (int fd = 0; fd < FDS; fd++)
		if (opt.close_fd[fd])
			close(fd);
	const char *file = argv[0];
	if (opt.argv0)
		argv[0] = (char *)(uintptr_t)opt.argv0;
	raw_mask(SIG_SETMASK, opt.block);
	/* Little after this: it is traced, and has the faults that the test injects. Those who
	 * count system calls need the tracer to come when all before this is done. */
	if (opt.hold)
		wait_for_byte(begun);
	for (int i = 0; i < opt.limits; i++) {
		uint64_t limit[2] = {opt.limit[i].value, opt.limit[i].value};
		if (syscall(SYS_prlimit64, 0, opt.limit[i].resource, limit, NULL) < 0)
			die("prlimit");
	}
	execvp(file, argv);
	die(file);
}

/* As a subreaper: what the command leaves behind becomes a child of this process. */
static void kill_leftovers(void)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
	for (;;) {
		FILE *children = fopen(path, "re");
		int pid, found = 0;
		while (children && fscanf(children, "%d", &pid) == 1)
			found += kill(pid, SIGKILL) == 0;
		if (children)
			fclose(children);
		if (!found)
			return;
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		sched_yield();
	}
}

static int wait_for(pid_t pid)
{
	struct timespec now, deadline;
	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += opt.seconds;
	sigset_t set;
	sigfillset(&set);
	for (;;) {
		int status;
		for (pid_t dead; (dead = waitpid(-1, &status, WNOHANG)) > 0;)
			if (dead == pid)
				return status;
		clock_gettime(CLOCK_MONOTONIC, &now);
		struct timespec left = {.tv_sec = deadline.tv_sec - now.tv_sec};
		int sig = left.tv_sec > 0 ? sigtimedwait(&set, NULL, &left) : -1;
		if (sig == SIGTERM || sig == SIGINT || sig == SIGHUP || left.tv_sec <= 0) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			if (poll(&(struct pollfd){.fd = 2, .events = POLLOUT}, 1, 0) > 0)
				dprintf(2, "launch: %s\n", sig < 0 ? "timed out" : "interrupted");
			return TIMED_OUT << 8;
		}
	}
}

int main(int argc, char **argv)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int begun[2];
	if (getenv("AWAIT_SECONDS"))
		opt.seconds = 2 * atol(getenv("AWAIT_SECONDS"));
	parse(argc, argv);
	for (int fd = 3; fd < FDS; fd++)
		if (!opt.keep_fd[fd])
			close(fd);
	if (pipe2(begun, O_CLOEXEC) < 0)
		die("pipe");
	if (opt.session && setsid() < 0)
		die("setsid");
	raw_disposition(SIGCHLD, SIG_DFL);
	raw_mask(SIG_SETMASK, ALL_SIGNALS);
	prctl(PR_SET_CHILD_SUBREAPER, 1);

	unsigned long flags = SIGCHLD;
	if (opt.pidns)
		flags |= CLONE_NEWPID | CLONE_NEWNS | (uid != 0 ? CLONE_NEWUSER : 0);
	pid_t pid = (pid_t)syscall(SYS_clone, flags, 0, 0, 0, 0);
	if (pid < 0)
		die("clone");
	if (pid == 0)
		child(argv + optind, uid, gid, begun[1]);
	close(begun[1]);
	for (int fd = 3; fd < FDS; fd++)
		if (fd != begun[0])
			close(fd);
	if (read(begun[0], &(char){0}, 1) < 0)
		die("read");
	if (opt.pid_file)
		write_file(opt.pid_file, "%d\n", pid);
	int status = wait_for(pid);
	if (!opt.keep)
		kill_leftovers();
	if (opt.report && WIFSIGNALED(status))
		fprintf(stderr, "killed %d\n", WTERMSIG(status));
	else if (opt.report)
		fprintf(stderr, "exited %d\n", WEXITSTATUS(status));
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
