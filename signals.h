/* Signals: taking them in, telling where they came from, sending them.
 *
 * Init blocks all 64 and takes them as siginfo: a container init gets a signal with its default
 * disposition only while that signal is blocked (SIGNAL_UNKILLABLE, kernel/signal.c). The sets
 * of libc will not do: musl's leave out 32 to 34, and 34 is glibc's SIGRTMIN. */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "names.h"
#include "report.h"
#include "sys.h"

/* Sets of signals have bit n-1 for signal n. */
#define BIT(sig) (UINT64_C(1) << ((sig)-1))

/* What cinit was started with and the payload gets back. */
struct inherited {
	uint64_t mask;
	struct sys_sigaction child; /* SIGCHLD's disposition */
	pid_t pid;                  /* ours, as others know it */
	pid_t parent;               /* that of our parent; 0: outside of our PID namespace */
};

/* Blocks every signal and sets SIGCHLD to its default, under which children can be waited for. */
void signals_capture(struct inherited *was);

/* Undoes signals_capture, in the child that becomes the payload. */
void signals_restore(const struct inherited *was);

/* From now on a fault in init itself (SIGSEGV ...) writes one line and is deadly. The same signals
 * sent by somebody are taken like all others. */
void signals_guard_faults(void);

/* In what order signals are taken; zeroed at the start. */
struct turns {
	uint64_t had; /* standard signals that were taken since all had their turn */
	int row;      /* how many, without a look at the others */
};

/* Takes one pending signal that is not in the set except; waits up to ms milliseconds for it, for
 * ever if that is negative. The kernel gives out the lowest number first, so after a few in a row
 * those that were taken are left out until nothing else is pending: a flood of SIGHUP keeps neither
 * SIGTERM nor SIGCHLD waiting. Real-time signals keep their order. Returns the number, or -errno:
 * -EAGAIN when the time is up. */
int signals_take(struct turns *turns, siginfo_t *si, uint64_t except, int ms);

/* The set of signals that are pending. */
uint64_t signals_pending(void);

/* True if one of the set is not ignored, as cinit was started. */
bool signals_would_act(uint64_t set);

/* Takes these off the pending ones. */
void signals_discard(uint64_t set);

/* Raises sig in init itself with its default action: init stops or ends. Returns when it was
 * continued, or when the kernel does not let the signal act. */
void signals_act(int sig);

/* True for SIGTSTP, SIGTTIN and SIGTTOU, by which terminals stop jobs. */
bool signals_is_stop_key(int sig);

/* Where the signal came from. Guards against accidents: the kernel lets a sender inside forge what
 * sigqueue carries, so no answer here is a security boundary. self is our pid. */
enum origin signals_origin(const siginfo_t *si, pid_t self);

/* Sends sig to a child that init has not reaped, whose pid can be no stranger's, or to the process
 * group that it leads. si (NULL: none) goes on with its value and sender where its code is
 * negative, the only kind that the kernel lets through (rt_sigqueueinfo(2)). A full queue of the
 * receiver is tried again for a few milliseconds; then the signal goes without its value. 0 or
 * -errno. */
int signals_send(pid_t pid, bool to_group, int sig, const siginfo_t *si);

/* Leaves room in the queue: lowers init's RLIMIT_SIGPENDING by an eighth. The limit counts what is
 * pending for all processes of a user, and each process is held to its own limit: a flood that
 * fills init's queue then leaves an eighth of the payload's to hand the signals on. */
void signals_leave_room(void);

#endif
