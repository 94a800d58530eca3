#include "sys.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

/* ---- the machine: into the kernel, and from it ---- */

/* One routine, with a name for each number of arguments. */
#define SYS_NAMES                                                                      \
	".irp n,0,1,2,3,4,5,6\n .globl sys_\\n\n .type sys_\\n,%function\n sys_\\n:\n" \
	".endr\n"

#if defined __x86_64__
/* The C calling convention and the kernel's differ in where the arguments are; the last of seven
 * lies on the stack. */
__asm__(".text\n" SYS_NAMES
	"mov %rdi,%rax; mov %rsi,%rdi; mov %rdx,%rsi; mov %rcx,%rdx; mov %r8,%r10; mov %r9,%r8;"
	"mov 8(%rsp),%r9; syscall; ret");
/* argc, argv and envp lie at the stack pointer that the kernel starts us with. */
#define START                                                         \
	".text; .globl _start; _start: xor %ebp,%ebp; mov %rsp,%rdi;" \
	"and $-16,%rsp; call entry"

#elif defined __aarch64__
__asm__(".text\n" SYS_NAMES "mov x8,x0; mov x0,x1; mov x1,x2; mov x2,x3; mov x3,x4;"
	"mov x4,x5; mov x5,x6; svc 0; ret");
#define START                                                                              \
	".text; .globl _start; _start: mov x29,#0; mov x30,#0; mov x0,sp; and sp,x0,#-16;" \
	"bl entry"

#elif defined __riscv
__asm__(".text\n" SYS_NAMES "mv a7,a0; mv a0,a1; mv a1,a2; mv a2,a3; mv a3,a4;"
	"mv a4,a5; mv a5,a6; ecall; ret");
/* The linker may turn accesses to data into ones by gp. */
#define START                                                            \
	".text; .globl _start; _start: .option push; .option norelax;\n" \
	"lla gp,__global_pointer$; .option pop; mv a0,sp; andi sp,sp,-16; tail entry"

#elif defined __i386__
__asm__(".text\n" SYS_NAMES "push %ebp; push %edi; push %esi; push %ebx;"
	"mov 20(%esp),%eax; mov 24(%esp),%ebx; mov 28(%esp),%ecx; mov 32(%esp),%edx;"
	"mov 36(%esp),%esi; mov 40(%esp),%edi; mov 44(%esp),%ebp; int $0x80;"
	"pop %ebx; pop %esi; pop %edi; pop %ebp; ret");
#define START                                                         \
	".text; .globl _start; _start: xor %ebp,%ebp; mov %esp,%eax;" \
	"and $-16,%esp; sub $12,%esp; push %eax; call entry"

#elif defined __arm__
__asm__(".text\n" SYS_NAMES "push {r4,r5,r6,r7};"
	"mov r7,r0; mov r0,r1; mov r1,r2; mov r2,r3; add r12,sp,#16; ldm r12,{r3,r4,r5}; svc 0;"
	"pop {r4,r5,r6,r7}; bx lr");
/* libgcc's division calls these for a zero, its own ones raise a signal. */
__asm__(".text; .globl __aeabi_idiv0; .type __aeabi_idiv0,%function; __aeabi_idiv0:"
	".globl __aeabi_ldiv0; .type __aeabi_ldiv0,%function; __aeabi_ldiv0: bx lr");
#define START                                                                          \
	".text; .globl _start; .type _start,%function; _start: mov r11,#0; mov lr,#0;" \
	"mov r0,sp; and r12,r0,#-16; mov sp,r12; bl entry"

#elif defined __powerpc64__ /* in its second ABI */
/* The kernel tells an error by a flag. */
__asm__(".text\n" SYS_NAMES "mr 0,3; mr 3,4; mr 4,5;"
	"mr 5,6; mr 6,7; mr 7,8; mr 8,9; sc; bnslr; neg 3,3; blr");
/* The table of addresses lies at a distance from us, whose address the kernel puts into r12. */
#define START                                                                                     \
	".text; .globl _start; .type _start,@function; _start: addis 2,12,.TOC.-_start@ha;"       \
	"addi 2,2,.TOC.-_start@l; mr 3,1; clrrdi 1,1,4; li 0,0; stdu 0,-32(1); mtlr 0; bl entry;" \
	"nop"

#elif defined __s390x__
__asm__(".text\n" SYS_NAMES "stmg %r6,%r7,48(%r15); lgr %r1,%r2; lgr %r2,%r3;"
	"lgr %r3,%r4; lgr %r4,%r5; lgr %r5,%r6; lg %r6,160(%r15); lg %r7,168(%r15); svc 0;"
	"lmg %r6,%r7,48(%r15); br %r14");
#define START                                                                     \
	".text; .globl _start; _start: lgr %r2,%r15; lghi %r0,-16; ngr %r15,%r0;" \
	"aghi %r15,-160; xc 0(8,%r15),0(%r15); brasl %r14,entry"

#elif defined __loongarch__
__asm__(".text\n" SYS_NAMES "move $a7,$a0; move $a0,$a1; move $a1,$a2;"
	"move $a2,$a3; move $a3,$a4; move $a4,$a5; move $a5,$a6; syscall 0; jr $ra");
#define START                                                         \
	".text; .globl _start; _start: move $fp,$zero; move $a0,$sp;" \
	"bstrins.d $sp,$zero,3,0; bl entry"
#endif

#ifndef HOSTED /* unit tests have libc's start */
int main(int argc, char **argv, char **envp);
__attribute__((__used__)) _Noreturn void entry(long *stack); /* by START */

__asm__(START);

/* What crt1 and libc's start-up would do for a program with threads, locale and stdio. */
_Noreturn void entry(long *stack)
{
	char **argv = (char **)(stack + 1);

	sys_exit(main((int)*stack, argv, argv + *stack + 1));
}
#endif

/* ---- calls ---- */

int sys_open(const char *path, int flags, mode_t mode)
{
	/* As libc does: the kernel adds it for programs of 64 bits only. */
	return (int)sys(SYS_openat, AT_FDCWD, path, flags | O_LARGEFILE, mode);
}

int sys_close(int fd)
{
	return (int)sys(SYS_close, fd);
}

long sys_read(int fd, void *buf, size_t size)
{
	return sys(SYS_read, fd, buf, size);
}

long sys_write(int fd, const void *buf, size_t size)
{
	return sys(SYS_write, fd, buf, size);
}

int sys_write_file(int dir, const char *path, const char *text)
{
	int fd = (int)sys(SYS_openat, dir, path, O_WRONLY | O_CLOEXEC);
	long n;

	if (fd < 0)
		return fd;
	n = sys_write(fd, text, strlen(text));
	sys_close(fd);
	return (int)n;
}

bool sys_is_terminal(int fd)
{
	struct winsize size;

	return sys(SYS_ioctl, fd, TIOCGWINSZ, &size) == 0;
}

bool sys_is_pipe_or_socket(int fd)
{
	int group;

	return sys(SYS_FCNTL, fd, F_GETPIPE_SZ) >= 0 || sys(SYS_ioctl, fd, SIOCGPGRP, &group) == 0;
}

bool sys_is_stream(int fd)
{
	return sys(SYS_lseek, fd, 0, SEEK_CUR) == -ESPIPE;
}

pid_t sys_getpid(void)
{
	return (pid_t)sys(SYS_getpid);
}

int sys_kill(pid_t pid, int sig)
{
	return (int)sys(SYS_kill, pid, sig);
}

long sys_fork(unsigned long flags)
{
#ifdef CLONE_STACK_FIRST
	return sys(SYS_clone, 0, flags | SIGCHLD);
#else
	return sys(SYS_clone, flags | SIGCHLD, 0);
#endif
}

void *sys_share(size_t size)
{
	const int flags = MAP_SHARED | MAP_ANONYMOUS;
#ifdef SYS_mmap2
	long at = sys(SYS_mmap2, NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
#elif defined CLONE_STACK_FIRST /* s390x, whose mmap takes one argument */
	const long arguments[] = {0, (long)size, PROT_READ | PROT_WRITE, flags, -1, 0};
	long at = sys(SYS_mmap, arguments);
#else
	long at = sys(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
#endif

	return at < 0 && at > -4096 ? NULL : (void *)at;
}

_Noreturn void sys_exit(int code)
{
	for (;;)
		sys(SYS_exit_group, code);
}

/* ---- time ---- */

/* The kernel's first struct timespec, for calls that every kernel has. The calls with the wider one
 * of 32-bit machines are missing before Linux 5.1, and seccomp filters refuse them; but a kernel
 * without COMPAT_32BIT_TIME has no other. */
struct time {
	long s, ns;
};
#if __SIZEOF_LONG__ == 4
struct time64 {
	int64_t s, ns;
};
#define SYS_CLOCK SYS_clock_gettime32
#else
#define SYS_CLOCK SYS_clock_gettime
#endif

/* One refusal may be an accident. */
#define CLOCK_TRIES 3

/* Milliseconds since some moment, or -errno. */
static int64_t now_ms(void)
{
	long err = 0;

	for (int i = 0; i < CLOCK_TRIES; i++) {
		struct time t;
		err = sys(SYS_CLOCK, CLOCK_MONOTONIC, &t);
		if (err == 0)
			return t.s * INT64_C(1000) + t.ns / 1000000;
#if __SIZEOF_LONG__ == 4
		struct time64 wide;
		err = sys(SYS_clock_gettime64, CLOCK_MONOTONIC, &wide);
		if (err == 0)
			return wide.s * 1000 + (long)wide.ns / 1000000;
#endif
	}
	return err;
}

int64_t deadline_in(int ms)
{
	int64_t now;

	if (ms < 0)
		return NEVER;
	now = now_ms();
	return now < 0 ? 0 : now + ms;
}

int deadline_left(int64_t deadline)
{
	int64_t now;

	if (deadline == NEVER)
		return -1;
	now = now_ms();
	if (now < 0 || now >= deadline)
		return 0;
	return deadline - now > INT_MAX ? INT_MAX : (int)(deadline - now);
}

static struct time time_of(int ms)
{
	return (struct time){.s = ms / 1000, .ns = ms % 1000 * 1000000L};
}

#if __SIZEOF_LONG__ == 4
static struct time64 time64_of(int ms)
{
	return (struct time64){.s = ms / 1000, .ns = ms % 1000 * 1000000L};
}
#endif

int sys_poll(struct pollfd *fds, unsigned count, int ms)
{
	struct time t = time_of(ms);
	long result = sys(SYS_ppoll, fds, count, ms < 0 ? NULL : &t, NULL, 0);

#if __SIZEOF_LONG__ == 4
	struct time64 wide = time64_of(ms);
	if (result == -ENOSYS)
		result = sys(SYS_ppoll_time64, fds, count, ms < 0 ? NULL : &wide, NULL, 0);
#endif
	return (int)result;
}

int sys_sigtimedwait(uint64_t set, siginfo_t *si, int ms)
{
	struct time t = time_of(ms);
	long result = sys(SYS_rt_sigtimedwait, &set, si, ms < 0 ? NULL : &t, sizeof set);

#if __SIZEOF_LONG__ == 4
	struct time64 wide = time64_of(ms);
	if (result == -ENOSYS)
		result = sys(SYS_rt_sigtimedwait_time64, &set, si, ms < 0 ? NULL : &wide,
			     sizeof set);
#endif
	return (int)result;
}

/* ---- the rest ---- */

int sys_readlink(const char *path, char *buf, size_t size)
{
	long n = sys(SYS_readlinkat, AT_FDCWD, path, buf, size - 1);

	if (n >= 0)
		buf[n] = 0;
	return (int)n;
}

#ifdef SA_RESTORER
/* In musl's libc.a as __clone is: the return from a handler, which x86-64 has to be told. */
__attribute__((__visibility__("hidden"))) void __restore_rt(void);
#endif

int sys_set_action(int sig, const struct sys_sigaction *action, struct sys_sigaction *old)
{
	struct sys_sigaction a = *action;

#ifdef SA_RESTORER
	a.restorer = __restore_rt;
	a.flags |= SA_RESTORER;
#endif
	return (int)sys(SYS_rt_sigaction, sig, &a, old, sizeof a.mask);
}

int sys_get_action(int sig, struct sys_sigaction *action)
{
	return (int)sys(SYS_rt_sigaction, sig, NULL, action, sizeof action->mask);
}

void sys_set_default(int sig)
{
	sys_set_action(sig, &(struct sys_sigaction){.handler = NULL}, NULL);
}
