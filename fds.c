#include "fds.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "proc.h"
#include "report.h"
#include "sys.h"

/* Where close_range(2) is missing (before Linux 5.9), fds are closed up to this one at most. */
#define CLOSE_MAX 65536

/* An O_PATH fd answers all reads and writes as a closed one does, and close-on-exec gives the
 * payload its closed one back. */
void fds_fill_standard(struct fds *f)
{
	struct pollfd fds[] = {{.fd = 0}, {.fd = 1}, {.fd = 2}};

	if (sys_poll(fds, 3, 0) <= 0)
		return;
	for (int fd = 0; fd < 3; fd++)
		if (fds[fd].revents & POLLNVAL && sys_open("/", O_PATH | O_CLOEXEC, 0) == fd)
			f->closed |= 1u << fd;
}

/* A FIFO without a reader is refused at once. */
static int open_file(const struct options *o)
{
	int fd = sys_open(o->status_file,
			  O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0644);

	if (fd < 0) {
		report_failure(IS_ERROR, fd,
			       fd == -ENXIO ? ", nobody reads from it, or no such device" : NULL,
			       "open --status-file='%s'", o->status_file);
		boot_exit(o, EXIT_CINIT);
	}
	return fd;
}

void fds_open_status(struct fds *f, const struct options *o)
{
	f->kept[0] = o->status_fd;
	f->kept[1] = o->status_file ? open_file(o) : -1;
	if (o->status_fd > STDERR_FILENO)
		sys(SYS_FCNTL, o->status_fd, F_SETFD, FD_CLOEXEC);
	for (int i = 0; i < 2; i++)
		if (f->kept[i] >= 0)
			report_events_to(f->kept[i]);
}

NOINLINE void fds_tell_spawned(const struct fds *f, const struct options *o, pid_t payload)
{
	static RARE char links[3][PATH_MAX]; /* not on the stack, which the limit may keep small */
	const char *fds[3];
	char path[] = "/proc/self/fd/0";
	struct proc_stat stat = {0};

	for (int fd = 0; fd < 3; fd++) {
		path[sizeof path - 2] = (char)('0' + fd);
		fds[fd] = !(f->closed & 1u << fd) && sys_readlink(path, links[fd], PATH_MAX) >= 0
				  ? links[fd]
				  : NULL;
		if (o->files[fd])
			fds[fd] = o->files[fd];
	}
	if (fds[STDERR_FILENO] && strcmp(fds[STDERR_FILENO], "@stdout") == 0)
		fds[STDERR_FILENO] = fds[STDOUT_FILENO];
	if (proc_is_ours() > 0 && proc_stat(payload, &stat) < 0)
		stat.start_time = 0;
	report_spawned(payload, stat.start_time, fds);
}

static void close_range_or_each(unsigned first, unsigned last)
{
	struct rlimit limit = {.rlim_cur = CLOSE_MAX};

	if (first > last || sys(SYS_close_range, first, last, 0) == 0)
		return;
	sys(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit);
	for (unsigned fd = first; fd <= last && fd < limit.rlim_cur && fd < CLOSE_MAX; fd++)
		sys_close((int)fd);
}

void fds_close_others(const struct fds *f)
{
	unsigned first = STDERR_FILENO + 1;

	for (;;) {
		unsigned next = UINT_MAX;
		for (int i = 0; i < 3; i++)
			if (f->kept[i] >= (int)first && (unsigned)f->kept[i] < next)
				next = (unsigned)f->kept[i];
		if (next == UINT_MAX)
			break;
		close_range_or_each(first, next - 1);
		first = next + 1;
	}
	close_range_or_each(first, UINT_MAX);
}
