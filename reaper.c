#include "reaper.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "report.h"
#include "signals.h"
#include "sys.h"

/* Children that one call takes, so that a storm of orphans cannot keep signals waiting. */
#define BATCH 64

/* WIFSTOPPED, but that musl's macro overflows an int from exit code 128 on. */
#define STOPPED(status) (((status)&0xff) == 0x7f)

static void tell_orphan(pid_t pid, int status, bool warn)
{
	if (warn && WIFSIGNALED(status))
		report_warning("reaped orphan %d, killed by %s", pid,
			       signal_name(WTERMSIG(status)));
	else if (warn)
		report_warning("reaped orphan %d, exit code %d", pid, WEXITSTATUS(status));
	report_reaped(pid, status);
}

static enum reaped failed(int err)
{
	static bool told;

	if (!told)
		report_failure(IS_ERROR, err, "; trying again", "wait for children");
	told = true;
	return REAPED_ERROR;
}

/* A child that has asked its parent to trace it (PTRACE_TRACEME) has got us for a tracer, stops at
 * each signal and waits for us: it goes on untraced, with the signal. SIGTRAP is that of its exec.
 * False if it was not traced. */
static bool untrace(pid_t pid, int sig)
{
	return sys(SYS_ptrace, PTRACE_DETACH, pid, 0, sig == SIGTRAP ? 0 : sig) == 0;
}

enum reaped reaper_collect(struct payload *p, bool warn_orphans, int *stop_signal)
{
	if (stop_signal)
		*stop_signal = 0;
	for (int i = 0; i < BATCH; i++) {
		int status;
		int pid = (int)sys(SYS_wait4, -1, &status, WNOHANG | (stop_signal ? WUNTRACED : 0),
				   NULL);
		if (pid == 0)
			return REAPED_LEFT;
		/* A payload that has not been reaped is a child. */
		if (pid == -ECHILD && (p->ended || !p->pid))
			return REAPED_NONE;
		if (pid == -EINTR)
			continue;
		if (pid < 0)
			return failed(pid);
		if (STOPPED(status)) {
			int sig = WSTOPSIG(status);
			if (!untrace(pid, sig) && pid == p->pid && stop_signal)
				*stop_signal = sig;
		} else if (pid == p->pid && !p->ended) {
			p->ended = true;
			p->status = status;
		} else {
			tell_orphan(pid, status, warn_orphans);
		}
	}
	return REAPED_MORE;
}
