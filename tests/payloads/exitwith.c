/*
 * exitwith CODE      exits with CODE
 * exitwith signal N  dies by signal N, without a core dump
 * exitwith fault     dies by a real segmentation fault
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "raw.h"

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "fault") != 0)
		return atoi(argv[1]);
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	if (argc == 2)
		*(volatile int *)(uintptr_t)8 = 0;
	int sig = argc == 3 ? atoi(argv[2]) : 0;
	raw_disposition(sig, SIG_DFL);
	raw_mask(SIG_SETMASK, 0);
	syscall(SYS_kill, getpid(), sig);
	printf("survived %d\n", sig);
	return 99;
}
