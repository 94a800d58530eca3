#define _GNU_SOURCE
#include "trial.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"

#define STACK_BYTES      65536
#define TRIALS_MAX       64
#define SETTLE_NS        (1 * NS_PER_MS)
#define SETTLE_TRIES     2000
#define NS_PER_S         1000000000
#define CODE_NOT_STARTED 126

static volatile pid_t running[TRIALS_MAX];

int64_t now_ns(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
}

void sleep_ns(int64_t ns)
{
	struct timespec time = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
	while (nanosleep(&time, &time) < 0 && errno == EINTR)
		;
}

void fail(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fputs("bench: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(1);
}

static void remember(pid_t from, pid_t to)
{
	for (int i = 0; i < TRIALS_MAX; i++)
		if (running[i] == from) {
			running[i] = to;
			return;
		}
	fail("unable to keep track of so many inits");
}

void kill_trials(void)
{
	for (int i = 0; i < TRIALS_MAX; i++)
		if (running[i] > 0) {
			kill(running[i], SIGKILL);
			waitpid(running[i], NULL, __WALL);
		}
}

struct child_arguments {
	char *const *argv;
	struct preparation preparation;
	int null, shared, orders, ready;
};

/* The descriptors come in above those they go to. The cgroup comes last: what was touched before is
 * charged to the harness. */
static int child(void *pointer)
{
	const struct child_arguments *arguments = pointer;
	dup2(arguments->null, STDIN_FILENO);
	dup2(arguments->null, STDOUT_FILENO);
	dup2(arguments->shared, FD_SHARED);
	dup2(arguments->orders, FD_ORDERS);
	dup2(arguments->ready, FD_READY);
	/* Should the harness die, even by SIGKILL, no init stays behind. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (arguments->preparation.traced)
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	if (arguments->preparation.cgroup_procs > 0 &&
	    write(arguments->preparation.cgroup_procs, "0", 1) != 1)
		_exit(CODE_NOT_STARTED);
	execv(arguments->argv[0], arguments->argv);
	_exit(CODE_NOT_STARTED);
}

int above_payload(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, FD_READY + 1);
	if (fd < 0 || moved < 0)
		fail("unable to open a descriptor: %s", strerror(errno));
	close(fd);
	return moved;
}

void trial_start(struct trial *trial, char *const argv[], struct preparation preparation)
{
	static char stack[STACK_BYTES] __attribute__((aligned(16)));
	int orders[2], ready[2];
	int shared = above_payload(memfd_create("shared", MFD_CLOEXEC));
	if (pipe2(orders, O_CLOEXEC) < 0 || pipe2(ready, O_CLOEXEC) < 0 ||
	    ftruncate(shared, sizeof *trial->shared) < 0)
		fail("unable to make pipes: %s", strerror(errno));
	/* Static, as is the stack: the child goes on with them after clone has returned here. */
	static struct child_arguments arguments;
	arguments = (struct child_arguments){
		.argv = argv,
		.preparation = preparation,
		.null = above_payload(open("/dev/null", O_RDWR | O_CLOEXEC)),
		.shared = shared,
		.orders = above_payload(orders[0]),
		.ready = above_payload(ready[1]),
	};
	trial->order = above_payload(orders[1]);
	trial->ready = above_payload(ready[0]);
	trial->shared =
		mmap(NULL, sizeof *trial->shared, PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
	if (trial->shared == MAP_FAILED)
		fail("unable to map the shared page: %s", strerror(errno));

	/*
	 * With CLONE_VM nothing of the harness is copied, so its size has no part in the times; and
	 * without CLONE_VFORK the harness sleeps in poll before init begins, so it disturbs nobody.
	 * But a cgroup's OOM killer takes all that share its victim's memory: no CLONE_VM there.
	 */
	int flags = CLONE_NEWPID | SIGCHLD;
	flags |= preparation.cgroup_procs == 0 ? CLONE_VM : CLONE_VFORK;
	trial->cloned_ns = now_ns();
	trial->pid = clone(child, stack + sizeof stack, flags, &arguments);
	if (trial->pid < 0)
		fail("unable to clone into a PID namespace: %s", strerror(errno));
	remember(0, trial->pid);
	close(arguments.null);
	close(arguments.shared);
	close(arguments.orders);
	close(arguments.ready);
}

bool trial_ready(const struct trial *trial, int timeout_ms)
{
	char byte;
	struct pollfd pollfd = {.fd = trial->ready, .events = POLLIN};
	return poll(&pollfd, 1, timeout_ms) == 1 && read(trial->ready, &byte, 1) == 1;
}

void trial_settle(const struct trial *trial)
{
	for (int i = 0; i < SETTLE_TRIES; i++) {
		sleep_ns(SETTLE_NS);
		if (proc_state(trial->pid) == 'S')
			return;
	}
	fail("init %d does not come to rest", trial->pid);
}

bool trial_order(const struct trial *trial, char order)
{
	return write(trial->order, &order, 1) == 1;
}

void trial_forget(struct trial *trial)
{
	remember(trial->pid, 0);
	munmap(trial->shared, sizeof *trial->shared);
	close(trial->order);
	close(trial->ready);
}

int64_t trial_wait(struct trial *trial, const char *name)
{
	int status;
	if (waitpid(trial->pid, &status, 0) != trial->pid)
		fail("unable to wait for %s: %s", name, strerror(errno));
	int64_t ended_ns = now_ns();
	trial_forget(trial);
	if (status != 0)
		fail("%s ended with the wait status %#x", name, (unsigned)status);
	return ended_ns;
}

void trial_finish(struct trial *trial, const char *name)
{
	if (!trial_order(trial, ORDER_EXIT))
		fail("the payload behind %s is gone", name);
	trial_wait(trial, name);
}

int trial_end(struct trial *trial, int timeout_ms)
{
	int status = -1;
	int pidfd = (int)syscall(SYS_pidfd_open, trial->pid, 0);
	struct pollfd pollfd = {.fd = pidfd, .events = POLLIN};
	bool ended = poll(&pollfd, 1, timeout_ms) == 1;
	kill(trial->pid, SIGKILL);
	if (waitpid(trial->pid, &status, 0) != trial->pid || !ended)
		status = -1;
	close(pidfd);
	trial_forget(trial);
	return status;
}
