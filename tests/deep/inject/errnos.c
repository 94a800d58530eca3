/* The errors that the manual pages of section 2 list (man-pages 6.03), and what they say of a call
 * that shares its page with others. Where a page refers to another one (wait4 to waitpid, pwritev2
 * to write), or the kernel's drivers and file systems have errors of their own (ioctl, getdents64),
 * they are here as well. EPERM and ENOSYS, which a seccomp filter answers, go for every call. */
#include "inject.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

const struct call calls[] = {
	{"openat", SYS_openat, "open",
	 " EACCES EBADF EBUSY EDQUOT EEXIST EFAULT EFBIG EINTR EINVAL EISDIR "
	 "ELOOP EMFILE ENAMETOOLONG ENFILE ENODEV ENOENT ENOMEM ENOSPC ENOTDIR "
	 "ENXIO EOPNOTSUPP EOVERFLOW EPERM EROFS ETXTBSY "},
	{"read", SYS_read, "read", " EAGAIN EBADF EFAULT EINTR EINVAL EIO EISDIR "},
	{"write", SYS_write, "write",
	 " EAGAIN EBADF EDESTADDRREQ EDQUOT EFAULT EFBIG EINTR EINVAL EIO ENOSPC"
	 " EPERM EPIPE "},
	{"close", SYS_close, "close", " EBADF EDQUOT EINTR EIO ENOSPC "},
	{"pipe2", SYS_pipe2, "pipe", " EFAULT EINVAL EMFILE ENFILE ENOPKG "},
	{"clone", SYS_clone, "clone", " EAGAIN EINVAL ENOMEM ENOSPC EPERM EUSERS "},
	{"fork", SYS_fork, "fork", " EAGAIN ENOMEM "},
	{"execve", SYS_execve, "execve",
	 " E2BIG EACCES EAGAIN EFAULT EINVAL EIO EISDIR ELIBBAD ELOOP EMFILE "
	 "ENAMETOOLONG ENFILE ENOENT ENOEXEC ENOMEM ENOTDIR EPERM ETXTBSY "},
	{"wait4", SYS_wait4, "wait4", " ECHILD EINTR EINVAL ESRCH "},
	{"kill", SYS_kill, "kill", " EINVAL EPERM ESRCH "},
	{"prctl", SYS_prctl, "prctl",
	 " EACCES EBADF EBUSY EFAULT EINVAL ENODEV ENXIO EOPNOTSUPP EPERM ERANGE"
	 " "},
	{"clock_gettime", SYS_clock_gettime, "clock_gettime",
	 " EACCES EFAULT EINVAL ENODEV ENOTSUP EPERM "},
	{"rt_sigtimedwait", SYS_rt_sigtimedwait, "rt_sigtimedwait", " EAGAIN EINTR EINVAL "},
	{"getsid", SYS_getsid, "getsid", " EPERM ESRCH "},
	{"getpgid", SYS_getpgid, "setpgid", " EINVAL EPERM ESRCH "},
	{"setpgid", SYS_setpgid, "setpgid", " EACCES EINVAL EPERM ESRCH "},
	{"setsid", SYS_setsid, "setsid", " EPERM "},
	{"chdir", SYS_chdir, "chdir",
	 " EACCES EBADF EFAULT EIO ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR "},
	{"fchdir", SYS_fchdir, "chdir",
	 " EACCES EBADF EFAULT EIO ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR "},
	{"close_range", SYS_close_range, "close_range", " EINVAL EMFILE ENOMEM "},
	{"prlimit64", SYS_prlimit64, "getrlimit", " EFAULT EINVAL EPERM ESRCH "},
	{"getdents64", SYS_getdents64, "getdents",
	 " EBADF EFAULT EINTR EINVAL EIO ENOENT ENOMEM ENOTDIR "},
	{"readlinkat", SYS_readlinkat, "readlink",
	 " EACCES EBADF EFAULT EINVAL EIO ELOOP ENAMETOOLONG ENOENT ENOMEM "
	 "ENOTDIR "},
	{"rt_sigqueueinfo", SYS_rt_sigqueueinfo, "rt_sigqueueinfo", " EAGAIN EINVAL EPERM ESRCH "},
	{"pidfd_open", SYS_pidfd_open, "pidfd_open", " EINVAL EMFILE ENFILE ENODEV ENOMEM ESRCH "},
	{"pidfd_send_signal", SYS_pidfd_send_signal, "pidfd_send_signal",
	 " EBADF EINVAL EPERM ESRCH "},
	{"fcntl", SYS_fcntl, "fcntl",
	 " EACCES EAGAIN EBADF EBUSY EDEADLK EFAULT EINTR EINVAL EMFILE ENOLCK "
	 "ENOTDIR EPERM "},
	{"dup3", SYS_dup3, "dup", " EBADF EBUSY EINTR EINVAL EMFILE "},
	{"fchown", SYS_fchown, "chown",
	 " EACCES EBADF EFAULT EINVAL EIO ELOOP ENAMETOOLONG ENOENT ENOMEM "
	 "ENOTDIR EPERM EROFS "},
	{"setgroups", SYS_setgroups, "getgroups", " EFAULT EINVAL ENOMEM EPERM "},
	{"setresgid", SYS_setresgid, "setresuid", " EAGAIN EINVAL EPERM "},
	{"setresuid", SYS_setresuid, "setresuid", " EAGAIN EINVAL EPERM "},
	{"getresuid", SYS_getresuid, "getresuid", " EFAULT "},
	{"getresgid", SYS_getresgid, "getresuid", " EFAULT "},
	{"mkdirat", SYS_mkdirat, "mkdir",
	 " EACCES EBADF EDQUOT EEXIST EFAULT EINVAL ELOOP EMLINK ENAMETOOLONG "
	 "ENOENT ENOMEM ENOSPC ENOTDIR EPERM EROFS "},
	{"unlinkat", SYS_unlinkat, "unlink",
	 " EACCES EBADF EBUSY EFAULT EINVAL EIO EISDIR ELOOP ENAMETOOLONG ENOENT"
	 " ENOMEM ENOTDIR EPERM EROFS "},
	{"lseek", SYS_lseek, "lseek", " EBADF EINVAL ENXIO EOVERFLOW ESPIPE "},
	{"faccessat", SYS_faccessat, "access",
	 " EACCES EBADF EFAULT EINVAL EIO ELOOP ENAMETOOLONG ENOENT ENOMEM "
	 "ENOTDIR EPERM EROFS ETXTBSY "},
	{"newfstatat", SYS_newfstatat, "stat",
	 " EACCES EBADF EFAULT EINVAL ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR "
	 "EOVERFLOW "},
	{"statfs", SYS_statfs, "statfs",
	 " EACCES EBADF EFAULT EINTR EIO ELOOP ENAMETOOLONG ENOENT ENOMEM ENOSYS"
	 " ENOTDIR EOVERFLOW "},
	{"mount", SYS_mount, "mount",
	 " EACCES EBUSY EFAULT EINVAL ELOOP EMFILE ENAMETOOLONG ENODEV ENOENT "
	 "ENOMEM ENOTBLK ENOTDIR ENXIO EPERM EROFS "},
	{"umount2", SYS_umount2, "umount",
	 " EAGAIN EBUSY EFAULT EINVAL ENAMETOOLONG ENOENT ENOMEM EPERM "},
	{"reboot", SYS_reboot, "reboot", " EFAULT EINVAL EPERM "},
	{"socket", SYS_socket, "socket",
	 " EACCES EAFNOSUPPORT EINVAL EMFILE ENFILE ENOBUFS EPROTONOSUPPORT "},
	{"rt_sigpending", SYS_rt_sigpending, "sigpending", " EFAULT "},
	{"rt_sigprocmask", SYS_rt_sigprocmask, "sigprocmask", " EFAULT EINVAL "},
	{"rt_sigaction", SYS_rt_sigaction, "sigaction", " EFAULT EINVAL "},
	{"ppoll", SYS_ppoll, "poll", " EFAULT EINTR EINVAL ENOMEM "},
	{"ioctl", SYS_ioctl, "ioctl", " EBADF EFAULT EINTR EINVAL EIO ENOTTY EPERM ESRCH "},
	{"pwritev2", SYS_pwritev2, "readv",
	 " EAGAIN EBADF EDESTADDRREQ EDQUOT EFAULT EFBIG EINTR EINVAL EIO ENOSPC"
	 " EOPNOTSUPP EPERM EPIPE "},
	{"mmap", SYS_mmap, "mmap",
	 " EACCES EAGAIN EBADF EEXIST EINVAL ENFILE ENODEV ENOMEM EOVERFLOW "
	 "EPERM ETXTBSY "},
	{"munmap", SYS_munmap, "mmap", " EINVAL "},
	{"ptrace", SYS_ptrace, "ptrace", " EBUSY EFAULT EINVAL EIO EPERM ESRCH "},
	{"getpid", SYS_getpid, "getpid", " "},
	{"getppid", SYS_getppid, "getpid", " "},
	{"geteuid", SYS_geteuid, "getuid", " "},
	{"getegid", SYS_getegid, "getgid", " "},
	{"getuid", SYS_getuid, "getuid", " "},
	{"getgid", SYS_getgid, "getgid", " "},
	{"sched_yield", SYS_sched_yield, "sched_yield", " "},
};
const size_t calls_count = sizeof calls / sizeof *calls;

const struct call *call_of(int number)
{
	for (size_t i = 0; i < calls_count; i++)
		if (calls[i].number == number)
			return &calls[i];
	return NULL;
}

/* ---- names of errors ---- */

static const struct {
	const char *name;
	int number;
} errors[] = {
	{"E2BIG", E2BIG},
	{"EACCES", EACCES},
	{"EAFNOSUPPORT", EAFNOSUPPORT},
	{"EAGAIN", EAGAIN},
	{"EBADF", EBADF},
	{"EBUSY", EBUSY},
	{"ECHILD", ECHILD},
	{"EDEADLK", EDEADLK},
	{"EDESTADDRREQ", EDESTADDRREQ},
	{"EDQUOT", EDQUOT},
	{"EEXIST", EEXIST},
	{"EFAULT", EFAULT},
	{"EFBIG", EFBIG},
	{"EINTR", EINTR},
	{"EINVAL", EINVAL},
	{"EIO", EIO},
	{"EISDIR", EISDIR},
	{"ELIBBAD", ELIBBAD},
	{"ELOOP", ELOOP},
	{"EMFILE", EMFILE},
	{"EMLINK", EMLINK},
	{"ENAMETOOLONG", ENAMETOOLONG},
	{"ENFILE", ENFILE},
	{"ENOBUFS", ENOBUFS},
	{"ENODEV", ENODEV},
	{"ENOENT", ENOENT},
	{"ENOEXEC", ENOEXEC},
	{"ENOLCK", ENOLCK},
	{"ENOMEM", ENOMEM},
	{"ENOPKG", ENOPKG},
	{"ENOSPC", ENOSPC},
	{"ENOSYS", ENOSYS},
	{"ENOTBLK", ENOTBLK},
	{"ENOTDIR", ENOTDIR},
	{"ENOTSUP", ENOTSUP},
	{"ENOTTY", ENOTTY},
	{"ENXIO", ENXIO},
	{"EOPNOTSUPP", EOPNOTSUPP},
	{"EOVERFLOW", EOVERFLOW},
	{"EPERM", EPERM},
	{"EPIPE", EPIPE},
	{"EPROTONOSUPPORT", EPROTONOSUPPORT},
	{"ERANGE", ERANGE},
	{"EROFS", EROFS},
	{"ESPIPE", ESPIPE},
	{"ESRCH", ESRCH},
	{"ETXTBSY", ETXTBSY},
	{"EUSERS", EUSERS},
};

const char *error_name(int error)
{
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (errors[i].number == error)
			return errors[i].name;
	return "?";
}

int error_number(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (strncmp(errors[i].name, name, length) == 0 && !errors[i].name[length])
			return errors[i].number;
	return 0;
}
