#include "namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "report.h"
#include "signals.h"
#include "sys.h"

static _Noreturn void refuse(const char *what, int err, const char *remedy)
{
	report_failure(IS_ERROR, err, remedy, "%s for --namespace", what);
	sys_exit(EXIT_CINIT);
}

/* ---- the inner process ---- */

/* In the new user namespace we are who we were. A group may be mapped by an ordinary user only
 * after setgroups(2) is given up (user_namespaces(7)). */
static void map_user(unsigned uid, unsigned gid)
{
	char map[3 * DEC_SIZE];
	int err = sys_write_file(AT_FDCWD, "/proc/self/setgroups", "deny");

	if (err >= 0 || err == -ENOENT) {
		format(map, sizeof map, "%u %u 1", gid, gid);
		err = sys_write_file(AT_FDCWD, "/proc/self/gid_map", map);
	}
	if (err >= 0) {
		format(map, sizeof map, "%u %u 1", uid, uid);
		err = sys_write_file(AT_FDCWD, "/proc/self/uid_map", map);
	}
	if (err < 0)
		refuse("map the user", err, "");
}

/* /proc of the new namespace, seen in it alone. */
static void mount_proc(void)
{
	int err = (int)sys(SYS_mount, "none", "/", NULL, MS_REC | MS_PRIVATE, NULL);

	if (err == 0)
		err = (int)sys(SYS_mount, "proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
			       NULL);
	if (err < 0)
		refuse("mount /proc", err,
		       err == -EPERM    ? "; in a container its masked files forbid that"
		       : err == -EINVAL ? "; / is no mount point"
					: "");
}

static void become_inner(int pipe, enum standing standing, bool new_user, unsigned uid,
			 unsigned gid)
{
	struct pollfd p = {.fd = pipe, .events = POLLOUT};

	int err = (int)sys(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);

	if (err < 0)
		refuse("watch the outer process", err, "");
	/* The outer one may have died before the kernel was told to watch it: then nobody reads. */
	if (sys_poll(&p, 1, 0) > 0 && (p.revents & POLLERR))
		sys_exit(EXIT_CINIT);
	if (standing == STANDS_IN_OWN_GROUP)
		sys(SYS_setpgid, 0, 0);
	if (new_user)
		map_user(uid, gid);
	mount_proc();
}

/* ---- the outer process ---- */

/* All that is asked for is the inner one's to do; what is left is to forward every signal. */
static void become_outer(struct options *o)
{
	o->stop.count = 0;
	o->grace.count = 0;
	o->pause = false;
	o->group = false;
	o->continues = false;
	o->stop_self = false;
	o->status_fd = -1;
	o->status_file = NULL;
	o->time_limit = -1;
	memset(o->expect, 0, sizeof o->expect);
	for (int sig = 0; sig <= SIGNAL_MAX; sig++)
		o->rewrite[sig] = (unsigned char)sig;
}

/* A byte in the pipe raises SIGIO. */
static void listen_to(int fd)
{
	sys(SYS_FCNTL, fd, F_SETOWN, sys_getpid());
	sys(SYS_FCNTL, fd, F_SETFL, O_NONBLOCK | O_ASYNC);
}

void namespace_split(struct namespace *n, struct options *o, struct payload *p, struct terminal *t)
{
	const unsigned long flags = CLONE_NEWPID | CLONE_NEWNS;
	unsigned uid = (unsigned)sys(SYS_GETEUID), gid = (unsigned)sys(SYS_GETEGID);
	bool new_user = false;
	int pipe[2];
	long pid = sys(SYS_pipe2, pipe, O_CLOEXEC | O_NONBLOCK);

	if (pid < 0)
		refuse("make a pipe", (int)pid, "");
	terminal_stand(t, STANDS_AS_WITHOUT_INIT, false, false);
	pid = sys_fork(flags);
	if (pid == -EPERM) {
		new_user = true;
		pid = sys_fork(flags | CLONE_NEWUSER);
	}
	if (pid < 0)
		refuse("make a PID namespace", (int)pid,
		       pid == -EAGAIN || pid == -ENOMEM
			       ? ""
			       : "; needs CAP_SYS_ADMIN, or user namespaces that neither sysctl"
				 " (user.max_user_namespaces) nor seccomp forbids");
	n->side = pid == 0 ? SIDE_INNER : SIDE_OUTER;
	n->fd = pipe[pid == 0];
	sys_close(pipe[pid != 0]);
	if (pid == 0) {
		become_inner(n->fd, t->standing, new_user, uid, gid);
		return;
	}
	become_outer(o);
	listen_to(n->fd);
	p->pid = (pid_t)pid;
	p->is_init = true;
	p->leads = t->standing == STANDS_IN_OWN_GROUP;
	if (p->leads)
		sys(SYS_setpgid, pid, pid);
}

/* ---- what goes through the pipe: a byte, whose highest bit means a death ---- */

#define DEATH 0x80

static void tell(const struct namespace *n, unsigned char byte)
{
	sys_write(n->fd, &byte, 1);
}

void namespace_tell_stop(const struct namespace *n, int sig)
{
	tell(n, (unsigned char)sig);
}

void namespace_tell_death(const struct namespace *n, int sig)
{
	tell(n, (unsigned char)(DEATH | sig));
}

int namespace_told(const struct namespace *n)
{
	unsigned char byte;

	if (sys_read(n->fd, &byte, 1) != 1)
		return 0;
	return byte & DEATH ? -(byte & ~DEATH) : byte;
}
