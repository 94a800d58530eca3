/* The cgroup of the payload (--cgroup): v2, v1 or both. */
#ifndef CGROUP_PAYLOAD_H
#define CGROUP_PAYLOAD_H

#include <stdbool.h>

struct options;
struct spawn_action;

#define CGROUP_SETS_MAX   16 /* --cgroup-set */
#define CGROUP_FILE_SIZE  64 /* of a file's name (MAX_CFTYPE_NAME of linux/cgroup-defs.h) */
#define CGROUP_PLACES_MAX 16 /* hierarchies; Linux has had 13 controllers for v1 */

/* The longest message. */
enum { CGROUP_WHY_SIZE = 1024 };

/* Makes the cgroup of --cgroup, or takes the one that is there, in each hierarchy in question:
 *
 * 1. An absolute pathname is that directory.
 * 2. Any other is below the root of v2, where that is mounted; for want of it below v1's freezer.
 *    It is also below the root of each v1 hierarchy whose controller a --cgroup-set names.
 *
 * Fills in the actions by which the child sets the limits and then joins, at most
 * CGROUP_SETS_MAX + CGROUP_PLACES_MAX. It joins last: nothing before is charged to the group.
 * Returns their number, or -errno with a line in why; what was made is gone then. Leaves open fds
 * that close on exec. */
int cgroup_prepare(const struct options *o, struct spawn_action *actions,
		   char why[static CGROUP_WHY_SIZE]);

/* What a failed action of cgroup_prepare asks for: ", ..." or "". */
const char *cgroup_remedy(const struct spawn_action *a, int err);

/* True where the members of the cgroup are all the payload's: it was made, or empty before. */
bool cgroup_is_ours(void);

/* Sends a signal to all members of the cgroup and of those below it, but not to us; 0 only counts
 * them, us too. SIGKILL is sent to all at once, where the kernel can (cgroup.kill, Linux 5.14; else
 * they are frozen meanwhile). Adds to the number of those who were there, and of those who may not
 * be signalled. 0, or -errno where not all could be seen. */
int cgroup_signal(int sig, int *count, int *refused);

/* As cgroup_oom_kills, for the payload, whether it is in our cgroup or in one of its own. */
long long cgroup_payload_oom_kills(void);

/* Removes what cgroup_prepare made, and the payload in it. Tries for 100 ms; a failure is a
 * warning. */
void cgroup_remove(void);

#endif
