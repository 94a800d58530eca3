/* What cinit reads from /proc, none of which it depends on. */
#ifndef PROC_H
#define PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "format.h"

/* 1 when /proc is there and belongs to our PID namespace: another one's would name strangers by our
 * pids; 0 when not; -errno for an error that may pass (proc_error_passes). */
int proc_is_ours(void);

/* Reads the file whose name the format gives into buf and ends it with a null byte; what does not
 * fit is left out. Returns the length, or -errno; an error that may pass (EINTR, EIO, ENFILE,
 * ENOMEM and the like) only after further tries. */
int proc_read(char *buf, size_t size, const char *name, ...) LIKE_PRINTF(3, 4);

/* True for an error of a look at /proc that says nothing about what was looked for. */
bool proc_error_passes(int err);

/* What follows key and blanks at the start of a line of text; NULL if no line begins with it. */
const char *proc_field(const char *text, const char *key);

/* The number that follows key at the start of a line of text; base 10 or 16. False if there is
 * none. */
bool proc_number(const char *text, const char *key, unsigned base, unsigned long long *n);

/* /proc/PID/stat; 0 or -errno. */
struct proc_stat {
	char state;
	pid_t ppid;
	bool kernel; /* a thread of the kernel: a machine's PID 1 has them beside it */
	int threads; /* a zombie leader among them */
	unsigned long long start_time; /* in clock ticks since boot */
};
int proc_stat(pid_t pid, struct proc_stat *out);

/* A moment, by the last pid that had been given out then, and the clock. With last 0 it is none. */
struct proc_moment {
	pid_t last;
	unsigned long long start_time; /* the least that one born after it can have */
};
void proc_now(struct proc_moment *now);

/* True if a process was born after that moment, and of a parent that is still there, other than
 * us. Pids alone do not tell: they begin again some day. */
bool proc_born_after(const struct proc_moment *m, pid_t pid);

/* Calls each(name, whether it is a directory, arg) for the entries of a directory, "." and ".."
 * included, until it returns false. Returns 0, or -errno when it cannot be read to its end. */
int proc_entries(const char *dir, bool (*each)(const char *, bool, void *), void *arg);

/* Calls each(number, arg) for the entries of a directory whose names are numbers, until it returns
 * false. Returns 0, or -errno when the directory cannot be read to its end. */
int proc_each(const char *dir, bool (*each)(pid_t, void *), void *arg);

#endif
