/*
 * What the payload and the harness share: the descriptors that the payload finds open, the orders
 * it reads and the page of memory both see.
 */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include <stdint.h>

enum {
	FD_SHARED = 3, /* struct shared, to be mapped shared */
	FD_ORDERS = 4, /* the payload reads one byte an order */
	FD_READY = 5,  /* the payload writes a byte when started, signalled, done with a storm */
};

enum { ORDER_STORM = 's', ORDER_EXIT = 'x' };

struct shared {
	volatile int64_t start_ns; /* CLOCK_MONOTONIC at the payload's first instructions */
	volatile int64_t orphans;  /* set by the harness: how many a storm makes */
};

#endif
