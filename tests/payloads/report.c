/*
 * report [-o FILE] [ARG]...
 *
 * Prints what this process has come to with, one line a thing, `name value`:
 *   mask, ignored, caught   as 16 hexadecimal digits, bit n-1 for signal n
 *   fds                     the open ones
 *   pid ppid pgid sid tpgid, cwd, umask, nice, argv (one line each), limit (one line each),
 *   env (one line each)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "raw.h"

extern char **environ;

int main(int argc, char **argv)
{
	char fds[1024] = "", cwd[4096] = "?";
	for (int fd = 0, n = 0; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			n += sprintf(fds + n, " %d", fd);
	FILE *out = stdout;
	if (argc > 2 && strcmp(argv[1], "-o") == 0)
		out = fopen(argv[2], "w");
	if (!out)
		return 98;

	uint64_t ignored = 0, caught = 0;
	for (int sig = 1; sig <= SIGNALS; sig++) {
		struct raw_action action;
		if (raw_action(sig, NULL, &action) < 0)
			continue;
		if (action.handler == (uintptr_t)SIG_IGN)
			ignored |= raw_bit(sig);
		else if (action.handler != (uintptr_t)SIG_DFL)
			caught |= raw_bit(sig);
	}
	fprintf(out, "mask %016" PRIx64 "\n", raw_mask(SIG_BLOCK, 0));
	fprintf(out, "ignored %016" PRIx64 "\ncaught %016" PRIx64 "\n", ignored, caught);
	fprintf(out, "fds%s\n", fds);
	fprintf(out, "pid %d\nppid %d\npgid %d\nsid %d\n", getpid(), getppid(), getpgrp(),
		getsid(0));
	fprintf(out, "tpgid %d\n", tcgetpgrp(0));
	fprintf(out, "cwd %s\n", getcwd(cwd, sizeof cwd) ? cwd : "?");
	mode_t mode = umask(0);
	fprintf(out, "umask %03o\nnice %d\n", (unsigned)mode, getpriority(PRIO_PROCESS, 0));
	for (int i = 0; i < argc; i++)
		fprintf(out, "argv %s\n", argv[i]);
	for (int resource = 0; resource < 16; resource++) {
		uint64_t limit[2] = {0};
		syscall(SYS_prlimit64, 0, resource, NULL, limit);
		fprintf(out, "limit %d %" PRIu64 " %" PRIu64 "\n", resource, limit[0], limit[1]);
	}
	for (char **variable = environ; *variable; variable++)
		fprintf(out, "env %s\n", *variable);
	return fclose(out) ? 98 : 0;
}
