/* What our cgroups tell. */
#ifndef CGROUP_H
#define CGROUP_H

/* How often the kernel's OOM killer has killed in our memory cgroup: oom_kill of memory.events (v2)
 * or of memory.oom_control (v1), both since Linux 4.13. -1 where that cannot be read. */
long long cgroup_oom_kills(void);

/* The limit on the number of processes in our cgroup (pids.max); -1 if there is none or it cannot
 * be read. */
long long cgroup_pids_max(void);

#endif
