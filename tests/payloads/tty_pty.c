/*
 * tty_pty [-n] COMMAND [ARG]...
 *
 * Runs COMMAND on a new terminal without echo: as the leader of a session that has it as its
 * controlling terminal, or with -n as a mere descendant that has it open as fds 0 to 2.
 *
 * What comes in on stdin is typed, what the screen gets goes to stdout. SIGUSR1 to this process
 * makes the window 50 rows by 132 columns, SIGUSR2 hangs up. Exits as COMMAND does, with 128+n
 * when signal n ended it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>

#include "raw.h"

static int open_terminal(int *master)
{
	struct termios mode;
	int slave = -1;

	*master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*master >= 0 && grantpt(*master) == 0 && unlockpt(*master) == 0)
		slave = open(ptsname(*master), O_RDWR | O_NOCTTY);
	if (slave < 0 || tcgetattr(slave, &mode) < 0)
		return -1;
	mode.c_lflag &= (tcflag_t) ~(unsigned)ECHO;
	mode.c_oflag &= (tcflag_t) ~(unsigned)ONLCR;
	tcsetattr(slave, TCSANOW, &mode);
	return slave;
}

_Noreturn static void child(int slave, bool leader, char **argv)
{
	raw_mask(SIG_SETMASK, 0);
	if (leader && (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) < 0))
		_exit(125);
	for (int fd = 0; fd < 3; fd++)
		dup2(slave, fd);
	if (slave > 2)
		close(slave);
	execvp(argv[0], argv);
	fprintf(stderr, "tty_pty: %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static bool pass_on(int from, int to)
{
	char buf[4096];
	ssize_t n = read(from, buf, sizeof buf);

	return n > 0 && write(to, buf, (size_t)n) == n;
}

/* Acts on one signal; returns true when COMMAND has ended, with its status. */
static bool obey(int signals, pid_t pid, int *master, int *status)
{
	static const struct winsize large = {.ws_row = 50, .ws_col = 132};
	struct signalfd_siginfo si;

	if (read(signals, &si, sizeof si) != sizeof si)
		return false;
	if (si.ssi_signo == SIGUSR1) {
		ioctl(*master, TIOCSWINSZ, &large);
	} else if (si.ssi_signo == SIGUSR2 && *master >= 0) {
		close(*master);
		*master = -1;
	}
	return waitpid(pid, status, WNOHANG) == pid;
}

int main(int argc, char **argv)
{
	bool leader = argc < 2 || strcmp(argv[1], "-n") != 0;
	uint64_t mine = raw_bit(SIGUSR1) | raw_bit(SIGUSR2) | raw_bit(SIGCHLD);
	int master, status = 0;

	argv += leader ? 1 : 2;
	int slave = open_terminal(&master);
	if (!*argv || slave < 0)
		return 125;
	raw_mask(SIG_BLOCK, mine);
	int signals = (int)syscall(SYS_signalfd4, -1, &mine, sizeof mine, SFD_CLOEXEC);
	pid_t pid = fork();
	if (pid == 0)
		child(slave, leader, argv);
	close(slave);
	struct pollfd fds[] = {{.fd = signals, .events = POLLIN},
			       {.fd = 0, .events = POLLIN},
			       {.fd = master, .events = POLLIN}};
	for (bool ended = pid < 0; !ended;) {
		fds[2].fd = master;
		if (poll(fds, 3, -1) < 0)
			continue;
		if (fds[2].revents && !pass_on(master, 1) && fds[2].revents & POLLHUP)
			fds[2].events = 0, close(master), master = -1;
		if (fds[1].revents && !pass_on(0, master))
			fds[1].fd = -1;
		if (fds[0].revents)
			ended = obey(signals, pid, &master, &status);
	}
	while (master >= 0 && poll(&(struct pollfd){.fd = master, .events = POLLIN}, 1, 0) == 1 &&
	       pass_on(master, 1))
		;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
