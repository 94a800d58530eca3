/* The payload's status, and the orphans.
 *
 * Two ways. Kernel: SIGCHLD is ignored, so orphans vanish by themselves and wake nobody; the
 * payload's status comes from its pidfd. Init: waitpid until empty at each SIGCHLD. */
#ifndef REAPER_H
#define REAPER_H

#include <stdbool.h>
#include <sys/types.h>

struct payload {
	pid_t pid;       /* 0: there is none (--pause) */
	int pidfd;       /* -1: none */
	bool group;      /* signals go to its process group */
	bool own_group;  /* it leads a process group of its own */
	bool gone;       /* it has ended, with this status */
	int status;      /* as of waitpid(2) */
	bool kill_sent;  /* by us, a SIGKILL */
	int stop_signal; /* not 0: it has stopped by this signal, and nobody acted on it yet */
};

/* True if the kernel can: PIDFD_GET_INFO tells the status of a dead process. Asks about a live
 * one's pidfd; a dead one's says no. */
bool reaper_kernel_can(int pidfd);

/* Tries to leave reaping to the kernel (PIDFD_GET_INFO of Linux 6.15 and 6.16 must be there, which
 * is probed). Without a payload (pid 0) nothing is needed for it. False: nothing has changed. May
 * find that the payload has ended. */
bool reaper_leave_to_kernel(struct payload *p);

/* Takes reaping back: from now on deaths are SIGCHLDs again. Call reaper_collect right after, for
 * those that ended in between. */
void reaper_take_back(void);

/* Reads the payload's status from its pidfd once that reported POLLHUP. Should the kernel not tell,
 * it is a line on stderr and exit code 125. */
void reaper_read_pidfd(struct payload *p);

enum reaped {
	REAPED_LEFT, /* children are left, none of them dead */
	REAPED_MORE, /* as many as one call takes: call again after a look at the signals */
	REAPED_NONE, /* there is no child left */
};
/* Reaps the dead children. With stops, also notes that the payload has stopped. */
enum reaped reaper_collect(struct payload *p, bool stops, bool warn_orphans);

#endif
