/* Starts a program: what posix_spawn does, for a caller that must not fork, must not be lied to
 * about a failed exec, and wants its own file actions. General: nothing here knows of init.
 *
 * The child runs on a small stack in the caller's memory (clone with CLONE_VM) and reports a
 * failure through a close-on-exec pipe; end of file means that the program runs. Where CLONE_VM is
 * refused it is a plain fork. The caller must have all signals blocked. */
#ifndef SPAWN_H
#define SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "signals.h"

/* What is done, in the words of an error message; the file actions come first. */
enum spawn_step {
	SPAWN_CLOSE,        /* close(fd); not an error if it is not open */
	SPAWN_DUP2,         /* dup2(from, fd); with from == fd, clears close-on-exec */
	SPAWN_OPEN,         /* open(path, flags, mode) as fd */
	SPAWN_CHDIR,        /* chdir(path) */
	SPAWN_FCHDIR,       /* fchdir(fd) */
	SPAWN_SETSID,       /* setsid() */
	SPAWN_SETPGID,      /* setpgid(0, 0) */
	SPAWN_TERMINAL,     /* makes fd the controlling terminal; a refusal is no failure */
	SPAWN_FOREGROUND,   /* makes its group fd's foreground; a refusal is no failure */
	SPAWN_WRITE,        /* writes text to the file path of the directory fd */
	SPAWN_CHOWN,        /* makes fd the property of id; a refusal is no failure */
	SPAWN_SETGROUPS,    /* setgroups(from, groups) */
	SPAWN_SETGID,       /* setresgid(id, id, id) */
	SPAWN_SETUID,       /* setresuid(id, id, id) */
	SPAWN_PARENT_DEATH, /* SIGKILL when the parent dies; a refusal is no failure, but told. A
			     * change of user or group undoes it */
	SPAWN_PIPE,         /* the error pipe: made, moved out of an action's way, read */
	SPAWN_CLONE,
	SPAWN_EXEC,
};

struct spawn_action {
	enum spawn_step step;
	int fd;
	int from;
	const char *path;
	int flags;
	mode_t mode;
	const char *text;
	unsigned id;
	const unsigned *groups;
};

struct spawn {
	char *const *argv;
	char *const *envp;
	const char *path; /* NULL: execute argv[0]; else search these directories, as execvp does */
	const struct spawn_action *actions; /* done in this order */
	size_t count;
	bool apart; /* the child is to have a memory of its own: a plain fork, one page aside */
	const struct inherited *signals; /* given back to the child right before the exec */
	uint64_t hurry;    /* signals that, when pending, end a child whose exec takes long */
	int64_t deadline;  /* so does this; NEVER for none */
	pid_t parent;      /* so does our parent, when it is no longer this one; 0: whoever it is */
	char *pid_text[2]; /* if not NULL: DEC_SIZE bytes that get the child's pid, in decimal */
};

struct spawned {
	pid_t pid;
	bool killed;  /* before its exec, because of hurry, deadline or parent */
	int outlives; /* -errno: SPAWN_PARENT_DEATH was refused; else 0 */
	/* After a failure: */
	enum spawn_step step;
	int action;  /* index of the action that failed; count: all are done */
	int err;     /* errno */
	int element; /* which of the directories of path gave err, from 0; -1: none */
};

/* Returns 0 once the program runs, or died before it could; the negative out->err when a step
 * failed, with nothing left behind. */
int spawn(const struct spawn *s, struct spawned *out);

/* Does an action that has nothing to do with a child, in the caller: 0 or more, or -errno. */
int spawn_act(const struct spawn_action *a);

/* Of a step that can fail: "open", "exec" ... */
const char *spawn_step_name(enum spawn_step step);

#endif
