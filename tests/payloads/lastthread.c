/* lastthread CODE: the first thread ends at once, then a second one exits with CODE. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A leader that has ended is a zombie as long as other threads live. */
static int leader_is_dead(void)
{
	char path[64], line[512] = "";
	snprintf(path, sizeof path, "/proc/self/task/%d/stat", getpid());
	FILE *stat = fopen(path, "re");
	if (stat) {
		if (!fgets(line, sizeof line, stat))
			line[0] = '\0';
		fclose(stat);
	}
	return strstr(line, ") Z ") != NULL;
}

static void *second(void *code)
{
	while (!leader_is_dead())
		usleep(1000);
	exit(*(int *)code);
}

int main(int argc, char **argv)
{
	static int code;
	pthread_t thread;
	code = argc > 1 ? atoi(argv[1]) : 0;
	pthread_create(&thread, NULL, second, &code);
	pthread_exit(NULL);
}
