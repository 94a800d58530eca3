/*
 * The payload of all measurements but the short command's. It has no libc and asks no vDSO for the
 * time, so that its own start is next to nothing and the same behind every init.
 */
#include "payload.h"

#include <linux/errno.h>
#include <linux/mman.h>
#include <linux/signal.h>
#include <linux/time.h>

#include "system_call.h"

#define PAGE_BYTES 4096
#define READ_WRITE 3 /* PROT_READ | PROT_WRITE */
#define RESTORER   0x04000000

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n"
	"	mov $0, %ebp\n"
	"	call payload\n"
	".globl restore\nrestore:\n"
	"	mov $15, %eax\n" /* rt_sigreturn */
	"	syscall\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n"
	"	bl payload\n"
	".globl restore\nrestore:\n"
	"	mov x8, #139\n" /* rt_sigreturn */
	"	svc 0\n");
#endif

/* The kernel's own layout, which differs from that of every libc. */
struct kernel_sigaction {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

void restore(void);
void payload(void) __attribute__((noreturn));

static struct shared *shared;

static int64_t now_ns(void)
{
	struct timespec time;
	system_call(__NR_clock_gettime, CLOCK_MONOTONIC, (long)&time, 0, 0, 0, 0);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void tell_ready(void)
{
	if (system_call(__NR_write, FD_READY, (long)"r", 1, 0, 0, 0) != 1)
		leave(1);
}

static void handle(int number)
{
	(void)number;
	tell_ready();
}

static long make_child(void)
{
	return system_call(__NR_clone, SIGCHLD, 0, 0, 0, 0, 0);
}

/* Each orphan is a grandchild whose parent leaves at once, as does the orphan itself. */
static void storm(void)
{
	for (int64_t i = 0; i < shared->orphans; i++) {
		long child = make_child();
		if (child == 0)
			leave(make_child() < 0);
		int status = 1;
		system_call(__NR_wait4, child, (long)&status, 0, 0, 0, 0);
		if (child < 0 || status != 0)
			leave(1);
	}
	tell_ready();
}

void payload(void)
{
	int64_t start_ns = now_ns();
	long page = system_call(__NR_mmap, 0, PAGE_BYTES, READ_WRITE, MAP_SHARED, FD_SHARED, 0);
	if ((unsigned long)page > -(unsigned long)PAGE_BYTES) /* -errno */
		leave(1);
	shared = (struct shared *)page;
	shared->start_ns = start_ns;

	struct kernel_sigaction action = {
		.handler = handle, .flags = RESTORER, .restorer = restore};
	system_call(__NR_rt_sigaction, SIGUSR1, (long)&action, 0, sizeof action.mask, 0, 0);
	tell_ready();

	for (;;) {
		char order = 0;
		long got = system_call(__NR_read, FD_ORDERS, (long)&order, 1, 0, 0, 0);
		if (got == -EINTR)
			continue;
		if (got == 1 && order == ORDER_STORM)
			storm();
		else
			leave(got != 1 || order != ORDER_EXIT);
	}
}
