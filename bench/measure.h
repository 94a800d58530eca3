/* What can be read about a running init, and what needs a mechanism of its own. Counts are double
 * because they are figures: nothing here comes near 2^53. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdint.h>

#include "trial.h"

/* A "Name:   123 ..." line of /proc/PID/FILE; -1 when it is not there. */
double proc_field(pid_t pid, const char *file, const char *field);
/* The letter of the state in /proc/PID/stat; 0 when the process is gone. */
char proc_state(pid_t pid);
/* Voluntary context switches: how often init has gone to sleep, and so was woken. */
double proc_wakeups(pid_t pid);
/* CPU time in ns from schedstat; -1 when the kernel does not tell. */
int64_t proc_cpu_ns(pid_t pid);
/* Children of init, zombies included; -1 when the kernel does not tell. */
long proc_children(pid_t pid);

/* System calls of init and its children from init's execve to the payload's, without the two. */
double count_syscalls(char *const argv[]);

/* False where no memory cgroup can be made. */
bool can_limit_memory(void);
/* The least memory limit in kB with which init and payload start and end. */
double least_memory_limit(char *const argv[]);
/* Removes the cgroup of a trial that was cut short; async-signal-safe. */
void remove_cgroup(void);

#endif
