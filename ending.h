/* Plans: which signals somebody gets, one after the other, and how long each may take. The payload
 * gets the stop plan on SIGTERM; who is left behind by the payload gets the grace plan. */
#ifndef ENDING_H
#define ENDING_H

#include <stdbool.h>

#include "reaper.h"

#define PLAN_MAX     8        /* stages */
#define STAGE_MAX_MS 86400000 /* a day */

struct stage {
	int sig; /* 0: only wait */
	int ms;  /* until the next stage; -1: none was given */
};

struct plan {
	int count; /* 0: do nothing */
	struct stage stages[PLAN_MAX];
};

/* Reads "SIGNAL[:TIME]" or "wait:TIME" stages, separated by commas; a bare TIME is
 * "TERM:TIME,KILL", and 0 is the empty plan. TIME is a number with ms, s (default) or m. False if
 * it is none. */
bool plan_parse(const char *text, struct plan *out);

/* Who gets the signals of a plan. */
enum audience {
	TO_PAYLOAD,
	TO_NAMESPACE, /* all but PID 1, which we are (kill(2), -1) */
	TO_TREE,      /* all our descendants: we are a subreaper, so none gets away */
	TO_GROUP,     /* what is left of the payload's process group */
};

struct ending {
	struct payload *payload; /* these two are the caller's to set */
	bool verbose;
	enum audience audience;
	int stage;               /* index */
	const char *name;        /* "stop" or "grace" */
	const struct plan *plan; /* NULL: none is running */
	long long deadline;      /* of the stage, in ms of CLOCK_MONOTONIC; -1: none */
};

/* Sends the first stage, and those after it up to one with a time. */
void ending_begin(struct ending *e, const char *name, const struct plan *plan, enum audience to);

/* Goes on to the next stage of the running plan. When there is none the plan is over, e->plan is
 * NULL. */
void ending_next(struct ending *e);

/* Milliseconds until the stage's time is up, 0 if it is; -1: it has no end. */
int ending_timeout(const struct ending *e);

/* Some of the audience have died: a KILL goes to those that they had forked meanwhile. */
void ending_again(const struct ending *e);

/* How many processes are left: all others in the namespace for TO_NAMESPACE, else our descendants;
 * -1 where /proc cannot tell. */
int ending_left(enum audience who);

#endif
