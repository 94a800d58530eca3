/*
 * The payload of all measurements. It has no libc and asks no vDSO for the time, so that its own
 * start is next to nothing and the same behind every init.
 */
#include "payload.h"

#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/mman.h>
#include <linux/signal.h>
#include <linux/time.h>

#define PAGE_BYTES 4096
#define READ_WRITE 3 /* PROT_READ | PROT_WRITE */

#if defined(__x86_64__)
static long system_call(long number, long a, long b, long c, long d, long e, long f)
{
	long result;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

__asm__(".globl _start\n_start:\n"
	"	mov $0, %ebp\n"
	"	call payload\n"
	".globl restore\nrestore:\n"
	"	mov $15, %eax\n" /* rt_sigreturn */
	"	syscall\n");
#define RESTORER 0x04000000

#elif defined(__aarch64__)
static long system_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;
	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

__asm__(".globl _start\n_start:\n"
	"	bl payload\n"
	".globl restore\nrestore:\n"
	"	mov x8, #139\n" /* rt_sigreturn */
	"	svc 0\n");
#define RESTORER 0x04000000

#else
#error "no system call stub for this machine"
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

static struct stamps *stamps;

static int64_t now(void)
{
	struct timespec time;
	system_call(__NR_clock_gettime, CLOCK_MONOTONIC, (long)&time, 0, 0, 0, 0);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void __attribute__((noreturn)) leave(int code)
{
	for (;;)
		system_call(__NR_exit_group, code, 0, 0, 0, 0, 0);
}

static void tell_ready(void)
{
	if (system_call(__NR_write, FD_READY, (long)"r", 1, 0, 0, 0) != 1)
		leave(1);
}

static void handle(int number)
{
	stamps->handled = now();
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
	stamps->storm_begin = now();
	for (int64_t i = 0; i < stamps->orphans; i++) {
		long child = make_child();
		if (child == 0)
			leave(make_child() < 0);
		int status = 1;
		system_call(__NR_wait4, child, (long)&status, 0, 0, 0, 0);
		if (child < 0 || status != 0)
			leave(1);
	}
	stamps->storm_end = now();
	tell_ready();
}

void payload(void)
{
	int64_t start = now();
	long page = system_call(__NR_mmap, 0, PAGE_BYTES, READ_WRITE, MAP_SHARED, FD_STAMPS, 0);
	if ((unsigned long)page > -(unsigned long)PAGE_BYTES) /* -errno */
		leave(1);
	stamps = (struct stamps *)page;
	stamps->start = start;

	struct kernel_sigaction action = {
		.handler = handle, .flags = RESTORER, .restorer = restore};
	system_call(__NR_rt_sigaction, SIGUSR1, (long)&action, 0, sizeof action.mask, 0, 0);
	tell_ready();

	for (;;) {
		char order = 0;
		long got = system_call(__NR_read, FD_ORDERS, (long)&order, 1, 0, 0, 0);
		if (got == -EINTR)
			continue;
		if (got == 1 && order == ORDER_STORM) {
			storm();
		} else if (got == 1 && order == ORDER_EXIT) {
			stamps->end = now();
			leave(0);
		} else {
			leave(1);
		}
	}
}
