#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include "format.h"
#include "report.h"
#include "sys.h"

/* In musl's libc.a, hidden from shared objects: clone(2) but that it returns -errno. */
#ifndef HOSTED
__attribute__((__visibility__("hidden")))
#endif
int __clone(int (*run)(void *), void *stack, int flags,
						      void *arg, ...);

/* How often to look after a child whose exec takes long, in milliseconds. */
#define LOOK_MS 100

/* The child's frames, in bytes: less than 500 on x86-64, more on other machines. The rest makes
 * this the deepest that init ever gets, by some 400 bytes: where the stack is limited too much,
 * init ends here, and not with a payload that runs. */
#define STACK_SIZE 3584

/* Parent and child share it: by CLONE_VM, or by sys_share. After a plain fork for want of CLONE_VM
 * they do not, and a failure goes through the pipe alone. */
struct task {
	const struct spawn *s;
	int pipe[2];
	pid_t parent;
	struct spawned made; /* less than PIPE_BUF: it goes through the pipe in one piece */
};

const char *spawn_step_name(enum spawn_step step)
{
	static const char text[][10] = {
		[SPAWN_DUP2] = "dup2",     [SPAWN_OPEN] = "open",
		[SPAWN_CHDIR] = "chdir",   [SPAWN_FCHDIR] = "fchdir",
		[SPAWN_SETSID] = "setsid", [SPAWN_SETPGID] = "setpgid",
		[SPAWN_WRITE] = "write",   [SPAWN_SETGROUPS] = "setgroups",
		[SPAWN_SETGID] = "setgid", [SPAWN_SETUID] = "setuid",
		[SPAWN_PIPE] = "pipe",     [SPAWN_CLONE] = "clone",
		[SPAWN_EXEC] = "exec",
	};

	return text[step];
}

/* ---- in the child, whose memory may be the parent's: calls return -errno ---- */

/* Moves the error pipe to another fd. */
static int move_pipe(int *p)
{
	int moved = (int)sys(SYS_FCNTL, *p, F_DUPFD_CLOEXEC, 0);

	if (moved >= 0) {
		sys_close(*p);
		*p = moved;
	}
	return moved;
}

/* Before open as target: open(2) gives the lowest free fd, in whose place the pipe must not stand,
 * and neither may it be the target. The lowest free fd is held while the next is asked for. */
static int clear_for_open(int *p, int target)
{
	int held = (int)sys(SYS_FCNTL, *p, F_DUPFD_CLOEXEC, 0);
	int spare = held;
	int result = held;

	if (held > *p && held != target && *p != target) {
		spare = *p;
		*p = held;
	} else if (held >= 0 && (held > *p || *p == target)) {
		result = move_pipe(p);
	}
	if (spare >= 0)
		sys_close(spare);
	return result;
}

static int open_as(const struct spawn_action *a)
{
	int fd = sys_open(a->path, a->flags, a->mode);
	int result;

	if (fd < 0 || fd == a->fd)
		return fd;
	result = (int)sys(SYS_dup3, fd, a->fd, 0);
	sys_close(fd);
	return result;
}

/* dup3 onto itself is an error, dup2 only leaves close-on-exec set. */
static int dup_to(int from, int fd)
{
	int flags;

	if (from != fd)
		return (int)sys(SYS_dup3, from, fd, 0);
	flags = (int)sys(SYS_FCNTL, fd, F_GETFD);
	return flags < 0 ? flags : (int)sys(SYS_FCNTL, fd, F_SETFD, flags & ~FD_CLOEXEC);
}

/* Looks whether it is done: filters that answer 0 and do nothing exist. */
static int set_id(long set, long get, unsigned id)
{
	unsigned now[3];
	int result = (int)sys(set, id, id, id);

	if (result == 0)
		result = (int)sys(get, &now[0], &now[1], &now[2]);
	if (result == 0 && (now[0] != id || now[1] != id || now[2] != id))
		result = -EPERM;
	return result;
}

/* The parent may have died before the kernel was told to watch it. */
static int die_with_parent(struct task *t)
{
	pid_t now;

	t->made.outlives = (int)sys(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
	now = (pid_t)sys(SYS_getppid);
	if (now > 0 && t->parent > 0 && now != t->parent)
		sys_kill(sys_getpid(), SIGKILL);
	return 0;
}

/* Does one action. The pipe is not the caller's, so it is "not open" to those that name it as their
 * source. */
static int act(const struct spawn_action *a, int p)
{
	int self;

	switch (a->step) {
	case SPAWN_CLOSE:
		sys_close(a->fd);
		return 0;
	case SPAWN_DUP2:
		return a->from == p ? -EBADF : dup_to(a->from, a->fd);
	case SPAWN_OPEN:
		return open_as(a);
	case SPAWN_CHDIR:
		return (int)sys(SYS_chdir, a->path);
	case SPAWN_FCHDIR:
		return a->fd == p ? -EBADF : (int)sys(SYS_fchdir, a->fd);
	case SPAWN_SETSID:
		return (int)sys(SYS_setsid);
	case SPAWN_SETPGID:
		return (int)sys(SYS_setpgid, 0, 0);
	case SPAWN_TERMINAL:
		sys(SYS_ioctl, a->fd, TIOCSCTTY, 0);
		return 0;
	case SPAWN_FOREGROUND:
		/* From a background group this raises SIGTTOU, which is blocked. */
		self = sys_getpid();
		sys(SYS_ioctl, a->fd, TIOCSPGRP, &self);
		return 0;
	case SPAWN_WRITE:
		return a->fd == p ? -EBADF : sys_write_file(a->fd, a->path, a->text);
	case SPAWN_CHOWN:
		sys(SYS_FCHOWN, a->fd, a->id, -1);
		return 0;
	case SPAWN_SETGROUPS:
		return (int)sys(SYS_SETGROUPS, a->from, a->groups);
	case SPAWN_SETGID:
		return set_id(SYS_SETRESGID, SYS_GETRESGID, a->id);
	case SPAWN_SETUID:
		return set_id(SYS_SETRESUID, SYS_GETRESUID, a->id);
	default:
		return -EINVAL;
	}
}

int spawn_act(const struct spawn_action *a)
{
	return act(a, -1);
}

static int act_around_pipe(const struct spawn_action *a, int *p, struct task *t)
{
	struct spawned *f = &t->made;
	bool onto = a->step == SPAWN_CLOSE || (a->step == SPAWN_DUP2 && a->from != *p);
	int result = 0;

	f->step = SPAWN_PIPE;
	if (onto && a->fd == *p)
		result = move_pipe(p);
	else if (a->step == SPAWN_OPEN)
		result = clear_for_open(p, a->fd);
	if (result < 0)
		return result;
	f->step = a->step;
	return a->step == SPAWN_PARENT_DEATH ? die_with_parent(t) : act(a, *p);
}

/* As execvp(3): go on after a directory that has no such file, remember the first that forbade
 * it. A name that gets too long is no file. */
static int search(const struct spawn *s, struct spawned *f)
{
	static LONG_TAILED char name[PATH_MAX];
	size_t length = strlen(s->argv[0]) + 1;
	const char *dir = s->path;
	int result = -ENOENT;

	for (int element = 0; dir; element++) {
		const char *end = dir;
		int err = -ENOENT;
		while (*end && *end != ':')
			end++;
		size_t n = (size_t)(end - dir);
		if (n + 1 + length <= sizeof name) {
			memcpy(name, dir, n);
			name[n] = '/';
			memcpy(name + n + (n > 0), s->argv[0], length);
			err = (int)sys(SYS_execve, name, s->argv, s->envp);
		}
		dir = *end ? end + 1 : NULL;
		if (err == -ENOENT || err == -ENOTDIR || err == result)
			continue;
		result = err;
		f->element = element;
		if (err != -EACCES)
			break;
	}
	return result;
}

static int child(void *arg)
{
	struct task *t = arg;
	const struct spawn *s = t->s;
	struct spawned *f = &t->made;
	int p = t->pipe[1];
	int result = 0;

	sys_close(t->pipe[0]);
	while (f->action < (int)s->count &&
	       (result = act_around_pipe(&s->actions[f->action], &p, t)) >= 0)
		f->action++;
	if (result >= 0) {
		for (size_t i = 0; i < 2; i++)
			if (s->pid_text[i])
				format(s->pid_text[i], DEC_SIZE, "%d", sys_getpid());
		signals_restore(s->signals);
		f->step = SPAWN_EXEC;
		result =
			s->path ? search(s, f) : (int)sys(SYS_execve, s->argv[0], s->argv, s->envp);
	}
	f->err = -result;
	while (sys_write(p, f, sizeof *f) == -EINTR)
		;
	sys_exit(EXIT_NOT_FOUND);
}

/* ---- in the parent ---- */

static void fail(struct spawned *made, enum spawn_step step, int err)
{
	made->step = step;
	made->err = err;
}

/* Refused by a seccomp filter, or by an emulator that knows CLONE_VM for threads only: a plain fork
 * runs the same code. */
static int clone_child(char *stack_end, struct task *t)
{
	int pid = t->s->apart ? -ENOSYS : __clone(child, stack_end, CLONE_VM | SIGCHLD, t);

	if (pid == -EPERM || pid == -EINVAL || pid == -ENOSYS)
		pid = __clone(child, stack_end, SIGCHLD, t);
	return pid;
}

static bool is_called_off(const struct spawn *s)
{
	return signals_would_act(signals_pending() & s->hurry) || deadline_left(s->deadline) == 0 ||
	       (s->parent && (pid_t)sys(SYS_getppid) != s->parent);
}

/* An exec may take long: a slow disk, a filter that asks somebody. Meanwhile
 * 1. a stop key may hit the child between its old mask and the exec, and nobody else would continue
 *    it;
 * 2. a stop signal, a deadline or the death of our parent must not wait for the exec. */
static void look_after(pid_t pid, int pipe, const struct spawn *s, bool *killed)
{
	struct pollfd p = {.fd = pipe, .events = POLLIN};

	while (sys_poll(&p, 1, LOOK_MS) == 0) {
		/* Once more: it may have been executed just now, and what was sent is for it. */
		if (is_called_off(s) && sys_poll(&p, 1, 0) == 0) {
			*killed = true;
			sys_kill(pid, SIGKILL);
			return;
		}
		sys_kill(pid, SIGCONT);
	}
}

/* What the child reports. 0 for end of file. For any error of read(2) but EINTR the child is ended:
 * it may be running on our stack, so it must not be left to itself. */
static long read_report(pid_t pid, int pipe, struct spawned *f)
{
	long n;

	do
		n = sys_read(pipe, f, sizeof *f);
	while (n == -EINTR);
	if (n < 0)
		fail(f, SPAWN_PIPE, (int)-n);
	/* It is about to exit; should a stop signal hit it first, nobody would continue it. */
	if (n != 0)
		sys_kill(pid, SIGKILL);
	return n;
}

/* Until the child runs the program, or has ended. */
static void await_exec(struct task *t, pid_t pid)
{
	long n;

	look_after(pid, t->pipe[0], t->s, &t->made.killed);
	n = read_report(pid, t->pipe[0], &t->made);
	t->made.pid = pid;
	if (n == 0 && !t->made.err)
		return;
	while (sys(SYS_wait4, pid, NULL, 0, NULL) == -EINTR)
		;
}

static void start(struct task *t)
{
	_Alignas(16) char stack[STACK_SIZE];
	int pid = clone_child(stack + sizeof stack, t);

	/* Our writing end would hold the end of file back. Where a filter refuses close(2), it
	 * gives way to a second reading end. */
	if (sys_close(t->pipe[1]) < 0)
		sys(SYS_dup3, t->pipe[0], t->pipe[1], O_CLOEXEC);
	if (pid < 0)
		fail(&t->made, SPAWN_CLONE, -pid);
	else
		await_exec(t, pid);
	sys_close(t->pipe[0]);
}

int spawn(const struct spawn *s, struct spawned *out)
{
	struct task own, *t = s->apart ? sys_share(sizeof own) : NULL;
	int err;

	if (!t)
		t = &own;
	*t = (struct task){.s = s, .parent = sys_getpid(), .made.element = -1};
	err = (int)sys(SYS_pipe2, t->pipe, O_CLOEXEC);
	if (err < 0)
		fail(&t->made, SPAWN_PIPE, -err);
	else
		start(t);
	*out = t->made;
	if (t != &own)
		sys(SYS_munmap, t, sizeof own);
	return -out->err;
}
