#include "mounts.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "format.h"
#include "proc.h"
#include "report.h"
#include "sys.h"

/* How long file systems that are busy are tried again, and how often. Milliseconds. */
#define UNMOUNT_MS 5000
#define PAUSE_MS   50

#define MOUNTS_SIZE (512 << 10) /* bytes of /proc/mounts that are looked at, from its start */
#define FD_MAX      1024        /* those below are closed before file systems are unmounted */

/* ---- the lines of /proc/mounts and /proc/swaps ---- */

/* Takes off the next field of a line, in which "\040" is a blank. */
static char *take_field(char **line)
{
	char *start = *line, *to = start, *from = start;

	while (*from && *from != ' ' && *from != '\t') {
		if (*from == '\\' && from[1] && from[2] && from[3]) {
			*to++ = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + from[3] - '0');
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*line = from + (*from != 0);
	*to = 0;
	return start;
}

/* Calls act for each line, the last one first. Returns the sum of what it returns, or -errno. */
static NOINLINE int each_line(const char *file, int (*act)(char *, const void *), const void *arg)
{
	char text[MOUNTS_SIZE];
	int length = proc_read(text, sizeof text, "%s", file);
	int sum = 0;

	if (length < 0)
		return length;
	for (char *end = text + length; end > text;) {
		char *line = end - 1;
		*line = 0; /* a newline; or the end of a line that was cut, and names nothing */
		while (line > text && line[-1] != '\n')
			line--;
		sum += act(line, arg);
		end = line;
	}
	return sum;
}

static int is_mounted_on(char *line, const void *point)
{
	take_field(&line);
	return strcmp(take_field(&line), point) == 0;
}

bool mounts_has(const char *point)
{
	return each_line("/proc/mounts", is_mounted_on, point) > 0;
}

/* ---- the end ---- */

/* A swap file that stays in use keeps its file system busy, and that is told. */
static int swap_off(char *line, const void *unused)
{
	const char *name = take_field(&line);

	(void)unused;
	if (*name == '/') /* not the head of the table */
		sys(SYS_swapoff, name);
	return 0;
}

/* Read-only comes first: what lies below an overlay stays in use after it was unmounted. */
static int put_away(char *line, const void *tell)
{
	take_field(&line);
	const char *point = take_field(&line);
	int read_only = (int)sys(SYS_mount, NULL, point, NULL, MS_REMOUNT | MS_RDONLY, NULL);
	int err = 0;

	if (strcmp(point, "/proc") != 0) /* its file of mounts is still needed */
		err = (int)sys(SYS_umount2, point, UMOUNT_NOFOLLOW);
	if (err == 0 || read_only == 0)
		return 0;
	if (*(const bool *)tell)
		report_failure(IS_WARNING, err, NULL, "unmount '%s'", point);
	return 1;
}

/* A file system that another lies upon, or whose last user is about to die, gets its turn in a
 * later round. */
void mounts_put_away(void)
{
	int64_t until = deadline_in(UNMOUNT_MS);
	bool last = false;

	for (int fd = STDERR_FILENO + 1; fd < FD_MAX; fd++)
		sys_close(fd);
	for (;;) {
		sys_kill(-1, SIGKILL);
		while (sys(SYS_wait4, -1, NULL, WNOHANG, NULL) > 0)
			;
		each_line("/proc/swaps", swap_off, NULL);
		sys(SYS_sync);
		int busy = each_line("/proc/mounts", put_away, &last);
		if (busy < 0)
			busy = put_away((char[]){"- /"}, &last);
		if (!busy || last)
			break;
		sys_poll(NULL, 0, PAUSE_MS);
		last = deadline_left(until) == 0;
	}
}
