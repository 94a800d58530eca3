/* hostile ACT PID [ARG]: tries something on another process, and prints `ACT: done`, or `ACT:
 * refused` with the error. ACT is
 *
 * - kill SIG: sends it
 * - forge: queues a SIGTERM that claims to come from pid 0, as from outside
 * - forge-kernel: the same with the code of the kernel
 * - trace, stay: traces it, and stops to at once, or at the end of stdin
 * - memory: opens its memory for writing
 * - environment: reads its environment
 * - output FD: writes a line into what its FD leads to
 * - limit: takes its fds, queue, files and stack away by limits
 * - cpu: limits its time on a CPU to none
 * - oom: has the OOM killer take it first
 * - idle: lets it run only when nothing else does
 * - reboot: restarts the machine, or the PID namespace (PID is not heeded)
 * - type: types into the terminal at fd 0 (neither) */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/resource.h>

#include "raw.h"

static long forge(pid_t pid, int code)
{
	siginfo_t si = {.si_signo = SIGTERM, .si_code = code};

	return syscall(SYS_rt_sigqueueinfo, pid, SIGTERM, &si);
}

/* Opens /proc/PID/NAME; writes text, or reads if that is NULL. */
static long file(pid_t pid, const char *name, int flags, const char *text)
{
	char path[64], buf[16];

	snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
	int fd = open(path, flags);
	if (fd < 0 || !text)
		return fd < 0 || flags != O_RDONLY ? fd : read(fd, buf, sizeof buf);
	return write(fd, text, strlen(text));
}

static long limit(pid_t pid, int resource)
{
	uint64_t none[2] = {0, 0};

	return syscall(SYS_prlimit64, pid, resource, none, NULL);
}

static long limit_all(pid_t pid)
{
	return limit(pid, RLIMIT_NOFILE) | limit(pid, RLIMIT_SIGPENDING) |
	       limit(pid, RLIMIT_FSIZE) | limit(pid, RLIMIT_STACK);
}

static long output(pid_t pid, const char *fd)
{
	char name[32];

	snprintf(name, sizeof name, "fd/%s", fd);
	return file(pid, name, O_WRONLY, "{\"event\":\"forged\"}\n");
}

static long trace(pid_t pid, int stay)
{
	long result = ptrace(PTRACE_SEIZE, pid, 0, 0);

	if (stay && result == 0) {
		puts("stay: done");
		fflush(stdout);
		while (read(0, &(char){0}, 1) > 0)
			;
	}
	return result;
}

static long try(const char *act, pid_t pid, const char *arg)
{
	if (strcmp(act, "kill") == 0)
		return kill(pid, atoi(arg));
	if (strcmp(act, "forge") == 0)
		return forge(pid, SI_QUEUE);
	if (strcmp(act, "forge-kernel") == 0)
		return forge(pid, 0x80);
	if (strcmp(act, "trace") == 0 || strcmp(act, "stay") == 0)
		return trace(pid, *act == 's');
	if (strcmp(act, "memory") == 0)
		return file(pid, "mem", O_RDWR, NULL);
	if (strcmp(act, "environment") == 0)
		return file(pid, "environ", O_RDONLY, NULL);
	if (strcmp(act, "output") == 0)
		return output(pid, arg);
	if (strcmp(act, "limit") == 0)
		return limit_all(pid);
	if (strcmp(act, "cpu") == 0)
		return limit(pid, RLIMIT_CPU);
	if (strcmp(act, "oom") == 0)
		return file(pid, "oom_score_adj", O_WRONLY, "1000");
	if (strcmp(act, "idle") == 0)
		return syscall(SYS_sched_setscheduler, pid, SCHED_IDLE, &(struct sched_param){0});
	if (strcmp(act, "reboot") == 0)
		return reboot(RB_AUTOBOOT);
	if (strcmp(act, "type") == 0)
		return ioctl(0, TIOCSTI, "x");
	exit(125);
}

/* Where /proc is another namespace's, PID would be a stranger's. */
static int proc_is_ours(void)
{
	char link[16] = "";

	return readlink("/proc/self", link, sizeof link - 1) > 0 && atoi(link) == getpid();
}

int main(int argc, char **argv)
{
	if (argc < 3 || !proc_is_ours())
		return 125;
	if (try(argv[1], atoi(argv[2]), argc > 3 ? argv[3] : "0") < 0)
		printf("%s: refused (%s)\n", argv[1], strerror(errno));
	else
		printf("%s: done\n", argv[1]);
	return 0;
}
