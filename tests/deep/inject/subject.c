/* subject WORD: the payload. Tells one byte an event on fd 9, and does what the bytes on fd 8 say:
 * x, or their end: exits with 42; i: sends PID 1 some signals from inside.
 *
 *   S  begun            T U I  got TERM, USR1, INT
 *   Q  got signal 40 with its value, q without
 *   c  its child got TERM (g in WORD)      t  a leftover got TERM (l in WORD)
 *   o  its grandchild is an orphan (o in WORD)
 *   N  it does not lead a session (s in WORD, which wants it to)
 *
 * Letters of WORD: e exits at once; g has a child; l leaves two behind, one that ends by TERM and
 * one that ignores it; o makes an orphan; s is to lead its session. */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS = 8, REPORT = 9, CODE = 42, VALUE = 7, QUEUED = 40, HOLD_MS = 10 };

static void tell(char event)
{
	while (write(REPORT, &event, 1) < 0)
		;
}

static void on_signal(int sig, siginfo_t *si, void *context)
{
	(void)context;
	switch (sig) {
	case SIGTERM:
		tell('T');
		break;
	case SIGUSR1:
		tell('U');
		break;
	case SIGINT:
		tell('I');
		break;
	case QUEUED:
		tell(si->si_value.sival_int == VALUE ? 'Q' : 'q');
		break;
	}
}

static void in_child(int sig)
{
	(void)sig;
	tell('c');
	_exit(0);
}

static void in_leftover(int sig)
{
	(void)sig;
	tell('t');
	_exit(0);
}

static void set(int sig, void (*handler)(int))
{
	signal(sig, handler);
}

/* Returns when it has set what it does at SIGTERM. */
static void leave(void (*on_term)(int))
{
	int ready[2];

	if (pipe(ready) < 0 || fork() != 0) {
		close(ready[1]);
		while (read(ready[0], &(char){0}, 1) < 0)
			;
		close(ready[0]);
		return;
	}
	for (int sig = 1; sig <= QUEUED; sig++)
		set(sig, SIG_IGN); /* not those of the C library */
	set(SIGTERM, on_term);
	close(COMMANDS);
	close(ready[0]);
	close(ready[1]);
	for (;;)
		pause();
}

static void send_inside(void)
{
	sigset_t usr1;

	kill(1, SIGHUP); /* which would end us */
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	kill(1, SIGUSR1);
	nanosleep(&(struct timespec){.tv_nsec = HOLD_MS * 1000000L}, NULL);
	sigprocmask(SIG_UNBLOCK, &usr1, NULL);
}

_Noreturn static void make_orphan(void)
{
	pid_t parent = getpid();

	if (fork() == 0) {
		set(SIGTERM, SIG_IGN);
		while (getppid() == parent)
			usleep(HOLD_MS * 100);
		tell('o');
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
	char command;

	if (strchr(word, 'g'))
		leave(in_child);
	if (strchr(word, 'l')) {
		leave(in_leftover);
		leave(SIG_IGN);
	}
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(QUEUED, &action, NULL);
	if (strchr(word, 'o') && fork() == 0)
		make_orphan();
	if (strchr(word, 's') && getsid(0) != getpid())
		tell('N');
	tell('S');
	if (strchr(word, 'e'))
		return CODE;
	for (;;) {
		ssize_t n = read(COMMANDS, &command, 1);
		if (n == 0 || (n == 1 && command == 'x'))
			return CODE;
		if (n == 1 && command == 'i')
			send_inside();
	}
}
