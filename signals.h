/* Signals: taking them in, telling where they came from, handing them to the payload.
 *
 * Init blocks all 64 and takes them as siginfo: a container init gets a signal with its default
 * disposition only while that signal is blocked (SIGNAL_UNKILLABLE, kernel/signal.c). The sets
 * of libc will not do: musl's leave out 32 to 34, and 34 is glibc's SIGRTMIN. */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "reaper.h"
#include "sys.h"

#define SIGNAL_MAX 64 /* the last real-time signal */
#define RT_FIRST   34 /* SIGRTMIN as glibc counts it, and so most payloads */

/* What cinit was started with and the payload gets back. */
struct inherited {
	uint64_t mask;
	struct sys_sigaction child; /* SIGCHLD's disposition */
};

/* Blocks every signal and sets SIGCHLD to its default, under which children can be waited for. */
void signals_capture(struct inherited *was);

/* Undoes signals_capture, in the child that becomes the payload. */
void signals_restore(const struct inherited *was);

/* From now on a fault in init itself (SIGSEGV ...) writes one line and is deadly. The same
 * signals sent by somebody are taken like all others. */
void signals_guard_faults(void);

/* An fd that is readable while a signal is pending; negative where there is none. Also lowers our
 * RLIMIT_SIGPENDING by an eighth. */
int signals_fd(void);

/* Takes one pending signal; waits up to timeout_ms for it, for ever if that is negative.
 * False if there was none. */
bool signals_take(siginfo_t *si, int timeout_ms);

/* Lets a pending signal take its default action on us: stop, or end. */
void signals_act_on(int sig);

/* Takes sig off the pending ones; true if it was. */
bool signals_forget(int sig);

/* "SIGTERM", "SIGRTMIN+3"; valid until the next call. */
const char *signals_name(int sig);

/* True for SIGTSTP, SIGTTIN and SIGTTOU, by which terminals stop jobs. */
bool signals_is_stop_key(int sig);

/* The number for "TERM", "SIGTERM", "15", "RTMIN+3", "RTMAX-1", and 0 for "0"; -1 if it names
 * none. */
int signals_number(const char *name);

/* The decimal number at *s, which is then behind it; -1 if there is none, or it is not below
 * limit (then *s is somewhere in it). */
int number_at(const char **s, int limit);

/* All names for a message. */
#define SIGNALS_VALID_SIZE 256
const char *signals_valid(char buf[static SIGNALS_VALID_SIZE]);

/* Where a signal came from. Guards against accidents: the kernel lets a sender inside forge
 * what sigqueue carries, so no answer here is a security boundary. */
enum origin { ORIGIN_KERNEL, ORIGIN_OUTSIDE, ORIGIN_INSIDE, ORIGIN_SELF };
enum origin signals_origin(const siginfo_t *si, bool pid1);
const char *signals_origin_name(enum origin o);

/* What happens to signals from inside the namespace (--inside). */
enum inside { INSIDE_KERNEL, INSIDE_FORWARD, INSIDE_DROP };

/* True when the signal would end or stop the payload by its default action, which the kernel
 * does not let happen to a container init. False in any doubt: no /proc, another namespace's. */
bool signals_default_harms(pid_t payload, int sig);

/* Sends sig to the payload, with its siginfo where that is of a kind that can be sent on
 * (si may be NULL). Returns 0 or an errno, which is never a reason to end. */
int signals_send(struct payload *p, int sig, const siginfo_t *si);

#endif
