#include "names.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "format.h"

static const char names[][8] = {
	[SIGHUP] = "HUP",       [SIGINT] = "INT",   [SIGQUIT] = "QUIT",     [SIGILL] = "ILL",
	[SIGTRAP] = "TRAP",     [SIGABRT] = "ABRT", [SIGBUS] = "BUS",       [SIGFPE] = "FPE",
	[SIGKILL] = "KILL",     [SIGUSR1] = "USR1", [SIGSEGV] = "SEGV",     [SIGUSR2] = "USR2",
	[SIGPIPE] = "PIPE",     [SIGALRM] = "ALRM", [SIGTERM] = "TERM",     [SIGCHLD] = "CHLD",
	[SIGCONT] = "CONT",     [SIGSTOP] = "STOP", [SIGTSTP] = "TSTP",     [SIGTTIN] = "TTIN",
	[SIGTTOU] = "TTOU",     [SIGURG] = "URG",   [SIGXCPU] = "XCPU",     [SIGXFSZ] = "XFSZ",
	[SIGVTALRM] = "VTALRM", [SIGPROF] = "PROF", [SIGWINCH] = "WINCH",   [SIGPOLL] = "POLL",
	[SIGPWR] = "PWR",       [SIGSYS] = "SYS",   [SIGSTKFLT] = "STKFLT",
};
#define NAMED ((int)(sizeof names / sizeof *names))

static const struct {
	char name[5];
	unsigned char sig;
} aliases[] = {{"IOT", SIGABRT}, {"CLD", SIGCHLD}, {"IO", SIGPOLL}};

const char *signal_name(int sig)
{
	static char name[sizeof "SIGRTMIN+" + DEC_SIZE];

	if (sig > 0 && sig < NAMED && *names[sig])
		format(name, sizeof name, "SIG%s", names[sig]);
	else if (sig > RT_FIRST && sig <= SIGNAL_MAX)
		format(name, sizeof name, "SIGRTMIN+%d", sig - RT_FIRST);
	else if (sig == RT_FIRST)
		format(name, sizeof name, "SIGRTMIN");
	else
		format(name, sizeof name, "SIG%d", sig);
	return name;
}

const char *signal_names(char buf[static SIGNAL_NAMES_SIZE])
{
	size_t n = format(buf, SIGNAL_NAMES_SIZE, "signals: ");

	for (int sig = 1; sig < NAMED; sig++)
		if (*names[sig])
			n += format(buf + n, SIGNAL_NAMES_SIZE - n, "%s ", names[sig]);
	format(buf + n, SIGNAL_NAMES_SIZE - n, "RTMIN[+n] RTMAX[-n] 1-64");
	return buf;
}

/* The signal number that is all of the text. */
static int whole_number(const char *text)
{
	int n = (int)number_at(&text, SIGNAL_MAX + 1);

	return n < 0 || *text ? -EINVAL : n;
}

/* A real-time signal, counted from the first or the last one: "" or sign and a number. */
static int counted(const char *text, char sign, int from)
{
	int n = *text == 0 ? 0 : *text == sign ? whole_number(text + 1) : -EINVAL;

	if (n < 0 || n > SIGNAL_MAX - RT_FIRST)
		return -EINVAL;
	return sign == '+' ? from + n : from - n;
}

int signal_number(const char *name)
{
	char upper[16];
	const char *bare, *rest;
	size_t n = 0;

	for (; *name && n < sizeof upper - 1; name++)
		upper[n++] = (char)(*name >= 'a' && *name <= 'z' ? *name - 'a' + 'A' : *name);
	if (*name)
		return -EINVAL;
	upper[n] = 0;
	if (*upper >= '0' && *upper <= '9')
		return whole_number(upper);
	rest = text_after(upper, "SIG");
	bare = rest ? rest : upper;
	if ((rest = text_after(bare, "RTMIN")))
		return counted(rest, '+', RT_FIRST);
	if ((rest = text_after(bare, "RTMAX")))
		return counted(rest, '-', SIGNAL_MAX);
	for (int sig = 1; sig < NAMED; sig++)
		if (*names[sig] && strcmp(bare, names[sig]) == 0)
			return sig;
	for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
		if (strcmp(bare, aliases[i].name) == 0)
			return aliases[i].sig;
	return -EINVAL;
}

int time_ms(const char *text)
{
	static const struct {
		char unit[3];
		int ms;
	} units[] = {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
	long long n = number_at(&text, TIME_MAX_MS + 1);

	for (size_t i = 0; n >= 0 && i < sizeof units / sizeof *units; i++)
		if (strcmp(text, units[i].unit) == 0 && n * units[i].ms <= TIME_MAX_MS)
			return (int)n * units[i].ms;
	return -EINVAL;
}
