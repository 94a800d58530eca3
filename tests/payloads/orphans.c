/*
 * orphans COUNT [MILLISECONDS]
 *
 * Makes COUNT orphans that end by themselves after that time, prints `done` and stays until its
 * stdin ends.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 1;
	long ms = argc > 2 ? atol(argv[2]) : 0;
	struct timespec delay = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	pid_t parent = fork();
	if (parent == 0) {
		for (long i = 0; i < count; i++) {
			pid_t orphan = fork();
			if (orphan == 0) {
				nanosleep(&delay, NULL);
				_exit(0);
			}
			if (orphan < 0)
				_exit(1);
		}
		/* At once: all that it has made are orphans now, most of them zombies already. */
		_exit(0);
	}
	int status;
	waitpid(parent, &status, 0);
	puts(status == 0 ? "done" : "fork failed");
	fflush(stdout);
	while (read(0, &(char){0}, 1) > 0)
		;
	return 0;
}
