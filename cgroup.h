/* What our cgroups tell. */
#ifndef CGROUP_H
#define CGROUP_H

#include <stdbool.h>

/* How often the kernel's OOM killer has killed in our memory cgroup: oom_kill of memory.events (v2)
 * or of memory.oom_control (v1), both since Linux 4.13. -1 where that cannot be read. */
long long cgroup_oom_kills(void);

/* The limit on the number of processes in our cgroup (pids.max), if it is reached; else, and where
 * that cannot be read, -1. */
long long cgroup_pids_reached(void);

/* The number behind key at the start of a line of a file in a cgroup's directory. False for none.
 */
bool cgroup_number(const char *dir, const char *file, const char *key, unsigned long long *n);

/* True if the comma list of controllers has this one. */
bool cgroup_has_controller(const char *list, const char *controller);

#endif
