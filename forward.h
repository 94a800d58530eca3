/* What becomes of one signal: rewriting, the inside rule, plans, delivery. */
#ifndef FORWARD_H
#define FORWARD_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "ending.h"
#include "names.h"
#include "options.h"
#include "payload.h"
#include "report.h"
#include "terminal.h"

/* Signals from inside that are held at a time; one more is delivered. */
#define HOLDS_MAX 8

/* A signal from inside that the payload blocks at the moment, or what was learnt of it. */
struct hold {
	int sig; /* as it is to be delivered; 0: none */
	int looks;
	int opens;       /* of these: that saw it not blocked, in a payload that was running */
	int64_t until;   /* then it is decided */
	int64_t trusted; /* until then a block counts as one for good: it has lasted */
	int64_t fresh;   /* until then the last look, which let the signal through, will do */
	siginfo_t si;
};

struct forward {
	const struct options *opt; /* this and the next five are the caller's to set */
	struct payload *payload;
	struct ending *ending;
	struct terminal *terminal;
	pid_t parent; /* as it was when cinit began */
	pid_t self;
	bool left_room;    /* in our queue of signals */
	uint64_t warned;   /* signals of which a drop has been told */
	uint64_t held;     /* by the number to be delivered */
	uint64_t waiting;  /* real-time signals of a number that is held: not to be taken now, lest
			    * they lose their order */
	int64_t next_look; /* at those held */
	struct hold holds[HOLDS_MAX];
};

/* Hands a signal to the running payload, or to its stop plan. */
void forward_to_payload(struct forward *f, const siginfo_t *si);

/* As if the stop signal had come from outside. */
void forward_stop(struct forward *f);

/* The payload has ended: a stop signal furthers the grace plan, all others are dropped. */
void forward_to_plan(struct forward *f, const siginfo_t *si);

/* There is no payload (--pause): true for SIGTERM, SIGINT and those of --stop-on, which end that.
 */
bool forward_asks_to_end(const struct forward *f, const siginfo_t *si);

/* The payload has ended: what was held for it is gone. */
void forward_let_all_go(struct forward *f);

/* When forward_look is to be called next, or NEVER. */
int64_t forward_deadline(const struct forward *f);

/* Looks again at the signals held, when it is time. */
void forward_look(struct forward *f);

/* The signal by which the kernel is to tell of our parent's death (prctl(2), PR_SET_PDEATHSIG), for
 * --parent-death=sig. */
int forward_parent_signal(int sig, bool pid1);

/* Our parent has died: acts as if the signal of --parent-death had come from outside. */
void forward_parent_death(struct forward *f);

#endif
