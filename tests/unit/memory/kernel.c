/* MemorySanitizer sees no memory that the kernel writes. So the unit tests call told_N in place of
 * sys_N (-Dsys_N=told_N), which tells. */
#include <sanitizer/msan_interface.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <time.h>

#define INFO_SIZE   128 /* siginfo_t */
#define STATX_SIZE  256 /* struct statx */
#define ACTION_SIZE 32  /* the kernel's struct sigaction */
#define SET_SIZE    8   /* signals */
#define POLL_SIZE   8   /* struct pollfd */

long sys_6(long n, long a, long b, long c, long d, long e, long f);
long told_0(long n);
long told_1(long n, long a);
long told_2(long n, long a, long b);
long told_3(long n, long a, long b, long c);
long told_4(long n, long a, long b, long c, long d);
long told_5(long n, long a, long b, long c, long d, long e);
long told_6(long n, long a, long b, long c, long d, long e, long f);

static void told(long at, unsigned long size)
{
	if (at)
		__msan_unpoison((void *)at, size);
}

static void tell(long n, const long *a, long result)
{
	switch (n) {
	case SYS_read:
	case SYS_getdents64:
		told(a[1], (unsigned long)result);
		break;
	case SYS_readlinkat:
		told(a[2], (unsigned long)result);
		break;
	case SYS_rt_sigtimedwait:
		told(a[1], INFO_SIZE);
		break;
	case SYS_rt_sigpending:
		told(a[0], SET_SIZE);
		break;
	case SYS_rt_sigprocmask:
		told(a[2], SET_SIZE);
		break;
	case SYS_rt_sigaction:
		told(a[2], ACTION_SIZE);
		break;
	case SYS_pipe2:
		told(a[0], 2 * sizeof(int));
		break;
	case SYS_ppoll:
		told(a[0], (unsigned long)a[1] * POLL_SIZE);
		break;
	case SYS_wait4:
		told(a[1], sizeof(int));
		break;
	case SYS_clock_gettime:
		told(a[1], sizeof(struct timespec));
		break;
	case SYS_prlimit64:
		told(a[3], sizeof(struct rlimit));
		break;
	case SYS_getresuid:
	case SYS_getresgid:
		for (int i = 0; i < 3; i++)
			told(a[i], sizeof(int));
		break;
	case SYS_newfstatat:
		told(a[2], sizeof(struct stat));
		break;
	case SYS_statx:
		told(a[4], STATX_SIZE);
		break;
	case SYS_statfs:
		told(a[1], sizeof(struct statfs));
		break;
	case SYS_ioctl:
		if (a[1] == TIOCGWINSZ)
			told(a[2], sizeof(struct winsize));
		else if (a[1] == TIOCGPGRP || a[1] == TIOCOUTQ)
			told(a[2], sizeof(int));
		break;
	default:
		break;
	}
}

long told_6(long n, long a, long b, long c, long d, long e, long f)
{
	long result = sys_6(n, a, b, c, d, e, f);

	if (result >= 0)
		tell(n, (const long[]){a, b, c, d, e, f}, result);
	return result;
}

long told_5(long n, long a, long b, long c, long d, long e)
{
	return told_6(n, a, b, c, d, e, 0);
}

long told_4(long n, long a, long b, long c, long d)
{
	return told_6(n, a, b, c, d, 0, 0);
}

long told_3(long n, long a, long b, long c)
{
	return told_6(n, a, b, c, 0, 0, 0);
}

long told_2(long n, long a, long b)
{
	return told_6(n, a, b, 0, 0, 0, 0);
}

long told_1(long n, long a)
{
	return told_6(n, a, 0, 0, 0, 0, 0);
}

long told_0(long n)
{
	return told_6(n, 0, 0, 0, 0, 0, 0);
}
