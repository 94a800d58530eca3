/* cgroup_payload.c where a cgroup would have to be another machine's: members of other namespaces,
 * files that cannot be read, deep trees. A directory with a file "cgroup.procs" does for one. */
#include "../../cgroup_payload.c"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int passed, failed;
static char top[] = "/tmp/cgroup_test.XXXXXX";

static void check(bool ok, const char *what)
{
	passed += ok;
	failed += !ok;
	if (!ok)
		fprintf(stderr, "# failed: %s\n", what);
}

static void write_to(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
}

/* Makes a directory the cgroup of the payload. */
static int use(const char *dir, char why[static CGROUP_WHY_SIZE])
{
	static struct spawn_action actions[CGROUP_SETS_MAX + CGROUP_PLACES_MAX];
	struct options o = {.cgroup = dir};

	place_count = 0;
	return cgroup_prepare(&o, actions, why);
}

static int end_of(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* A child that lives until it is signalled. */
static pid_t member(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		alarm(60);
		for (;;)
			pause();
	}
	return pid;
}

static int count, refused;

static int send_all(int sig)
{
	count = refused = 0;
	return cgroup_signal(sig, &count, &refused);
}

static void members(void)
{
	char why[CGROUP_WHY_SIZE], text[64];
	pid_t above = member(), below = member();

	check(use(top, why) == 1 && cgroup_is_ours(), "an empty one is ours");
	mkdir("below", 0755);
	snprintf(text, sizeof text, "%d\n%d\n", getpid(), above);
	write_to("cgroup.procs", text);
	snprintf(text, sizeof text, "0\n%d\n", below);
	write_to("below/cgroup.procs", text);
	check(send_all(0) == 0 && count == 3 && refused == 1,
	      "we and those below count too, a member of another namespace cannot be signalled");
	check(send_all(SIGUSR1) == 0 && end_of(above) == SIGUSR1 && end_of(below) == SIGUSR1,
	      "all get the signal");
	check(send_all(SIGUSR1) == 0 && count == 0 && refused == 1, "who has ended counts no more");
	check(use(top, why) == 1 && !cgroup_is_ours(), "one with a member from before is not ours");
	unlink("below/cgroup.procs");
	rmdir("below");
	snprintf(text, sizeof text, "%d\n", getpid());
	write_to("cgroup.procs", text);
	check(use(top, why) == 1 && !cgroup_is_ours(), "nor is one that we are in");
}

/* Without cgroup.kill, which this is no cgroup to have. */
static void killed_one_by_one(void)
{
	char why[CGROUP_WHY_SIZE], text[64];
	pid_t pid = member();

	use(top, why);
	snprintf(text, sizeof text, "%d\n", pid);
	write_to("cgroup.procs", text);
	check(send_all(SIGKILL) == 0 && count > 0 && end_of(pid) == SIGKILL, "SIGKILL");
}

/* Who cannot be looked at may be there: that is told. */
static void unseen(void)
{
	char why[CGROUP_WHY_SIZE], text[64];
	pid_t pid = member();

	snprintf(text, sizeof text, "%d\n", pid);
	write_to("cgroup.procs", text);
	use(top, why);
	mkdir("below", 0755);
	mkdir("below/cgroup.procs", 0755);
	check(send_all(SIGUSR1) == -EISDIR && count == 1 && end_of(pid) == SIGUSR1,
	      "one that cannot be read, and the signal for all others");
	check(use(top, why) == 1 && !cgroup_is_ours(), "nor is it known to be ours");
	rmdir("below/cgroup.procs");
	rmdir("below");
	if (truncate("cgroup.procs", 0) < 0 || chmod(top, 0311) < 0)
		abort();
	if (geteuid() == 0 && seteuid(65534) < 0)
		abort();
	check(send_all(0) == -EACCES, "those below one that may not be read");
	if (getuid() == 0 && seteuid(0) < 0)
		abort();
	chmod(top, 0755);
	unlink("cgroup.procs");
	check(send_all(0) == 0 && count == 0, "one that has no members has none");
	write_to("other", "");
	snprintf(places[0].path, PATH_SIZE, "%s/other", top);
	check(send_all(0) == -ENOTDIR, "one that is no directory");
	snprintf(places[0].path, PATH_SIZE, "%s/none", top);
	check(send_all(0) == 0, "one that is gone has no members");
	unlink("other");
}

/* Deeper than a pathname can be long: what can be named is signalled. */
static void deep(void)
{
	static char name[200];
	char why[CGROUP_WHY_SIZE], text[64];
	pid_t pid = member();
	int depth = 0;

	use(top, why);
	memset(name, 'd', sizeof name - 1);
	snprintf(text, sizeof text, "%d\n", pid);
	write_to("cgroup.procs", text);
	for (; depth < PATH_MAX / (int)sizeof name + 1; depth++)
		if (mkdir(name, 0755) < 0 || chdir(name) < 0)
			abort();
	check(send_all(SIGUSR1) == -ENAMETOOLONG && end_of(pid) == SIGUSR1, "a deep tree");
	for (; depth > 0; depth--)
		if (chdir("..") < 0 || rmdir(name) < 0)
			abort();
	unlink("cgroup.procs");
}

static void long_names(void)
{
	static char name[PATH_SIZE + 1];
	char why[CGROUP_WHY_SIZE];

	memset(name, '/', sizeof name - 1); /* as many as there are do for one */
	memcpy(name, top, strlen(top));
	check(use(name, why) == -ENAMETOOLONG && strstr(why, ": ENAMETOOLONG"), "a long pathname");
	name[PATH_SIZE - 2] = 0;
	check(use(name, why) == 1 && strlen(places[0].path) == PATH_SIZE - 2,
	      "the longest that is taken");
}

/* What is said of a refusal depends on what was to be written. */
static void remedies(void)
{
	static const struct {
		const char *file;
		int err;
		const char *said;
	} cases[] = {
		{"cgroup.procs", ENOENT, "this is no cgroup"},
		{"pids.max", ENOENT, "cgroup.subtree_control above"},
		{"cgroup.procs", EBUSY, "processes are not allowed"},
		{"cgroup.procs", EOPNOTSUPP, "threaded"},
		{"cgroup.procs", EACCES, "delegated to us"},
		{"cgroup.procs", EPERM, "delegated to us"},
		{"cgroup.procs", ENOSPC, "cpuset.cpus and cpuset.mems come first"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check(strstr(cgroup_remedy(&(struct spawn_action){.path = cases[i].file},
					   cases[i].err),
			     cases[i].said),
		      cases[i].said);
	check(*cgroup_remedy(&(struct spawn_action){.path = "pids.max"}, EINVAL) == 0,
	      "a bad value has none");
}

int main(void)
{
	if (!mkdtemp(top) || chdir(top) != 0)
		abort();
	members();
	killed_one_by_one();
	unseen();
	deep();
	long_names();
	remedies();
	if (rmdir(top) != 0)
		abort();
	fprintf(stderr, "# cgroup: %d checks passed, %d failed\n", passed, failed);
	return failed != 0;
}
