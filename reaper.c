#include "reaper.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "report.h"
#include "signals.h"
#include "sys.h"

/* Children that one reaper_collect takes, so that a storm of orphans cannot keep signals waiting.
 */
#define BATCH 256

/* WIFSTOPPED, but that musl's macro overflows an int from exit code 128 on. */
#define STOPPED(status) (((status)&0xff) == 0x7f)

/* To read a status that the kernel has: one failure is not the end of it. */
#define TRIES 16

/* linux/pidfd.h of Linux 6.16; distributions' headers are older. */
struct pidfd_info {
	uint64_t mask, cgroupid;
	uint32_t pid, tgid, ppid, ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	int32_t exit_code; /* as of waitpid(2) */
};
#define INFO_EXIT     (1u << 3) /* Linux 6.15: answered for a dead process too */
#define INFO_COREDUMP (1u << 4) /* Linux 6.16 */
#define GET_INFO      _IOWR(0xFF, 11, struct pidfd_info)

/* True when the kernel filled in what was asked for. */
static bool get_info(int pidfd, uint64_t what, struct pidfd_info *info)
{
	*info = (struct pidfd_info){.mask = what};
	return sys(SYS_ioctl, pidfd, GET_INFO, info) == 0 && (info->mask & what);
}

static void ended(struct payload *p, int status)
{
	p->gone = true;
	p->status = status;
	p->stop_signal = 0;
}

/* A kernel that answers for the core dump of a live process has INFO_EXIT too. A payload that is
 * dead already has no core dump information: then waitpid is right. */
bool reaper_kernel_can(int pidfd)
{
	struct pidfd_info info;

	return pidfd >= 0 && get_info(pidfd, INFO_COREDUMP, &info);
}

bool reaper_leave_to_kernel(struct payload *p)
{
	if ((p->pid && !reaper_kernel_can(p->pidfd)) ||
	    sys_set_action(SIGCHLD, &(struct sys_sigaction){.handler = SIG_IGN}, NULL) < 0)
		return false;
	/* Who died before that is a zombie still, and nobody else will ever look for it. */
	while (reaper_collect(p, false, false) == REAPED_MORE)
		;
	return true;
}

void reaper_take_back(void)
{
	sys_set_default(SIGCHLD);
}

void reaper_read_pidfd(struct payload *p)
{
	struct pidfd_info info;

	for (int i = 0; i < TRIES; i++)
		if (get_info(p->pidfd, INFO_EXIT, &info)) {
			ended(p, info.exit_code);
			return;
		}
	report("no status of the command; use --reap=init");
	ended(p, EXIT_CINIT << 8);
}

static void orphan_reaped(pid_t pid, int status, bool warn)
{
	const char *signal = WIFSIGNALED(status) ? signals_name(WTERMSIG(status)) : NULL;
	int code = WEXITSTATUS(status);

	if (warn && signal)
		report("reaped orphan %d, killed by %s", pid, signal);
	else if (warn)
		report("reaped orphan %d, exit code %d", pid, code);
	if (signal)
		report_event("'event':'reaped','pid':%d,'signal':%s", pid, signal);
	else
		report_event("'event':'reaped','pid':%d,'code':%d", pid, code);
}

enum reaped reaper_collect(struct payload *p, bool stops, bool warn_orphans)
{
	for (int i = 0; i < BATCH; i++) {
		int status;
		int pid = (int)sys(SYS_wait4, -1, &status, WNOHANG | (stops ? WUNTRACED : 0), NULL);
		if (pid == 0 || pid == -ECHILD)
			return pid ? REAPED_NONE : REAPED_LEFT;
		if (pid < 0)
			continue;
		if (STOPPED(status))
			p->stop_signal = pid == p->pid ? WSTOPSIG(status) : p->stop_signal;
		else if (pid == p->pid && !p->gone)
			ended(p, status);
		else
			orphan_reaped(pid, status, warn_orphans);
	}
	return REAPED_MORE;
}
