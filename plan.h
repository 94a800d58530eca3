/* Plans: what they are, and reading them. */
#ifndef PLAN_H
#define PLAN_H

#define STAGES_MAX 8
#define PLAN_MAX   255 /* characters */

struct stage {
	int sig; /* 0: only wait */
	int ms;  /* until the next stage; -1: no time was given */
};

struct plan {
	int count; /* 0: do nothing */
	struct stage stages[STAGES_MAX];
};

/* Reads a comma list of stages "SIGNAL[:TIME]" or "wait:TIME", of which the last may be "wait"; a
 * bare TIME is "TERM:TIME,KILL"; 0 and none are the empty plan. 0 or -EINVAL. */
int plan_parse(const char *text, struct plan *out);

#endif
