/*
 * A payload that tells what reaches it: "got NAME" for each signal it catches (WINCH with the
 * terminal's rows and columns), "read LINE" for each line of input, "ready" when all of that works.
 *
 *     witness [NAME]...
 *
 * catches the signals named, all of the table if none is named. TERM, once caught, ends it with
 * the code 42, which no init and no engine makes up.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <unistd.h>

#define TERM_CODE 42

static const struct {
	int number;
	const char *name;
} signals[] = {
	{SIGHUP, "HUP"},   {SIGINT, "INT"},   {SIGQUIT, "QUIT"},   {SIGUSR1, "USR1"},
	{SIGUSR2, "USR2"}, {SIGTERM, "TERM"}, {SIGWINCH, "WINCH"},
};

#define N_SIGNALS (sizeof signals / sizeof *signals)

static const char *name_of(int number)
{
	for (size_t i = 0; i < N_SIGNALS; i++)
		if (signals[i].number == number)
			return signals[i].name;
	return "?";
}

/* Runs only while main waits, never inside its stdio calls: they are made with it blocked. */
static void tell(int number)
{
	struct winsize size = {0};

	if (number == SIGWINCH && ioctl(0, TIOCGWINSZ, &size) == 0)
		printf("got WINCH %d %d\n", size.ws_row, size.ws_col);
	else
		printf("got %s\n", name_of(number));
	if (number == SIGTERM)
		_exit(TERM_CODE);
}

static int wanted(const char *name, char **names)
{
	if (!*names)
		return 1;
	for (; *names; names++)
		if (strcmp(name, *names) == 0)
			return 1;
	return 0;
}

/* The caught signals are open here only. */
static void wait_for_input(const sigset_t *open_mask)
{
	fd_set in;

	do {
		FD_ZERO(&in);
		FD_SET(0, &in);
	} while (pselect(1, &in, NULL, NULL, NULL, open_mask) < 0);
}

int main(int argc, char **argv)
{
	char line[256];
	sigset_t caught, before;

	(void)argc;
	setvbuf(stdin, NULL, _IONBF, 0);
	setvbuf(stdout, NULL, _IONBF, 0);
	sigemptyset(&caught);
	for (size_t i = 0; i < N_SIGNALS; i++) {
		if (!wanted(signals[i].name, argv + 1))
			continue;
		sigaddset(&caught, signals[i].number);
		sigaction(signals[i].number, &(struct sigaction){.sa_handler = tell}, NULL);
	}
	sigprocmask(SIG_BLOCK, &caught, &before);
	puts("ready");
	for (;;) {
		wait_for_input(&before);
		if (!fgets(line, sizeof line, stdin))
			break;
		printf("read %s", line);
	}
	for (;;)
		sigsuspend(&before);
}
