/* Plans: which signals somebody gets, one after the other, and how long each may take. The payload
 * gets the stop plan when the stop signal comes; leftover processes get the grace plan. */
#ifndef ENDING_H
#define ENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "payload.h"
#include "plan.h"
#include "reaper.h"
#include "report.h"

/* Who gets the signals of a plan. */
enum audience {
	TO_PAYLOAD,
	TO_NAMESPACE, /* all but PID 1, which we are (kill(2), -1) */
	TO_TREE,      /* all our descendants: we are a subreaper, so none gets away */
	TO_GROUP,     /* what is left of the payload's process group */
	TO_CGROUP,    /* all members of --cgroup */
};

/* The run of a plan. */
struct ending {
	struct payload *payload; /* the caller's to set, as is the next */
	bool continues; /* SIGCONT follows each signal, so that a stopped process sees it */
	enum audience audience;
	enum plan_kind kind;
	const struct plan *plan; /* NULL: none is running */
	int stage;               /* index */
	int64_t until;           /* the time of the stage is up */
	int64_t guarded;         /* a stop signal until then is a copy of the one before */
	int64_t look;            /* look again who is left */
	int refused;             /* in the last look: processes that may not be signalled */
	int error;               /* -errno: the last look did not see everybody */
	bool missed;             /* the signal of the stage is to be sent again */
	int killed; /* of a tree or cgroup: those whom earlier stages had not ended at SIGKILL */
};

/* Begins the plan: sends the signal of its first stage, and of those after it up to one with a
 * time. */
void ending_begin(struct ending *e, enum plan_kind kind, const struct plan *plan, enum audience to);

/* A stop signal has come, and is acted on: others within a second are copies of it. */
void ending_guard(struct ending *e);

/* A further stop signal has come: goes on to the next stage, but not within the first second of a
 * stage, or after the signal before it where the stage is a wait of the grace plan. timeout(1) and
 * some engines send each signal twice, microseconds apart. From a "wait" without end in the grace
 * plan it goes on to TERM:3s,KILL. */
bool ending_further(struct ending *e);

/* Goes on to the next stage when the time of the present one is up. After the last one the plan is
 * over, e->plan is NULL. */
void ending_step(struct ending *e);

/* When ending_step or ending_waits is to be called next at the latest, or NEVER. */
int64_t ending_deadline(const struct ending *e);

/* Is there anybody whom the grace plan would be for? children is the last answer of
 * reaper_collect. */
bool ending_has_leftovers(enum audience who, enum reaped children);

/* False where leftovers can be neither named nor signalled: not PID 1, without /proc, and the
 * payload led no group of its own, or that is empty. */
bool ending_can_reach(enum audience who, const struct payload *p);

/* While the grace plan runs, after each reaper_collect and when ending_deadline has passed: is
 * anybody left to wait for? A zombie that is another's child and a process that may not be
 * signalled are not waited for. In a stage of SIGKILL those who were forked since get it as well.
 */
bool ending_waits(struct ending *e, enum reaped children);

/* At the end: warnings about those whom only SIGKILL ended, and about those who are still there. A
 * tree or cgroup is looked at once more for them, where it may not be empty. */
void ending_tell_left(const struct ending *e, enum reaped children);

/* How many processes the audience has; -1 where /proc cannot tell. */
int ending_count(enum audience who);

#endif
