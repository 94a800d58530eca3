/* What the machine dictates: how to enter the kernel, and how it enters us.
 *
 * cinit calls the kernel itself. It needs no thread, no errno and no locale, and without libc's
 * start-up and wrappers it is half as large and starts with fewer pages and calls; the child that
 * shares our memory after clone cannot disturb an errno that does not exist. Headers, string
 * functions and clone are musl's. A machine that is not here gets libc's syscall() and start-up. */
#ifndef SYS_H
#define SYS_H

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>

/* There a set of 64 signals is no uint64_t, a long is no register, signals have other numbers. */
#if (__SIZEOF_LONG__ < 8 && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) || \
	(defined __x86_64__ && defined __ILP32__) || defined __mips__
#error "cinit does not run on 32-bit big-endian machines, x32 and MIPS"
#endif

#if defined __x86_64__

static inline long sys6(long n, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;

	__asm__ volatile("syscall"
			 : "+a"(n)
			 : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return n;
}
static inline long sys4(long n, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;

	__asm__ volatile("syscall"
			 : "+a"(n)
			 : "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return n;
}
static inline long sys3(long n, long a, long b, long c)
{
	__asm__ volatile("syscall" : "+a"(n) : "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return n;
}
static inline long sys2(long n, long a, long b)
{
	__asm__ volatile("syscall" : "+a"(n) : "D"(a), "S"(b) : "rcx", "r11", "memory");
	return n;
}
static inline long sys1(long n, long a)
{
	__asm__ volatile("syscall" : "+a"(n) : "D"(a) : "rcx", "r11", "memory");
	return n;
}
static inline long sys0(long n)
{
	__asm__ volatile("syscall" : "+a"(n) : : "rcx", "r11", "memory");
	return n;
}

/* Calls entry(stack) on an aligned stack; argc, argv and envp lie at stack. */
#define ARCH_START \
	__asm__(".globl _start\n_start: xor %ebp,%ebp; mov %rsp,%rdi; and $-16,%rsp; call entry")

#elif defined __aarch64__ || (defined __riscv && __riscv_xlen == 64)

#ifdef __aarch64__
#define ARCH_CALL "svc 0"
#define ARCH_REGISTERS(call, first)            \
	register long nr __asm__("x8") = call; \
	register long r0 __asm__("x0") = first
#define ARCH_REGISTER(number) __asm__("x" #number)
#define ARCH_START \
	__asm__(".globl _start\n_start: mov x29,#0; mov x30,#0; mov x0,sp; and sp,x0,#-16; bl entry")
#else
#define ARCH_CALL "ecall"
#define ARCH_REGISTERS(call, first)            \
	register long nr __asm__("a7") = call; \
	register long r0 __asm__("a0") = first
#define ARCH_REGISTER(number) __asm__("a" #number)
/* The linker may turn accesses to data into ones by gp. */
#define ARCH_START                                                       \
	__asm__(".globl _start\n_start: .option push; .option norelax\n" \
		"lla gp,__global_pointer$; .option pop; mv a0,sp; andi sp,sp,-16; tail entry")
#endif

static inline long sys6(long n, long a, long b, long c, long d, long e, long f)
{
	ARCH_REGISTERS(n, a);
	register long r1 ARCH_REGISTER(1) = b;
	register long r2 ARCH_REGISTER(2) = c;
	register long r3 ARCH_REGISTER(3) = d;
	register long r4 ARCH_REGISTER(4) = e;
	register long r5 ARCH_REGISTER(5) = f;

	__asm__ volatile(ARCH_CALL
			 : "+r"(r0)
			 : "r"(nr), "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5)
			 : "memory");
	return r0;
}
#define sys4(n, a, b, c, d) sys6(n, a, b, c, d, 0, 0)
#define sys3(n, a, b, c)    sys6(n, a, b, c, 0, 0, 0)
#define sys2(n, a, b)       sys6(n, a, b, 0, 0, 0, 0)
#define sys1(n, a)          sys6(n, a, 0, 0, 0, 0, 0)
#define sys0(n)             sys6(n, 0, 0, 0, 0, 0, 0)

#else

#include <errno.h>
#include <unistd.h>

static inline long sys6(long n, long a, long b, long c, long d, long e, long f)
{
	long result = syscall(n, a, b, c, d, e, f);

	return result == -1 ? -errno : result;
}
#define sys4(n, a, b, c, d) sys6(n, a, b, c, d, 0, 0)
#define sys3(n, a, b, c)    sys6(n, a, b, c, 0, 0, 0)
#define sys2(n, a, b)       sys6(n, a, b, 0, 0, 0, 0)
#define sys1(n, a)          sys6(n, a, 0, 0, 0, 0, 0)
#define sys0(n)             sys6(n, 0, 0, 0, 0, 0, 0)

#define SYS_STACK 1024

#endif

/* How far below a variable of its caller sys() may have the stack in use. */
#ifndef SYS_STACK
#define SYS_STACK 96
#endif

#ifdef HOSTED /* unit tests: libc's start-up is there */
#undef ARCH_START
#endif

/* sys(SYS_name, arguments...): what the kernel returns, -errno for an error. */
#define SYS_COUNT(n, a, b, c, d, e, f, which, ...) which
#define SYS_0(n)                                   sys0(n)
#define SYS_1(n, a)                                sys1(n, (long)(a))
#define SYS_2(n, a, b)                             sys2(n, (long)(a), (long)(b))
#define SYS_3(n, a, b, c)                          sys3(n, (long)(a), (long)(b), (long)(c))
#define SYS_4(n, a, b, c, d)                       sys4(n, (long)(a), (long)(b), (long)(c), (long)(d))
#define SYS_5(n, a, b, c, d, e)                    sys6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define SYS_6(n, a, b, c, d, e, f) \
	sys6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define sys(...) \
	SYS_COUNT(__VA_ARGS__, SYS_6, SYS_5, SYS_4, SYS_3, SYS_2, SYS_1, SYS_0, )(__VA_ARGS__)

#ifdef SYS_fcntl64
#define SYS_FCNTL SYS_fcntl64
#else
#define SYS_FCNTL SYS_fcntl
#endif

/* The kernel's first struct timespec. The calls with the wider one of 32-bit machines are missing
 * before Linux 5.1, seccomp filters refuse them, and no time here needs them. */
struct sys_time {
	long s, ns;
};
#ifdef SYS_clock_gettime32
#define SYS_CLOCK SYS_clock_gettime32
#else
#define SYS_CLOCK SYS_clock_gettime
#endif

static inline int sys_open(const char *path, int flags, mode_t mode)
{
	return (int)sys(SYS_openat, AT_FDCWD, path, flags, mode);
}
static inline int sys_close(int fd)
{
	return (int)sys(SYS_close, fd);
}
static inline long sys_read(int fd, void *buf, size_t size)
{
	return sys(SYS_read, fd, buf, size);
}
static inline long sys_write(int fd, const void *buf, size_t size)
{
	return sys(SYS_write, fd, buf, size);
}
static inline pid_t sys_getpid(void)
{
	return (pid_t)sys(SYS_getpid);
}
static inline int sys_kill(pid_t pid, int sig)
{
	return (int)sys(SYS_kill, pid, sig);
}
static inline _Noreturn void sys_exit(int code)
{
	for (;;)
		sys(SYS_exit_group, code);
}

/* As poll(2), ms < 0 for ever; -errno for an error. */
struct pollfd;
int sys_poll(struct pollfd *fds, unsigned count, int ms);

/* As readlink(2), but the text is ended by a null byte; false on error. */
bool sys_readlink(const char *path, char *buf, size_t size);

/* The kernel's struct sigaction, and rt_sigaction(2) with it: libc's has no place for signals 32 to
 * 34, and unblocks 33 and 34 at the first handler. */
struct sys_sigaction {
	union {
		void (*handler)(int); /* SIG_DFL or SIG_IGN */
		void (*handler_info)(int, siginfo_t *, void *);
	};
	unsigned long flags;
#ifdef SA_RESTORER /* musl's headers have it where the kernel has the member */
	void (*restorer)(void);
#endif
	unsigned long mask[8 / sizeof(long)];
};
int sys_set_action(int sig, const struct sys_sigaction *action, struct sys_sigaction *old);
void sys_set_default(int sig);

#endif
