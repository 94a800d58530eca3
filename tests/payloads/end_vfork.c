/*
 * end_vfork
 *
 * An orphan that ignores nothing but sits in the uninterruptible sleep of vfork(2), because its
 * child ignores TERM and neither executes nor exits. Prints "vfork PARENT CHILD" and ends.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	int ready[2];
	if (pipe(ready) < 0)
		return 125;
	if (fork() == 0) {
		/* In vfork's child only what is safe on a borrowed stack. */
		if (vfork() == 0) {
			signal(SIGTERM, SIG_IGN);
			dprintf(1, "vfork %d %d\n", getppid(), getpid());
			if (write(ready[1], "", 1) == 1)
				for (;;)
					pause();
			_exit(1);
		}
		_exit(0);
	}
	close(ready[1]);
	return read(ready[0], &(char){0}, 1) != 1;
}
