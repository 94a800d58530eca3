/* What the payload would make of a signal, from /proc (proc(5), kernel/signal.c). */
#ifndef INSIDE_H
#define INSIDE_H

#include <stdbool.h>
#include <sys/types.h>

/* In ascending order: of several threads the highest counts. */
enum disposition {
	DISPOSITION_BUSY,    /* as BLOCKED, by threads that neither sleep nor are stopped */
	DISPOSITION_BLOCKED, /* blocked at the moment: what comes after that nobody knows */
	DISPOSITION_UNSEEN,  /* the look failed for a passing reason: look again */
	DISPOSITION_OPEN,    /* as HARMS, but the thread was running while we looked: look again */
	DISPOSITION_HARMS,   /* the default action would end or stop the payload */
	DISPOSITION_HANDLED, /* caught, ignored, awaited or harmless; or nobody can tell */
};

/* One look, of a few milliseconds at most. payload is a child that we have not reaped. */
enum disposition inside_look(pid_t payload, int sig);

#endif
