#include "cgroup_payload.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>

#include "cgroup.h"
#include "options.h"
#include "proc.h"
#include "report.h"
#include "spawn.h"
#include "stream.h"
#include "sys.h"

/* A pathname of a cgroup. */
#define PATH_SIZE 1024

/* The options of a mount: its controllers among them. */
#define OPTIONS_SIZE 256

/* How often to try to remove a cgroup, and how long to wait in between, in milliseconds. */
#define REMOVE_TRIES 10
#define REMOVE_MS    10

static int place_count;
static bool is_ours;
static RARE struct {
	char path[PATH_SIZE];
	bool made;
	int fd;
} places[CGROUP_PLACES_MAX]; /* the first is where the members are looked for */
static RARE char files[CGROUP_SETS_MAX][CGROUP_FILE_SIZE];

/* ---- its members ---- */

/* A walk through a cgroup and those below it, these first. */
struct walk {
	char path[PATH_MAX];
	void (*visit)(struct walk *);
	int sig, count, refused, error;
};

static bool walk_on(const char *name, bool is_directory, void *arg);

static int walk(struct walk *w)
{
	int err = proc_entries(w->path, walk_on, w);

	if (err < 0 && err != -ENOENT)
		w->error = err;
	w->visit(w);
	return w->error;
}

static bool walk_on(const char *name, bool is_directory, void *arg)
{
	struct walk *w = arg;
	size_t length = strlen(w->path);

	if (!is_directory || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return true;
	if (length + strlen(name) + CGROUP_FILE_SIZE > sizeof w->path) {
		w->error = -ENAMETOOLONG;
		return true;
	}
	format(w->path + length, sizeof w->path - length, "/%s", name);
	walk(w);
	w->path[length] = 0;
	return true;
}

/* Begins a walk; there is one at a time. */
static struct walk *walk_from(int place, void (*visit)(struct walk *))
{
	static RARE struct walk w;

	w.visit = visit;
	w.sig = w.count = w.refused = w.error = 0;
	format(w.path, sizeof w.path, "%s", places[place].path);
	return &w;
}

/* The pid of a member that is in another namespace reads 0. */
static void signal_one(struct walk *w, pid_t pid)
{
	int err = pid > 0 ? sys_kill(pid, w->sig) : -EPERM;

	w->count += err == 0;
	w->refused += err == -EPERM;
}

/* A threaded cgroup (EOPNOTSUPP) has its processes listed further up. */
static void signal_members(struct walk *w)
{
	static RARE struct stream s;
	size_t length = strlen(w->path);
	char text[DEC_SIZE];
	pid_t self = sys_getpid();
	int err;

	format(w->path + length, sizeof w->path - length, "/cgroup.procs");
	err = stream_open(&s, w->path);
	w->path[length] = 0;
	if (err == 0) {
		while (stream_line(&s)) {
			const char *digits = text;
			stream_field(&s, ' ', text, sizeof text);
			pid_t pid = (pid_t)number_at(&digits, 1LL << 31);
			/* A look counts us, lest a cgroup that we are in be taken for ours. */
			if (pid >= 0 && (pid != self || w->sig == 0))
				signal_one(w, pid);
		}
		err = stream_close(&s);
	}
	if (err < 0 && err != -ENOENT && err != -ENODEV && err != -EOPNOTSUPP)
		w->error = err;
}

static int write_file(const char *file, const char *text)
{
	char path[PATH_SIZE + CGROUP_FILE_SIZE];

	format(path, sizeof path, "%s/%s", places[0].path, file);
	return sys_write_file(AT_FDCWD, path, text);
}

bool cgroup_is_ours(void)
{
	return is_ours;
}

int cgroup_signal(int sig, int *count, int *refused)
{
	struct walk *w = walk_from(0, signal_members);

	w->sig = sig == SIGKILL ? 0 : sig;
	walk(w);
	*count += w->count;
	*refused += w->refused;
	if (sig != SIGKILL || write_file("cgroup.kill", "1") >= 0)
		return w->error;
	/* Frozen ones cannot fork while they are looked for. v1 takes a while to freeze all. */
	if (write_file("cgroup.freeze", "1") < 0)
		write_file("freezer.state", "FROZEN");
	w->sig = SIGKILL;
	walk(w);
	walk(w);
	if (write_file("cgroup.freeze", "0") < 0)
		write_file("freezer.state", "THAWED");
	return w->error;
}

long long cgroup_payload_oom_kills(void)
{
	unsigned long long n;

	for (int i = 0; i < place_count; i++) {
		const char *path = places[i].path;
		if (cgroup_number(path, "memory.oom_control", "oom_kill ", &n) ||
		    cgroup_number(path, "memory.events", "oom_kill ", &n))
			return (long long)n;
	}
	return cgroup_oom_kills();
}

static void remove_visited(struct walk *w)
{
	int err = (int)sys(SYS_unlinkat, AT_FDCWD, w->path, AT_REMOVEDIR);

	w->error = err == -ENOENT ? 0 : err;
}

void cgroup_remove(void)
{
	for (int i = 0; i < place_count; i++) {
		int err = -EBUSY;
		for (int n = 0; places[i].made && n < REMOVE_TRIES && err == -EBUSY; n++) {
			if (n > 0)
				sys_poll(NULL, 0, REMOVE_MS);
			err = walk(walk_from(i, remove_visited));
		}
		if (places[i].made && err < 0)
			report_failure(IS_WARNING, err,
				       err == -EBUSY ? ", processes are left in it" : NULL,
				       "remove the cgroup '%s'", places[i].path);
	}
	place_count = 0;
}

/* ---- where it is ---- */

/* The mount point of the hierarchy of a v1 controller, or of v2 for "". 0, or -errno: -ENODEV for
 * none. */
static int find_mount(const char *controller, char *at, size_t size)
{
	static RARE struct stream s;
	char type[CGROUP_FILE_SIZE], mount_options[OPTIONS_SIZE];
	bool found = false;
	int err = stream_open(&s, "/proc/self/mounts");

	if (err < 0)
		return err;
	while (!found && stream_line(&s)) {
		stream_field(&s, ' ', NULL, 0);
		stream_field(&s, ' ', at, size);
		stream_field(&s, ' ', type, sizeof type);
		stream_field(&s, ' ', mount_options, sizeof mount_options);
		found = *controller ? strcmp(type, "cgroup") == 0 &&
					      cgroup_has_controller(mount_options, controller)
				    : strcmp(type, "cgroup2") == 0;
	}
	err = stream_close(&s);
	return err < 0 ? err : found ? 0 : -ENODEV;
}

/* Makes a directory, if it is not there, and opens it. */
static int add_place(const char *path)
{
	int i = place_count, err;

	for (int other = 0; other < i; other++)
		if (strcmp(places[other].path, path) == 0)
			return other;
	if (i == CGROUP_PLACES_MAX || strlen(path) == PATH_SIZE - 1)
		return -ENAMETOOLONG;
	format(places[i].path, PATH_SIZE, "%s", path);
	err = (int)sys(SYS_mkdirat, AT_FDCWD, path, 0755);
	places[i].made = err == 0;
	if (err < 0 && err != -EEXIST)
		return err;
	place_count++;
	places[i].fd = sys_open(path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	return places[i].fd < 0 ? places[i].fd : i;
}

/* The index of the place of a controller, or -errno; path gets its name. */
static int place_of(const char *controller, const char *dir, char path[static PATH_SIZE])
{
	int err;

	format(path, PATH_SIZE, "%s", dir);
	if (*dir == '/')
		return add_place(path);
	err = find_mount(controller, path, PATH_SIZE);
	if (err < 0)
		return err;
	format(path + strlen(path), PATH_SIZE - strlen(path), "/%s", dir);
	return add_place(path);
}

static int fail(char *why, const char *dir, const char *path, int err)
{
	format(why, CGROUP_WHY_SIZE, "--cgroup='%s': unable to make '%s': %s%s", dir, path,
	       errno_name(-err),
	       err == -ENODEV   ? ", no hierarchy for it is mounted"
	       : err == -ENOENT ? *path == '/' ? ", the cgroup above it must be there"
					       : ", without /proc it must be absolute"
	       : err == -EACCES ? ", the cgroup above it must be delegated to us"
				: "");
	cgroup_remove();
	return err;
}

static void set_write(struct spawn_action *a, int place, const char *file, const char *text)
{
	*a = (struct spawn_action){.step = SPAWN_WRITE};
	a->fd = places[place].fd;
	a->path = file;
	a->text = text;
}

/* A file like "memory.max" is where its controller is, in v1, or else in the first place. */
static int add_sets(const struct options *o, struct spawn_action *actions, char *path)
{
	for (int i = 0; i < o->cgroup_sets; i++) {
		const char *set = o->cgroup_set[i], *equals = strchr(set, '=');
		char *file = files[i], *dot;
		int at;

		format(file, (size_t)(equals - set) + 1, "%s", set);
		dot = strchr(file, '.');
		if (dot)
			*dot = 0;
		at = place_of(file, o->cgroup, path);
		if (dot)
			*dot = '.';
		if (at == -ENODEV && place_count > 0)
			at = 0;
		if (at < 0)
			return at;
		set_write(&actions[i], at, file, equals + 1);
	}
	return o->cgroup_sets;
}

int cgroup_prepare(const struct options *o, struct spawn_action *actions,
		   char why[static CGROUP_WHY_SIZE])
{
	static RARE char path[PATH_SIZE];
	int at = place_of("", o->cgroup, path);
	int members = 0, n;

	if (at == -ENODEV)
		at = place_of("freezer", o->cgroup, path);
	n = at < 0 && at != -ENODEV ? at : add_sets(o, actions, path);
	if (n >= 0 && place_count == 0)
		n = at;
	if (n < 0)
		return fail(why, o->cgroup, path, n);
	is_ours = cgroup_signal(0, &members, &members) == 0 && members == 0;
	for (int i = 0; i < place_count; i++)
		set_write(&actions[n++], i, "cgroup.procs", "0");
	return n;
}

const char *cgroup_remedy(const struct spawn_action *a, int err)
{
	bool joins = strcmp(a->path, "cgroup.procs") == 0;

	switch (err) {
	case ENOENT:
		return joins ? ", this is no cgroup"
			     : ", no such controller in the cgroup.subtree_control above";
	case EBUSY:
		return ", where cgroup.subtree_control is set, processes are not allowed";
	case EOPNOTSUPP:
		return ", the cgroup is threaded, or below one that is";
	case EACCES:
	case EPERM:
		return ", the cgroup, and one above both it and ours, must be delegated to us";
	case ENOSPC:
		return ", cpuset.cpus and cpuset.mems come first";
	default:
		return "";
	}
}
