/* A PID namespace of our own (--namespace): cinit starts itself as its PID 1. Two processes then
 * are cinit:
 * 1. The outer one is not PID 1. Its payload is the inner one: it forwards signals to it and ends
 *    as that tells it to. When it dies, even by SIGKILL, the inner one dies by its parent death
 *    signal, and the kernel kills all others in the namespace (pid_namespaces(7)).
 * 2. The inner one is PID 1 and does all else. */
#ifndef NAMESPACE_H
#define NAMESPACE_H

#include <stdbool.h>

#include "options.h"
#include "payload.h"
#include "terminal.h"

enum side { SIDE_ONLY, SIDE_OUTER, SIDE_INNER };

struct namespace
{
	enum side side;
	int fd; /* of the pipe from the inner to the outer one; -1: none */
};

/* Makes the namespace and the inner process, which returns from here as well. The outer one's
 * payload and options are set. Ends cinit with 125 and a line if that is refused. */
void namespace_split(struct namespace *n, struct options *o, struct payload *p, struct terminal *t);

/* Inner: a stop key's signal has stopped the payload, for the outer one to stop as well. */
void namespace_tell_stop(const struct namespace *n, int sig);

/* Inner: the outer one is to die by sig, as the payload did. */
void namespace_tell_death(const struct namespace *n, int sig);

/* Outer: what the inner one has told: the signal of a stop, negated that of a death; 0: nothing. */
int namespace_told(const struct namespace *n);

#endif
