/* What cinit says: messages on stderr, status events, exit codes. The only module that writes, and
 * the only one that knows the words for results.
 *
 * A line is one write that does not wait. A line that cannot be written now is dropped, because
 * init must outlive a full pipe, a stopped terminal and a closed stderr. */
#ifndef REPORT_H
#define REPORT_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "format.h"

/* Exit codes of cinit itself, by the convention of shells, env(1), timeout(1) and container
 * engines. Any other code is the payload's. */
enum {
	EXIT_TIME_LIMIT = 124, /* --time-limit was up */
	EXIT_CINIT = 125,      /* bad option, no fork: nothing was started */
	EXIT_CANNOT_RUN = 126, /* the command was found but cannot be run */
	EXIT_NOT_FOUND = 127,  /* the command was not found */
	EXIT_SIGNALLED = 128,  /* + n: the payload was killed by signal n */
};

/* What a message is: an error is always told, a warning unless --quiet, the rest only with
 * --verbose. */
enum importance { IS_ERROR = -1, IS_WARNING = 0, IS_VERBOSE = 1 };

/* The least important that are told: options' level. */
void report_level(int level);

/* "cinit: ", the message and a newline to stderr, at most PIPE_BUF bytes, up to which a write to a
 * pipe is atomic (pipe(7)). */
void report(enum importance importance, const char *text, ...) LIKE_PRINTF(2, 3);
/* The same with "unable to ", an action, ": ", the name of the error (-errno) and a remedy, NULL
 * for none. */
void report_failure(enum importance importance, int err, const char *remedy, const char *action,
		    ...) LIKE_PRINTF(4, 5);
#define report_error(...)   report(IS_ERROR, __VA_ARGS__)
#define report_warning(...) report(IS_WARNING, __VA_ARGS__)
#define report_verbose(...) report(IS_VERBOSE, __VA_ARGS__)

/* Text to stdout, all of it, for --help and its like. 0 or -errno. */
int report_print(const char *text);

/* ---- status events: one JSON object a line, docs/events.md ---- */

/* Events go to fd as well from now on; there may be two such. */
void report_events_to(int fd);
bool report_has_events(void);

/* Where a signal came from, as far as its siginfo tells. */
enum origin { ORIGIN_KERNEL, ORIGIN_OUTSIDE, ORIGIN_INSIDE, ORIGIN_SELF };

/* What became of a signal. */
enum outcome {
	SIGNAL_DELIVERED,
	SIGNAL_DROPPED,
	SIGNAL_HELD,   /* from inside, and the payload blocks it at the moment: decided later */
	SIGNAL_FAILED, /* the kernel refused to deliver it */
	SIGNAL_STAGED, /* it began or furthered a plan, or asked --pause to end */
};

enum plan_kind { PLAN_STOP, PLAN_GRACE };

void report_hello(bool pid1, const char *version);
/* fds: where fds 0 to 2 lead; NULL for a closed or unknown one. */
void report_spawned(pid_t pid, unsigned long long start_time, const char *const fds[static 3]);
void report_exec_failed(const char *step, int err, const char *message);
void report_signal(const siginfo_t *si, enum origin from, enum outcome outcome);
void report_stage(enum plan_kind kind, int stage, int sig);
void report_time_limit(int sig);
void report_reaped(pid_t pid, int status);
/* oom: the cgroup's count of OOM kills rose while the payload ran. */
void report_exited(int status, bool oom);
void report_left(int count);
void report_done(int code);

#endif
