/* One run of an init with a payload behind it, as PID 1 of a new PID namespace. */
#ifndef TRIAL_H
#define TRIAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "payload.h"

#define NS_PER_MS 1000000
#define NS_PER_US 1000

struct trial {
	pid_t pid;
	int order; /* write end: what the payload shall do */
	int ready; /* read end: the payload's answers */
	struct shared *shared;
	int64_t cloned_ns; /* just before clone */
};

/* What the child does before it executes argv; all fields may be left zero. */
struct preparation {
	int cgroup_procs; /* from above_payload, to write the child's pid to; 0 for none */
	bool traced;      /* PTRACE_TRACEME */
};

int64_t now_ns(void);
void sleep_ns(int64_t ns);
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Moves a descriptor, checked here, out of the way of those that the payload finds open. */
int above_payload(int fd);

void trial_start(struct trial *trial, char *const argv[], struct preparation preparation);
/* Waits for the payload's next answer; false: it took longer, or the payload is gone. */
bool trial_ready(const struct trial *trial, int timeout_ms);
/* Waits until init sleeps, so that it has done all that it had to do. */
void trial_settle(const struct trial *trial);
/* False: the payload is gone. */
bool trial_order(const struct trial *trial, char order);
/* Waits for init's end, which must be a success; returns the time at which it was seen. */
int64_t trial_wait(struct trial *trial, const char *name);
/* Orders the payload to exit and waits for init. */
void trial_finish(struct trial *trial, const char *name);
/* Waits for init's end, kills it when that takes longer; returns the wait status or -1. */
int trial_end(struct trial *trial, int timeout_ms);

/* Gives back what trial_start took, for an init that was waited for already. */
void trial_forget(struct trial *trial);

/* Kills the running trials; async-signal-safe. */
void kill_trials(void);

#endif
