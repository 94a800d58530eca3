/* Signal calls without the libc's gaps: musl and glibc keep signals 32 to 34 to themselves. */
#ifndef RAW_H
#define RAW_H

#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SIGNALS = 64 };
#define ALL_SIGNALS UINT64_MAX

struct raw_action {
	uintptr_t handler;
	unsigned long flags;
#ifdef SA_RESTORER
	void (*restorer)(void);
#endif
	uint64_t mask;
};

static inline uint64_t raw_bit(int sig)
{
	return UINT64_C(1) << (sig - 1);
}

/* Returns the mask before. */
static inline uint64_t raw_mask(int how, uint64_t mask)
{
	uint64_t before = 0;
	syscall(SYS_rt_sigprocmask, how, &mask, &before, sizeof mask);
	return before;
}

static inline long raw_action(int sig, const struct raw_action *new, struct raw_action *old)
{
	return syscall(SYS_rt_sigaction, sig, new, old, sizeof(uint64_t));
}

static inline long raw_disposition(int sig, void (*handler)(int))
{
	return raw_action(sig, &(struct raw_action){.handler = (uintptr_t)handler}, 0);
}

#endif
