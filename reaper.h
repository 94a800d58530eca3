/* The payload's status, orphans, stops: all by waitpid, the only call that tells the truth. */
#ifndef REAPER_H
#define REAPER_H

#include <stdbool.h>

#include "payload.h"

enum reaped {
	REAPED_LEFT,  /* children are left, none of them dead */
	REAPED_MORE,  /* as many as one call takes: call again after a look at the signals */
	REAPED_NONE,  /* no child is left */
	REAPED_ERROR, /* the kernel refuses to tell: call again a moment later */
};

/* Reaps dead children, and notes the payload's end. stop_signal (NULL: not asked for) gets the
 * signal that the payload is stopped by, if it has stopped since the last call; else 0. */
enum reaped reaper_collect(struct payload *p, bool warn_orphans, int *stop_signal);

#endif
