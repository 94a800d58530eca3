/* What the kernel tells under /proc and /sys, of any content: no crash and no answer out of bounds.
 * The parts of the input, with a line "%%" between, are
 * 1. /proc/PID/status and /proc/PID/stat; /sys/.../active, the console
 * 2. /proc/PID/task/T/syscall; /proc/mounts. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "../../boot.c"
#include "../../inside.h"
#include "kernel.h"

static void look(int sig)
{
	enum disposition d = inside_look(getpid(), sig);

	ASSERT(d >= DISPOSITION_UNSEEN && d <= DISPOSITION_HANDLED);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char console[CONSOLE_SIZE], text[512];
	const unsigned char *first = data;
	size_t n = kernel_cut(&data, &size);
	struct proc_stat stat;
	unsigned long long value;

	kernel_file(0, "/status", first, n);
	kernel_file(1, "/syscall", data, size);
	kernel_file(2, "/stat", first, n);
	kernel_file(3, "/mounts", data, size);
	look(SIGHUP);
	look(SIGNAL_MAX);
	if (proc_stat(1, &stat) == 0)
		ASSERT(stat.kernel == true || stat.kernel == false);
	mounts_has("/");
	mounts_has("");
	kernel_text(text, sizeof text, first, n);
	proc_number(text, "oom_kill ", 10, &value);
	proc_number(text, "", 16, &value);

	kernel_forget();
	kernel_file(0, "/console/active", first, n);
	kernel_file(1, "/tty0/active", data, size);
	find_console(console);
	ASSERT(!*console ||
	       (strncmp(console, "/dev/", 5) == 0 && strlen(console) < sizeof console));
	kernel_forget();
	return 0;
}
