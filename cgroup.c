#include "cgroup.h"

#include <string.h>

#include "proc.h"
#include "stream.h"

#define CONTROLLERS_SIZE 256 /* of one hierarchy */
#define PATH_SIZE        1024

/* Where a controller's files are mounted, by custom; v1 first, because a v2 hierarchy without
 * controllers may lie beside it. */
struct place {
	const char *controller; /* "" for v2 */
	const char *root;
};
static const struct place memory_v1 = {"memory", "/sys/fs/cgroup/memory"};
static const struct place pids_v1 = {"pids", "/sys/fs/cgroup/pids"};
static const struct place v2 = {"", "/sys/fs/cgroup"};

bool cgroup_has_controller(const char *list, const char *controller)
{
	for (; list; list = strchr(list, ',')) {
		list += *list == ',';
		const char *rest = text_after(list, controller);
		if (rest && (!*rest || *rest == ','))
			return true;
	}
	return false;
}

/* Our path in the hierarchy of a controller, by a line "4:memory:/a/b" of /proc/self/cgroup. */
static bool find_path(const char *controller, char *path, size_t size)
{
	struct stream s;
	char controllers[CONTROLLERS_SIZE];
	bool found = false;

	if (stream_open(&s, "/proc/self/cgroup") < 0)
		return false;
	while (!found && stream_line(&s)) {
		stream_field(&s, ':', NULL, 0);
		stream_field(&s, ':', controllers, sizeof controllers);
		stream_field(&s, '\n', path, size);
		found = cgroup_has_controller(controllers, controller);
	}
	return stream_close(&s) == 0 && found;
}

bool cgroup_number(const char *dir, const char *file, const char *key, unsigned long long *n)
{
	char buf[512];

	return proc_read(buf, sizeof buf, "%s/%s", dir, file) > 0 && proc_number(buf, key, 10, n);
}

/* The same for our cgroup. Without a cgroup namespace the path is the host's, but what is mounted
 * at the root in a container is our own cgroup. */
static bool own_number(const struct place *at, const char *file, const char *key,
		       unsigned long long *n)
{
	char dir[PATH_SIZE];
	size_t length = format(dir, sizeof dir, "%s", at->root);

	if (!find_path(at->controller, dir + length, sizeof dir - length))
		return false;
	return cgroup_number(dir, file, key, n) || cgroup_number(at->root, file, key, n);
}

long long cgroup_oom_kills(void)
{
	unsigned long long n;

	return own_number(&memory_v1, "memory.oom_control", "oom_kill ", &n) ||
			       own_number(&v2, "memory.events", "oom_kill ", &n)
		       ? (long long)n
		       : -1;
}

static bool read_pids(const char *file, unsigned long long *n)
{
	return own_number(&pids_v1, file, "", n) || own_number(&v2, file, "", n);
}

/* "max" is no number, and no limit. */
long long cgroup_pids_reached(void)
{
	unsigned long long most, now;

	if (!read_pids("pids.max", &most) || !read_pids("pids.current", &now) || now < most)
		return -1;
	return (long long)most;
}
