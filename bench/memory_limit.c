#define _GNU_SOURCE
#include "measure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP_KB          4
#define LOWEST_KB        0
#define HIGHEST_KB       16384
#define START_TIMEOUT_MS 2000
#define END_TIMEOUT_MS   2000
#define REMOVE_TRIES     500
#define REMOVE_PAUSE_NS  (2 * NS_PER_MS)
#define KB               1024

struct controller {
	const char *directory; /* where the cgroups are made */
	const char *limit;     /* the file of the limit */
	const char *no_swap_file, *no_swap_value;
};

static const struct controller v1 = {"/sys/fs/cgroup/memory", "memory.limit_in_bytes",
				     "memory.swappiness", "0"};
static const struct controller v2 = {"/sys/fs/cgroup", "memory.max", "memory.swap.max", "0"};

static char current[256]; /* the cgroup of the running trial, "" for none */

static bool write_file(const char *directory, const char *name, const char *value)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t length = (ssize_t)strlen(value);
	bool written = fd >= 0 && write(fd, value, (size_t)length) == length;
	if (fd >= 0)
		close(fd);
	return written;
}

/* The last member's memory is given back a little after its end was seen: rmdir may be refused. */
void remove_cgroup(void)
{
	for (int i = 0; *current && i < REMOVE_TRIES && rmdir(current) < 0 && errno == EBUSY; i++)
		sleep_ns(REMOVE_PAUSE_NS);
	*current = '\0';
}

/*
 * Every trial has a fresh cgroup: a used one keeps charges of its own (pages in per-CPU stocks,
 * dead slab) that may be more than all that init needs.
 */
static bool make_cgroup(const struct controller *controller, const char *limit)
{
	static unsigned serial;
	snprintf(current, sizeof current, "%s/cinit-bench-%d-%u", controller->directory, getpid(),
		 serial++);
	if (mkdir(current, 0755) < 0) {
		*current = '\0';
		return false;
	}
	write_file(current, controller->no_swap_file, controller->no_swap_value);
	if (write_file(current, controller->limit, limit))
		return true;
	remove_cgroup();
	return false;
}

static const struct controller *controller(void)
{
	static const struct controller *found;
	if (found)
		return found;
	if (make_cgroup(&v1, "1048576"))
		found = &v1;
	else if (write_file(v2.directory, "cgroup.subtree_control", "+memory") &&
		 make_cgroup(&v2, "1048576"))
		found = &v2;
	remove_cgroup();
	return found;
}

bool can_limit_memory(void)
{
	return controller() != NULL;
}

static bool runs_within(char *const argv[], long kb)
{
	char limit[32], procs[512];
	struct trial trial;
	snprintf(limit, sizeof limit, "%ld", kb * KB);
	if (!make_cgroup(controller(), limit))
		fail("unable to make a cgroup: %s", strerror(errno));
	snprintf(procs, sizeof procs, "%s/cgroup.procs", current);
	int fd = above_payload(open(procs, O_WRONLY | O_CLOEXEC));
	trial_start(&trial, argv, (struct preparation){.cgroup_procs = fd});
	close(fd);
	bool ordered = trial_ready(&trial, START_TIMEOUT_MS) && trial_order(&trial, ORDER_EXIT);
	int status = trial_end(&trial, ordered ? END_TIMEOUT_MS : 0);
	remove_cgroup();
	return ordered && status == 0;
}

double least_memory_limit(char *const argv[])
{
	long fails = LOWEST_KB, runs = HIGHEST_KB;
	if (!runs_within(argv, runs))
		fail("%s does not run within %d kB", argv[0], HIGHEST_KB);
	while (runs - fails > STEP_KB) {
		long middle = (fails + runs) / 2 / STEP_KB * STEP_KB;
		if (runs_within(argv, middle))
			runs = middle;
		else
			fails = middle;
	}
	return (double)runs;
}
