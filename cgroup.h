/* What the memory cgroup tells. */
#ifndef CGROUP_H
#define CGROUP_H

/* How often the kernel's OOM killer has killed in our memory cgroup: oom_kill of memory.events (v2,
 * Linux 4.13), or of memory.oom_control (v1, Linux 4.13). -1 where that cannot be read. */
long long cgroup_oom_kills(void);

#endif
