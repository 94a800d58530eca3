/* What the machine dictates: how to enter the kernel, and how it enters us.
 *
 * cinit calls the kernel itself. It needs no thread, no errno and no locale, and without libc's
 * start-up and wrappers it is half as large and starts with fewer pages and calls; the child that
 * shares our memory after clone cannot disturb an errno that does not exist. Headers, string
 * functions and clone are musl's. */
#ifndef SYS_H
#define SYS_H

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>

/* This machine, in the words of explain_elf.c. sys.c holds the way in and out of the kernel for
 * each. Left out is where a set of 64 signals is no uint64_t (32 bits, big-endian), a long is no
 * register (x32), or signals have other numbers (MIPS). */
#if defined __x86_64__ && !defined __ILP32__
#define MACHINE X86_64
#elif defined __i386__
#define MACHINE I386
#elif defined __aarch64__ && __SIZEOF_LONG__ == 8
#define MACHINE AARCH64
#elif defined __arm__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define MACHINE ARM
#elif defined __riscv && __riscv_xlen == 64
#define MACHINE RISCV64
#elif defined __powerpc64__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define MACHINE PPC64LE
#elif defined __s390x__
#define MACHINE S390X
#define CLONE_STACK_FIRST
#elif defined __loongarch__ && __loongarch_grlen == 64
#define MACHINE LOONGARCH64
#else
#error "cinit does not know this machine: see sys.h"
#endif

/* The numbers of two calls for programs of 32 bits that the same kernel runs. */
#if defined __x86_64__ || defined __aarch64__
#define NARROW_RT_SIGTIMEDWAIT        177
#define NARROW_RT_SIGTIMEDWAIT_TIME64 421
#endif

/* Enter the kernel. Return what it returns, -errno for an error. There is one for each number of
 * arguments, because a variadic call would first count vector registers. */
long sys_0(long n);
long sys_1(long n, long a);
long sys_2(long n, long a, long b);
long sys_3(long n, long a, long b, long c);
long sys_4(long n, long a, long b, long c, long d);
long sys_5(long n, long a, long b, long c, long d, long e);
long sys_6(long n, long a, long b, long c, long d, long e, long f);

/* sys(SYS_name, arguments...): the same for arguments of any type; the kernel ignores what its call
 * does not take. */
#define SYS_NTH(n, a, b, c, d, e, f, nth, ...) nth
#define SYS_0(n)                               sys_0(n)
#define SYS_1(n, a)                            sys_1(n, (long)(a))
#define SYS_2(n, a, b)                         sys_2(n, (long)(a), (long)(b))
#define SYS_3(n, a, b, c)                      sys_3(n, (long)(a), (long)(b), (long)(c))
#define SYS_4(n, a, b, c, d)                   sys_4(n, (long)(a), (long)(b), (long)(c), (long)(d))
#define SYS_5(n, a, b, c, d, e)                sys_5(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))
#define SYS_6(n, a, b, c, d, e, f) \
	sys_6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define sys(...) \
	SYS_NTH(__VA_ARGS__, SYS_6, SYS_5, SYS_4, SYS_3, SYS_2, SYS_1, SYS_0, )(__VA_ARGS__)

/* Where there are two of a call, the first has no room for a large file, or 16 bits for a user. */
#ifdef SYS_fcntl64
#define SYS_FCNTL SYS_fcntl64
#else
#define SYS_FCNTL SYS_fcntl
#endif
#ifdef SYS_getuid32
#define SYS_GETUID    SYS_getuid32
#define SYS_GETGID    SYS_getgid32
#define SYS_GETEUID   SYS_geteuid32
#define SYS_GETEGID   SYS_getegid32
#define SYS_GETRESUID SYS_getresuid32
#define SYS_GETRESGID SYS_getresgid32
#define SYS_SETRESUID SYS_setresuid32
#define SYS_SETRESGID SYS_setresgid32
#define SYS_SETGROUPS SYS_setgroups32
#define SYS_FCHOWN    SYS_fchown32
#else
#define SYS_GETUID    SYS_getuid
#define SYS_GETGID    SYS_getgid
#define SYS_GETEUID   SYS_geteuid
#define SYS_GETEGID   SYS_getegid
#define SYS_GETRESUID SYS_getresuid
#define SYS_GETRESGID SYS_getresgid
#define SYS_SETRESUID SYS_setresuid
#define SYS_SETRESGID SYS_setresgid
#define SYS_SETGROUPS SYS_setgroups
#define SYS_FCHOWN    SYS_fchown
#endif

int sys_open(const char *path, int flags, mode_t mode);
int sys_close(int fd);
long sys_read(int fd, void *buf, size_t size);
long sys_write(int fd, const void *buf, size_t size);
/* Writes a text to a file that is there, in the directory dir (AT_FDCWD: ours). The number of
 * bytes, or -errno. */
int sys_write_file(int dir, const char *path, const char *text);
bool sys_is_terminal(int fd);
bool sys_is_pipe_or_socket(int fd);
/* True for a pipe, a socket or a terminal: somebody has its other end, and it may be full. */
bool sys_is_stream(int fd);
pid_t sys_getpid(void);
int sys_kill(pid_t pid, int sig);
/* As fork(2), with CLONE_ flags. Returns the child's pid, 0 in the child, or -errno. */
long sys_fork(unsigned long flags);
/* Memory that a child keeps in common with us, zeroed; NULL if there is none. */
void *sys_share(size_t size);
_Noreturn void sys_exit(int code);

/* As poll(2), ms < 0 for ever; -errno for an error. */
struct pollfd;
int sys_poll(struct pollfd *fds, unsigned count, int ms);

/* Takes one pending signal of a set of 64 bits, bit n-1 for signal n; waits up to ms milliseconds
 * for it, for ever if ms < 0. Returns its number, or -errno: -EAGAIN when the time is up. */
int sys_sigtimedwait(uint64_t set, siginfo_t *si, int ms);

/* As readlink(2), but the text is ended by a null byte. */
int sys_readlink(const char *path, char *buf, size_t size);

/* For a function with large buffers that few lives call: inlined, they would lie in the stack frame
 * of every life, and cost it pages. */
#define NOINLINE __attribute__((__noinline__))

/* For a large static buffer that few lives write to. It lies behind all others, which fit on one
 * page: all that init writes to while it waits, but for its stack. */
#define RARE __attribute__((__section__(".bss.rare")))

/* For a large static buffer of which most lives write to the beginning only. It stands between the
 * small ones and the rare ones: the linker sorts these sections by their names. */
#define LONG_TAILED __attribute__((__section__(".bss.long_tailed")))

/* ---- deadlines: milliseconds of CLOCK_MONOTONIC ---- */

#define NEVER INT64_MAX

/* The deadline ms from now, or NEVER for ms < 0. Without a clock: one that has passed. */
int64_t deadline_in(int ms);

/* Milliseconds until then, rounded up; 0 if it has passed or there is no clock; -1 for NEVER. */
int deadline_left(int64_t deadline);

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
int sys_get_action(int sig, struct sys_sigaction *action);
void sys_set_default(int sig);

#endif
