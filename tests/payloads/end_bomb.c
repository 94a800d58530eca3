/*
 * end_bomb CHAINS FORKS SECONDS
 *
 * CHAINS orphans, each of which ignores TERM, forks a child that goes on in its place, and ends,
 * over and over: at most FORKS times in all of them together and SECONDS long. Then they stay, for
 * half a minute. Prints "bomb" once they run, and ends.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static time_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 125;
	int chains = atoi(argv[1]);
	int started[2];
	time_t end = now() + atol(argv[3]);
	atomic_int *forks = mmap(NULL, sizeof *forks, PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (forks == MAP_FAILED || pipe(started) < 0)
		return 125;
	atomic_store(forks, atoi(argv[2]));
	signal(SIGTERM, SIG_IGN);
	for (int i = 0; i < chains; i++) {
		if (fork() != 0)
			continue;
		close(started[0]);
		close(started[1]);
		while (atomic_fetch_sub(forks, 1) > 0 && now() < end)
			if (fork() > 0)
				_exit(0);
		alarm(30);
		for (;;)
			pause();
	}
	close(started[1]);
	/* The end of the pipe: each has closed its own. */
	if (read(started[0], &(char){0}, 1) < 0)
		return 125;
	puts("bomb");
	return 0;
}
