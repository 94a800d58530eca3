#include "cgroup.h"

#include <string.h>

#include "proc.h"

/* /proc/self/cgroup, whose lines are "4:memory:/a/b", for a dozen hierarchies. */
#define SELF_SIZE 2048

/* Where a controller's files are mounted, by custom; v1 first, because a v2 hierarchy without
 * controllers may lie beside it. */
struct place {
	const char *controller; /* second field of the line, "" for v2 */
	const char *root;
};
static const struct place memory_v1 = {"memory", "/sys/fs/cgroup/memory"};
static const struct place pids_v1 = {"pids", "/sys/fs/cgroup/pids"};
static const struct place v2 = {"", "/sys/fs/cgroup"};

bool cgroup_has_controller(const char *field, const char *controller)
{
	for (;;) {
		const char *rest = text_after(field, controller);
		if (rest && (!*rest || *rest == ':' || *rest == ','))
			return true;
		while (*field && *field != ',' && *field != ':')
			field++;
		if (*field++ != ',')
			return false;
	}
}

/* Our path in the hierarchy of a controller, cut out of the text of /proc/self/cgroup; NULL if we
 * are in none. */
static const char *find_path(char *text, const char *controller)
{
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
		const char *field = strchr(line, ':');
		if (!field || field > end || !cgroup_has_controller(field + 1, controller))
			continue;
		*end = 0;
		field = strchr(field + 1, ':');
		return field ? field + 1 : NULL;
	}
	return NULL;
}

/* Reads a file of our cgroup. Without a cgroup namespace the path is the host's, but what is
 * mounted at the root in a container is our own cgroup. */
static bool read_file(char *buf, size_t size, const struct place *at, const char *file)
{
	char self[SELF_SIZE];
	const char *path;

	if (proc_read(self, sizeof self, "/proc/self/cgroup") <= 0)
		return false;
	path = find_path(self, at->controller);
	return path && (proc_read(buf, size, "%s%s/%s", at->root, path, file) > 0 ||
			proc_read(buf, size, "%s/%s", at->root, file) > 0);
}

long long cgroup_oom_kills(void)
{
	char buf[512];
	unsigned long long n;

	if ((read_file(buf, sizeof buf, &memory_v1, "memory.oom_control") ||
	     read_file(buf, sizeof buf, &v2, "memory.events")) &&
	    proc_number(buf, "oom_kill ", 10, &n))
		return (long long)n;
	return -1;
}

static bool read_pids(const char *file, unsigned long long *n)
{
	char buf[DEC_SIZE];

	return (read_file(buf, sizeof buf, &pids_v1, file) ||
		read_file(buf, sizeof buf, &v2, file)) &&
	       proc_number(buf, "", 10, n);
}

/* "max" is no number, and no limit. */
long long cgroup_pids_reached(void)
{
	unsigned long long most, now;

	if (!read_pids("pids.max", &most) || !read_pids("pids.current", &now) || now < most)
		return -1;
	return (long long)most;
}
