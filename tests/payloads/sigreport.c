/*
 * sigreport [-c]
 *
 * Takes every signal that can be taken and prints one line for each:
 *   got SIG code CODE pid PID value VALUE
 * By default it blocks them all and reads a signalfd; -c has a handler for each instead.
 * It prints `ready` when it has begun, and obeys lines on stdin: `exit CODE`, and `die SIG`, to be
 * killed by that signal. The end of stdin means nothing to it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

#include "raw.h"

#ifdef SA_RESTORER
void restorer(void);
__asm__(".text\nrestorer:\n\tmov $15, %eax\n\tsyscall\n");
#endif

static void print(int sig, int code, int pid, long long value)
{
	dprintf(1, "got %d code %d pid %d value %lld\n", sig, code, pid, value);
}

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)context;
	int saved = errno;
	print(sig, info->si_code, info->si_pid, (long long)(intptr_t)info->si_value.sival_ptr);
	errno = saved;
}

static void catch_all(void)
{
	struct raw_action action = {.handler = (uintptr_t)handler,
				    .flags = SA_SIGINFO | SA_RESTART,
				    .mask = ALL_SIGNALS};
#ifdef SA_RESTORER
	action.flags |= SA_RESTORER;
	action.restorer = restorer;
#endif
	for (int sig = 1; sig <= SIGNALS; sig++)
		raw_action(sig, &action, NULL);
	raw_mask(SIG_SETMASK, 0);
}

static int block_all(void)
{
	uint64_t all = ALL_SIGNALS;
	raw_mask(SIG_SETMASK, all);
	return (int)syscall(SYS_signalfd4, -1, &all, sizeof all, 0);
}

static void obey(const char *command)
{
	int number;
	if (sscanf(command, "exit %d", &number) == 1)
		_exit(number);
	if (sscanf(command, "die %d", &number) == 1) {
		raw_disposition(number, SIG_DFL);
		raw_mask(SIG_SETMASK, 0);
		syscall(SYS_kill, getpid(), number);
	}
	dprintf(1, "what is '%s'?\n", command);
}

/* A line comes in one read: `tell` writes it in one. */
static int read_command(void)
{
	char line[256];
	ssize_t length = read(0, line, sizeof line - 1);
	if (length <= 0)
		return -1;
	line[length] = '\0';
	line[strcspn(line, "\n")] = '\0';
	obey(line);
	return 0;
}

int main(int argc, char **argv)
{
	struct pollfd fds[] = {{.fd = 0, .events = POLLIN}, {.fd = -1, .events = POLLIN}};
	if (argc > 1 && strcmp(argv[1], "-c") == 0)
		catch_all();
	else
		fds[1].fd = block_all();
	dprintf(1, "ready\n");
	for (;;) {
		struct signalfd_siginfo info;
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[1].revents && read(fds[1].fd, &info, sizeof info) == sizeof info)
			print((int)info.ssi_signo, info.ssi_code, (int)info.ssi_pid,
			      (long long)info.ssi_ptr);
		if (fds[0].revents && read_command() < 0)
			fds[0].fd = -1;
	}
}
