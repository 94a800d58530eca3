/* What is told of the payload's death: a kill for want of memory, by somebody's SIGKILL, a core
 * dump. */
#ifndef DEATH_H
#define DEATH_H

#include <stdint.h>

#include "payload.h"

struct death {
	int64_t due; /* when the count of OOM kills is to be read; NEVER: it is, or need not be */
	long long oom_kills; /* as it was then; -1: unknown */
};

/* The payload begins to run. The count is read a moment later, so that a short life does not pay
 * for it. */
void death_expect(struct death *d);

/* Reads the count if it is due. */
void death_look(struct death *d);

/* The payload has ended: one line where something is wrong, and the status event. */
void death_tell(const struct death *d, const struct payload *p);

#endif
