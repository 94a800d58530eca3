/*
 * Runs a command on a terminal of its own, as a person at a terminal emulator would.
 *
 *     pty COMMAND [ARG]...
 *
 * Standard input is what is typed, standard output what the screen gets. The terminal has 24 rows
 * and 80 columns; SIGUSR1 to this process makes them 50 and 132. The exit status is the command's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct winsize small = {.ws_row = 24, .ws_col = 80};
static const struct winsize large = {.ws_row = 50, .ws_col = 132};

static int master;

/*
 * The kernel signals a change of size only. An engine's client that was not yet listening has
 * missed it, so it is told again each time the test asks.
 */
static void enlarge(int number)
{
	int saved = errno;
	pid_t foreground = tcgetpgrp(master);

	(void)number;
	ioctl(master, TIOCSWINSZ, &large);
	if (foreground > 0)
		kill(-foreground, SIGWINCH);
	errno = saved;
}

/* Returns 0 at the end of input or when the other side has gone. */
static int pass_on(int from, int to)
{
	char buffer[4096];
	ssize_t length = read(from, buffer, sizeof buffer);

	if (length < 0)
		return errno == EINTR;
	for (ssize_t done = 0, n; done < length; done += n) {
		n = write(to, buffer + done, (size_t)(length - done));
		if (n < 0 && errno != EINTR)
			return 0;
		if (n < 0)
			n = 0;
	}
	return length > 0;
}

static void relay(void)
{
	struct pollfd fds[] = {{.fd = master, .events = POLLIN}, {.fd = 0, .events = POLLIN}};

	for (;;) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[0].revents && !pass_on(master, 1))
			return;
		if (fds[1].revents && !pass_on(0, master))
			fds[1].fd = -1;
	}
}

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	if (argc < 2) {
		fputs("usage: pty COMMAND [ARG]...\n", stderr);
		return 2;
	}
	pid = forkpty(&master, NULL, NULL, &small);
	if (pid < 0) {
		perror("pty: unable to open a terminal");
		return 2;
	}
	if (pid == 0) {
		execvp(argv[1], argv + 1);
		perror("pty: unable to run the command");
		_exit(127);
	}
	sigaction(SIGUSR1, &(struct sigaction){.sa_handler = enlarge}, NULL);
	relay();
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
