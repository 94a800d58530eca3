/*
 * worker exit CODE
 * worker fault
 * worker exec COMMAND [ARG]...
 *
 * The first thread ends by pthread_exit(0). At the same time a second one exits with CODE, dies by
 * a real segmentation fault without a core dump, or executes COMMAND.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Until the init has done what follows the start; by how much the moment differs between runs. */
enum { SETTLE_NS = 5000000, DELAY_NS = 30000 };

static atomic_bool begun;

static void delay(void)
{
	struct timespec start, now;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - start.tv_sec) * 1000000000L + now.tv_nsec - start.tv_nsec <
	       start.tv_nsec / 100 % DELAY_NS);
}

static void *work(void *words)
{
	char **argv = words;

	while (!atomic_load(&begun))
		;
	delay();
	if (strcmp(argv[0], "exit") == 0)
		exit(atoi(argv[1]));
	if (strcmp(argv[0], "exec") == 0)
		execvp(argv[1], argv + 1);
	else
		*(volatile int *)(uintptr_t)8 = 0;
	_exit(99);
}

int main(int argc, char **argv)
{
	pthread_t thread;

	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	if (argc < 2 || pthread_create(&thread, NULL, work, argv + 1))
		return 125;
	nanosleep(&(struct timespec){.tv_nsec = SETTLE_NS}, NULL);
	atomic_store(&begun, true);
	pthread_exit(NULL);
}
