/*
 * deep N: N processes, each the parent of the next, wait for a signal. The first ends when the last
 * is there, and leaves the others behind.
 */
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int left = argc > 1 ? atoi(argv[1]) : 0;
	int ready[2];
	char byte;

	if (pipe(ready) < 0)
		return 2;
	for (int i = 0; i < left; i++) {
		pid_t child = fork();
		if (child < 0)
			return 2;
		if (child > 0 && i == 0)
			return read(ready[0], &byte, 1) != 1;
		if (child > 0)
			break;
		if (i == left - 1 && write(ready[1], "", 1) != 1)
			return 2;
	}
	for (;;)
		pause();
}
