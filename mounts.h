/* The mounts and swap areas of a machine, from /proc (proc(5)). */
#ifndef MOUNTS_H
#define MOUNTS_H

#include <stdbool.h>

/* True when something is mounted there; false without /proc. */
bool mounts_has(const char *point);

/* Kills everybody else, closes our fds from 3 on, swaps off, and leaves every file system unmounted
 * or read-only. For PID 1, before reboot(2). A warning names what stays in use. */
void mounts_put_away(void);

#endif
