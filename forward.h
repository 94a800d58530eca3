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
	uint64_t taken;    /* of those from inside */
	int64_t next_look; /* at those held */
	uint64_t looked;   /* how far the last row of looks came; 0: to its end */
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

/* Signals that are not to be taken now: those to be delivered as a real-time one that is held,
 * which do not merge; while there are some, all real-time ones, which may have come after them.
 * Stop signals, before --rewrite or after it, and the news of our parent's death, which nothing may
 * hold up, are not among them: from inside they merge. */
uint64_t forward_waiting(const struct forward *f);

/* When forward_look is to be called next, or NEVER. */
int64_t forward_deadline(const struct forward *f);

/* Looks again at the signals held, when it is time; for some milliseconds, then goes on next time.
 */
void forward_look(struct forward *f);

/* The signal by which the kernel is to tell of our parent's death (prctl(2), PR_SET_PDEATHSIG), for
 * --parent-death=sig. */
int forward_parent_signal(int sig, bool pid1);

/* Our parent has died: acts as if the signal of --parent-death had come from outside. */
void forward_parent_death(struct forward *f);

#endif
