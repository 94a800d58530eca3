/*
 * What the payload and the harness share: the descriptors that the payload finds open, the orders
 * it reads and the page of time stamps it writes. All times are CLOCK_MONOTONIC in nanoseconds.
 */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include <stdint.h>

enum {
	FD_STAMPS = 3, /* struct stamps, to be mapped shared */
	FD_ORDERS = 4, /* the payload reads one byte an order */
	FD_READY = 5,  /* the payload writes a byte when started, signalled, done with a storm */
};

enum { ORDER_STORM = 's', ORDER_EXIT = 'x' };

struct stamps {
	volatile int64_t start;       /* the payload's first instructions */
	volatile int64_t handled;     /* its handler of SIGUSR1 was entered */
	volatile int64_t storm_begin; /* before the first orphan, after the last */
	volatile int64_t storm_end;
	volatile int64_t end;     /* the last thing before _exit */
	volatile int64_t orphans; /* set by the harness: how many a storm makes */
};

#endif
