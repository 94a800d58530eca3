/*
 * end_daemon [OPTION]... [WORD]
 *
 * Double-forks and setsid's, as daemons do. The daemon prints "daemon PID WORD" and stays; what was
 * called returns when that has been printed.
 *
 *   -i           the daemon ignores TERM, and prints "ignored TERM" for each
 *   -c           on TERM it prints "cleaned up" and ends with code 3
 *   -s           it stops itself, and has stopped when this returns
 *   -n COUNT     on TERM it forks a child with one fork less to go, then ends
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
	bool ignore, clean, stop;
	int forks;
} opt;

static const char *word = "";

static void hello(void)
{
	dprintf(1, "daemon %d %s\n", getpid(), word);
}

_Noreturn static void life(int ready)
{
	sigset_t term;
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	if (opt.ignore || opt.clean || opt.forks)
		sigprocmask(SIG_BLOCK, &term, NULL);
	hello();
	close(ready);
	if (opt.stop)
		raise(SIGSTOP);
	for (int sig; opt.ignore || opt.clean || opt.forks;) {
		sigwait(&term, &sig);
		if (opt.clean) {
			dprintf(1, "cleaned up\n");
			_exit(3);
		}
		if (opt.ignore)
			dprintf(1, "ignored TERM\n");
		/* The signal has been taken: only one that comes later reaches the child. */
		if (opt.forks && (opt.forks--, fork()) > 0)
			_exit(0);
	}
	for (;;)
		pause();
}

static bool stopped(pid_t pid)
{
	char path[64], state = 0;
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	FILE *stat = fopen(path, "re");
	if (!stat)
		return true;
	if (fscanf(stat, "%*d %*s %c", &state) != 1)
		state = 'T';
	fclose(stat);
	return state == 'T';
}

int main(int argc, char **argv)
{
	int ready[2], daemon[2];
	pid_t pid;
	for (int c; (c = getopt(argc, argv, "icsn:")) != -1;)
		switch (c) {
		case 'i':
			opt.ignore = true;
			break;
		case 'c':
			opt.clean = true;
			break;
		case 's':
			opt.stop = true;
			break;
		case 'n':
			opt.forks = atoi(optarg);
			break;
		default:
			return 125;
		}
	if (optind < argc)
		word = argv[optind];
	if (pipe(ready) < 0 || pipe(daemon) < 0)
		return 125;
	if ((pid = fork()) == 0) {
		setsid();
		close(ready[0]);
		if ((pid = fork()) == 0) {
			close(daemon[1]);
			life(ready[1]);
		}
		return write(daemon[1], &pid, sizeof pid) != sizeof pid;
	}
	waitpid(pid, NULL, 0);
	close(ready[1]);
	if (read(daemon[0], &pid, sizeof pid) != sizeof pid || read(ready[0], &(char){0}, 1) < 0)
		return 125;
	while (opt.stop && !stopped(pid))
		usleep(1000);
	return 0;
}
