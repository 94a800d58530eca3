/* What cinit reads from /proc, none of which it depends on. */
#ifndef PROC_H
#define PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "report.h"

/* True when /proc is there and belongs to our PID namespace: another one's would name
 * strangers by our pids. */
bool proc_is_ours(void);

/* Reads the file whose name the format gives (report.h) into buf and ends it with a null byte; what
 * does not fit is left out. False if there is nothing to be read. */
bool proc_read(char *buf, size_t size, const char *format, ...) LIKE_PRINTF(3, 4);

/* The number that follows key at the start of a line of text; base 10 or 16. False if there is
 * none. */
bool proc_number(const char *text, const char *key, unsigned base, unsigned long long *n);

/* /proc/PID/stat. */
struct proc_stat {
	char state;
	pid_t ppid;
	unsigned long long start_time; /* in clock ticks since boot */
};
bool proc_stat(pid_t pid, struct proc_stat *out);

/* Calls each(number, arg) for the entries of a directory whose names are numbers, until it
 * returns false. Returns false when the directory cannot be read. */
bool proc_each(const char *dir, bool (*each)(pid_t, void *), void *arg);

#endif
