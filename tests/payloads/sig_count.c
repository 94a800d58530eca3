/*
 * sig_count SIG N
 *
 * Takes N signals SIG sent by sigqueue, whose values must be 1, 2, 3 to N, and says so; exits at
 * the first that is something else. Prints `ready` when it has begun.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

#include "raw.h"

int main(int argc, char **argv)
{
	siginfo_t si;

	if (argc != 3)
		return 2;
	uint64_t set = raw_bit(atoi(argv[1]));
	raw_mask(SIG_BLOCK, set);
	dprintf(1, "ready\n");
	for (long value = 1; value <= atol(argv[2]); value++) {
		if (syscall(SYS_rt_sigtimedwait, &set, &si, NULL, sizeof set) < 0)
			return 2;
		if (si.si_code != SI_QUEUE || (intptr_t)si.si_value.sival_ptr != value) {
			dprintf(1, "expected value %ld, got code %d value %ld\n", value, si.si_code,
				(long)(intptr_t)si.si_value.sival_ptr);
			return 1;
		}
	}
	dprintf(1, "all %s in order\n", argv[2]);
	return 0;
}
