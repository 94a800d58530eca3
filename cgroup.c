#include "cgroup.h"

#include <stdbool.h>
#include <string.h>

#include "proc.h"

static const struct {
	const char *controller; /* as the second field of /proc/self/cgroup has it */
	const char *root;
	const char *file;
} hierarchies[] = {
	{"memory", "/sys/fs/cgroup/memory", "/memory.oom_control"},
	{"", "/sys/fs/cgroup", "/memory.events"},
};

/* Our cgroup in the hierarchy, in place in the text of /proc/self/cgroup ("4:memory:/a/b"). */
static const char *find(char *text, const char *controller)
{
	size_t n = strlen(controller);

	for (char *line = text, *end; line && (end = strchr(line, '\n')); line = end + 1) {
		const char *field = strchr(line, ':');
		if (field && strncmp(field + 1, controller, n) == 0 && field[n + 1] == ':') {
			*end = 0;
			return field + n + 2;
		}
	}
	return NULL;
}

/* Without a cgroup namespace the path is the host's, but what is mounted here is our own cgroup. */
static bool read_kills(const char *root, const char *path, const char *file, long long *kills)
{
	char buf[512];
	unsigned long long n;

	if (!proc_read(buf, sizeof buf, "%s%s%s", root, path, file) &&
	    !proc_read(buf, sizeof buf, "%s%s", root, file))
		return false;
	if (!proc_number(buf, "oom_kill ", 10, &n))
		return false;
	*kills = (long long)n;
	return true;
}

long long cgroup_oom_kills(void)
{
	char buf[2048];
	long long kills;

	for (size_t i = 0; i < sizeof hierarchies / sizeof *hierarchies; i++) {
		if (!proc_read(buf, sizeof buf, "/proc/self/cgroup"))
			return -1;
		const char *path = find(buf, hierarchies[i].controller);
		if (path && read_kills(hierarchies[i].root, path, hierarchies[i].file, &kills))
			return kills;
	}
	return -1;
}
