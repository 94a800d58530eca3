/* What the kernel tells of cgroups, of any content, and any --cgroup and --cgroup-set: no crash, no
 * answer out of bounds, and always a reason. The parts of the input, with a line "%%" between, are
 * 1. /proc/self/cgroup
 * 2. memory.events, pids.max and the like, cgroup.procs
 * 3. /proc/self/mounts
 * 4. a line for --cgroup, and lines for --cgroup-set. */
#include <fcntl.h>
#include <string.h>

#include "../../cgroup.h"
#include "../../cgroup_payload.h"
#include "../../options.h"
#include "../../spawn.h"
#include "kernel.h"

#define LINE_SIZE 256

static void limits(const char *file, const unsigned char *data, size_t size)
{
	kernel_file(1, file, data, size);
	ASSERT(cgroup_pids_reached() >= -1);
	cgroup_oom_kills();
}

static void prepare(struct options *o)
{
	static struct spawn_action actions[CGROUP_SETS_MAX + CGROUP_PLACES_MAX + 16];
	char why[CGROUP_WHY_SIZE] = "";
	int count = 0, refused = 0;
	int n = cgroup_prepare(o, actions, why);

	if (n < 0) {
		ASSERT(*why && strlen(why) < sizeof why);
		for (const char *p = why; *p; p++)
			ASSERT((unsigned char)*p >= ' ' && *p != 127);
		return;
	}
	ASSERT(n <= CGROUP_SETS_MAX + CGROUP_PLACES_MAX);
	for (int i = 0; i < n; i++)
		ASSERT(actions[i].step == SPAWN_WRITE && actions[i].path && actions[i].text);
	cgroup_signal(0, &count, &refused);
	ASSERT(count >= 0 && refused >= 0);
	cgroup_payload_oom_kills();
	cgroup_remove();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static char lines[CGROUP_SETS_MAX + 1][LINE_SIZE];
	const unsigned char *part[3];
	size_t sizes[3];
	struct options o = {0};
	int count = 0;

	for (int i = 0; i < 3; i++) {
		part[i] = data;
		sizes[i] = kernel_cut(&data, &size);
	}
	kernel_file(0, "/proc/self/cgroup", part[0], sizes[0]);
	limits("/pids.max", part[1], sizes[1]);
	limits("/memory.events", part[1], sizes[1]);
	limits("/memory.oom_control", part[1], sizes[1]);
	kernel_file(1, "/cgroup.procs", part[1], sizes[1]);
	kernel_file(2, "/mounts", part[2], sizes[2]);

	/* As the options let them through. */
	while (size > 0 && count <= CGROUP_SETS_MAX) {
		const unsigned char *end = memchr(data, '\n', size);
		size_t n = end ? (size_t)(end - data) : size;
		char *line = kernel_text(lines[count], LINE_SIZE, data, n);
		char *equals = strchr(line, '=');
		data += n + (end != NULL);
		size -= n + (end != NULL);
		if (count == 0)
			o.cgroup = line;
		else if (!equals || equals == line || equals - line >= CGROUP_FILE_SIZE ||
			 !equals[1] || memchr(line, '/', (size_t)(equals - line)))
			continue;
		else
			o.cgroup_set[o.cgroup_sets++] = line;
		count++;
	}
	if (o.cgroup && *o.cgroup)
		prepare(&o);
	kernel_forget();
	return 0;
}
