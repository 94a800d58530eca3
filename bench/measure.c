#define _GNU_SOURCE
#include "measure.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static FILE *proc_open(pid_t pid, const char *file)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
	return fopen(path, "re");
}

double proc_field(pid_t pid, const char *file, const char *field)
{
	char line[256];
	double value = -1;
	size_t length = strlen(field);
	FILE *stream = proc_open(pid, file);
	while (stream && fgets(line, sizeof line, stream))
		if (strncmp(line, field, length) == 0 && line[length] == ':')
			value = strtod(line + length + 1, NULL);
	if (stream)
		fclose(stream);
	return value;
}

double proc_wakeups(pid_t pid)
{
	return proc_field(pid, "status", "voluntary_ctxt_switches");
}

int64_t proc_cpu_ns(pid_t pid)
{
	int64_t ns = -1;
	FILE *stream = proc_open(pid, "schedstat");
	if (stream && fscanf(stream, "%" SCNd64, &ns) != 1)
		ns = -1;
	if (stream)
		fclose(stream);
	return ns;
}

char proc_state(pid_t pid)
{
	char text[256];
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t got = read(fd, text, sizeof text - 1);
	close(fd);
	text[got > 0 ? got : 0] = '\0';
	const char *state = strrchr(text, ')');
	return state ? state[2] : '\0';
}

long proc_children(pid_t pid)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
	FILE *stream = fopen(path, "re");
	if (!stream)
		return -1;
	long children = 0;
	for (int c; (c = getc(stream)) != EOF;)
		children += c == ' '; /* one after each pid */
	fclose(stream);
	return children;
}

/* True when this stop is one at the entry of a system call. */
static bool is_syscall_entry(pid_t tracee, int status)
{
	struct __ptrace_syscall_info info;
	return WSTOPSIG(status) == (SIGTRAP | 0x80) &&
	       ptrace(PTRACE_GET_SYSCALL_INFO, tracee, sizeof info, &info) > 0 &&
	       info.op == PTRACE_SYSCALL_INFO_ENTRY;
}

/* The signal a stopped tracee goes on with: none for the stops that ptrace itself makes. */
static int signal_of_stop(int status)
{
	int number = WSTOPSIG(status);
	return status >> 16 || number == SIGSTOP || number & 0x80 ? 0 : number;
}

double count_syscalls(char *const argv[])
{
	struct trial trial;
	double count = 0;
	int status;
	trial_start(&trial, argv, (struct preparation){.traced = true});
	if (waitpid(trial.pid, &status, 0) != trial.pid || !WIFSTOPPED(status))
		fail("unable to trace %s", argv[0]);
	ptrace(PTRACE_SETOPTIONS, trial.pid, NULL,
	       PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK |
		       PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE);
	ptrace(PTRACE_SYSCALL, trial.pid, NULL, NULL);

	for (bool done = false; !done;) {
		pid_t tracee = waitpid(-1, &status, __WALL);
		if (tracee < 0 || (tracee == trial.pid && !WIFSTOPPED(status)))
			fail("%s ended while it was traced", argv[0]);
		if (!WIFSTOPPED(status))
			continue;
		count += is_syscall_entry(tracee, status);
		done = status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8);
		if (!done)
			ptrace(PTRACE_SYSCALL, tracee, NULL, (long)signal_of_stop(status));
	}
	kill(trial.pid, SIGKILL);
	while (waitpid(-1, &status, __WALL) != trial.pid || WIFSTOPPED(status))
		;
	trial_forget(&trial);
	return count - 1; /* the payload's execve was counted as it began */
}
