/*
 * A payload that makes orphans and looks whether they are reaped.
 *
 *     orphans COUNT
 *
 * forks COUNT times twice, so that PID 1 (or a subreaper) inherits each grandchild, and tells
 * "orphans N, refused N, zombies N": how many were made, how often fork failed with EAGAIN and
 * was tried again, and how many zombies /proc still shows DEADLINE_S after the last has ended.
 * Exit code: 0 when all were made and no zombie is left.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE_S 10

static long refused;

static time_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static pid_t fork_stubbornly(void)
{
	time_t deadline = now() + DEADLINE_S;
	pid_t pid;

	while ((pid = fork()) < 0 && errno == EAGAIN && now() < deadline) {
		refused++;
		sched_yield();
	}
	return pid;
}

/* The middle process may not retry: its refusals are counted by the caller, who sees its code. */
static int make_orphan(void)
{
	int status;
	pid_t middle = fork_stubbornly();

	if (middle < 0)
		return 0;
	if (middle == 0) {
		pid_t orphan = fork();

		_exit(orphan < 0);
	}
	if (waitpid(middle, &status, 0) != middle)
		return 0;
	return status == 0;
}

static int is_zombie(const char *pid)
{
	char path[64], stat[512];
	const char *state;
	FILE *file;
	size_t length;

	snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	length = fread(stat, 1, sizeof stat - 1, file);
	fclose(file);
	stat[length] = 0;
	state = strrchr(stat, ')');
	return state && strncmp(state, ") Z", 3) == 0;
}

static int zombies(void)
{
	int count = 0;
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	if (!proc) {
		perror("orphans: unable to open /proc");
		exit(2);
	}
	while ((entry = readdir(proc)))
		if (isdigit((unsigned char)*entry->d_name))
			count += is_zombie(entry->d_name);
	closedir(proc);
	return count;
}

int main(int argc, char **argv)
{
	long made = 0, count = argc > 1 ? atol(argv[1]) : 1;
	time_t deadline;
	char end;
	int left, alive[2];

	/* Every descendant holds the write end: end of file means that all of them are dead. */
	if (pipe(alive) < 0)
		return 2;
	while (made < count) {
		if (make_orphan()) {
			made++;
		} else if (++refused > count * 100) {
			break;
		}
	}
	close(alive[1]);
	if (read(alive[0], &end, 1) != 0)
		return 2;
	deadline = now() + DEADLINE_S;
	while ((left = zombies()) > 0 && now() < deadline)
		sched_yield();
	printf("orphans %ld, refused %ld, zombies %d\n", made, refused, left);
	return made < count || left > 0;
}
