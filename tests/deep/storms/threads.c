/* threads HOW: a payload with four threads that ends in a way that is not the usual one, at a
 * moment that differs from run to run:
 *
 * - any: one of them, which one differs as well, exits with 7
 * - all: all exit with 7 at the same time
 * - return: main returns 7 while the others run
 * - left: main ends by pthread_exit at the moment at which another one exits with 7
 * - last: each ends by pthread_exit, main first: 0
 * - fault: a worker runs into a segmentation fault: 139
 * - abort: a worker aborts: 134
 * - kill: a worker kills the process: 137
 * - exec: a worker becomes `threads exits`, which exits with 7
 * - race: all do, at the same time */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS = 3, DONE = 7, DELAY_NS = 60000 };

static const char *how;
static char *self;
static int chosen;
static atomic_int ready;

static void delay(void)
{
	struct timespec start, now;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - start.tv_sec) * 1000000000L + now.tv_nsec - start.tv_nsec <
	       start.tv_nsec / 100 % DELAY_NS);
}

static int is(const char *word)
{
	return strcmp(how, word) == 0;
}

static void end_by_exec(void)
{
	execl(self, self, "exits", (char *)NULL);
	_exit(99);
}

/* What the thread does when all are there. */
static void act(int me)
{
	delay();
	if (is("all") || (is("any") && me == chosen) || (is("left") && me == 1) ||
	    (is("return") && me == 0))
		exit(DONE);
	if (is("race") || (is("exec") && me == 1))
		end_by_exec();
	if (is("fault") && me == 1)
		*(volatile int *)(uintptr_t)8 = 0;
	if (is("abort") && me == 1)
		abort();
	if (is("kill") && me == 1)
		kill(getpid(), SIGKILL);
	if (is("last") || (is("left") && me == 0) || (is("exec") && me == 0 && chosen % 2))
		pthread_exit(NULL);
	for (;;)
		chosen % 2 ? (void)pause() : (void)sched_yield();
}

static void *work(void *number)
{
	ready++;
	while (ready <= WORKERS)
		sched_yield();
	act((int)(intptr_t)number);
	return NULL;
}

int main(int argc, char **argv)
{
	struct timespec t;
	pthread_t thread;

	if (argc != 2)
		return 125;
	how = argv[1];
	self = argv[0];
	if (is("exits"))
		return DONE;
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	clock_gettime(CLOCK_MONOTONIC, &t);
	chosen = (int)(t.tv_nsec / 1000 % (WORKERS + 1));
	for (intptr_t i = 1; i <= WORKERS; i++)
		if (pthread_create(&thread, NULL, work, (void *)i))
			return 125;
	work((void *)0);
	return 125;
}
