/* The payload: the process that runs the command, from its start to its end. */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct inherited;
struct options;
struct terminal;

struct payload {
	pid_t pid;      /* 0: there is none (--pause), or it has not been started */
	bool leads;     /* it leads a process group or session of its own */
	bool to_group;  /* signals go to that group */
	bool ended;     /* and has been reaped, with this status: */
	int status;     /* as of waitpid(2) */
	bool kill_sent; /* init has sent it a SIGKILL */
	bool is_init;   /* it is the inner process of --namespace */
	uint64_t told;  /* signals of which a refusal has been told */
};

/* Starts the command; by /bin/sh if it turns out to be a text without a usable "#!". Returns 0, or
 * the exit code of cinit after a line that says why not. */
int payload_start(struct payload *p, const struct options *o, const struct inherited *was,
		  struct terminal *t, bool pid1);

/* Sends it a signal: signals_send. A stop signal that cannot be delivered is told, with the remedy.
 */
int payload_send(struct payload *p, int sig, const siginfo_t *si);

#endif
