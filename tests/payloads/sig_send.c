/*
 * sig_send kill|tgkill|pidfd PID SIG             by that system call
 * sig_send pidfd-group PID SIG                   the same to the process group that PID leads
 * sig_send queue PID SIG CODE SENDER VALUE       a siginfo as given, which the kernel may refuse
 * sig_send stream PID SIG FIRST LAST             by sigqueue, with these values one by one, each
 *                                                again until the queue has room
 * sig_send sigio PID SIG                         by the kernel: what fcntl(F_SETSIG) asks for
 * sig_send group SIG                             by kill(0)
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "raw.h"

/* linux/pidfd.h, Linux 6.9. */
#ifndef PIDFD_SIGNAL_PROCESS_GROUP
#define PIDFD_SIGNAL_PROCESS_GROUP (1u << 2)
#endif

static long queue(pid_t pid, int sig, int code, pid_t sender, long value)
{
	siginfo_t si;

	memset(&si, 0, sizeof si);
	si.si_signo = sig;
	si.si_code = code;
	si.si_pid = sender;
	si.si_uid = getuid();
	si.si_value.sival_ptr = (void *)(uintptr_t)value;
	return syscall(SYS_rt_sigqueueinfo, pid, sig, &si);
}

static long stream(pid_t pid, int sig, long first, long last)
{
	for (long value = first; value <= last; value++)
		while (queue(pid, sig, SI_QUEUE, getpid(), value) < 0) {
			if (errno != EAGAIN)
				return -1;
			sched_yield();
		}
	return 0;
}

/* Data that comes in on a socket with O_ASYNC is a signal to the socket's owner. */
static long sigio(pid_t pid, int sig)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 || fcntl(ends[0], F_SETOWN, pid) < 0 ||
	    fcntl(ends[0], F_SETSIG, sig) < 0 || fcntl(ends[0], F_SETFL, O_ASYNC) < 0)
		return -1;
	return write(ends[1], "", 1);
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";
	long n[5] = {0};
	long result = -1;

	for (int i = 2; i < argc && i < 7; i++)
		n[i - 2] = atol(argv[i]);
	pid_t pid = (pid_t)n[0];
	int sig = (int)n[1];
	errno = EINVAL;
	if (strcmp(way, "kill") == 0)
		result = syscall(SYS_kill, pid, sig);
	else if (strcmp(way, "tgkill") == 0)
		result = syscall(SYS_tgkill, pid, pid, sig);
	else if (strcmp(way, "pidfd") == 0)
		result = syscall(SYS_pidfd_send_signal, syscall(SYS_pidfd_open, pid, 0), sig, 0, 0);
	else if (strcmp(way, "pidfd-group") == 0)
		result = syscall(SYS_pidfd_send_signal, syscall(SYS_pidfd_open, pid, 0), sig, 0,
				 PIDFD_SIGNAL_PROCESS_GROUP);
	else if (strcmp(way, "queue") == 0)
		result = queue(pid, sig, (int)n[2], (pid_t)n[3], n[4]);
	else if (strcmp(way, "stream") == 0)
		result = stream(pid, sig, n[2], n[3]);
	else if (strcmp(way, "sigio") == 0)
		result = sigio(pid, sig);
	else if (strcmp(way, "group") == 0)
		result = syscall(SYS_kill, 0, pid);
	if (result >= 0)
		return 0;
	fprintf(stderr, "sig_send %s: %s\n", way, strerror(errno));
	return 1;
}
