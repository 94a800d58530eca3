/* What the parts of explain.c share. */
#ifndef EXPLAIN_PARTS_H
#define EXPLAIN_PARTS_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "format.h"

/* What a look at one file led to. */
enum finding {
	SAID,   /* the cause is found, and said */
	FOLLOW, /* the kernel went on to another file, whose name is now in path */
	FINE,   /* nothing wrong, as far as can be seen */
	UNSEEN, /* it cannot be looked at */
};

/* What the kernel took a file for. */
enum role { COMMAND, SCRIPT_INTERPRETER, ELF_INTERPRETER };

struct explanation {
	char *msg;                   /* EXPLAIN_SIZE bytes: what is said up to now */
	size_t length;               /* of that */
	int err;                     /* errno of the execve */
	enum role role;              /* of the file at path */
	unsigned arch;               /* of the ELF program, once there was one: enum arch */
	char path[2 * PATH_MAX + 2]; /* the file to look at; an element of PATH, and a name */
	struct stat st;              /* what explain_look() has found there */
	char link[PATH_MAX];         /* the last symlink followed, */
	char target[PATH_MAX];       /* and where it leads */
};

/* Adds ": " and a clause to the line. Returns SAID. */
enum finding explain_say(struct explanation *x, const char *text, ...) LIKE_PRINTF(2, 3);

/* The last component of a pathname. */
char *explain_last_name(char *path);

/* ---- explain_path.c: the way to a file ---- */

/* fstatat(2) of path with these flags; 0 or -errno. */
int explain_look(struct explanation *x, int flags);

/* faccessat(2) of path for execution. False also where the call itself is refused, which says
 * nothing about the file. */
bool explain_is_forbidden(const struct explanation *x);

/* Goes to path component by component. FINE when it leads to a file; that one is in st then. */
enum finding explain_way(struct explanation *x);

/* Looks for what makes the kernel refuse the file at path whatever it contains. */
enum finding explain_access(struct explanation *x);

/* Proposes a program in the same directory whose name differs from path's last component in case,
 * or by a version or extension at its end. True if there is one. */
bool explain_close_match(struct explanation *x);

/* ---- explain_format.c: what is in a file ---- */

/* BINPRM_BUF_SIZE: the bytes of a file that decide on its format. */
#define HEAD_SIZE 256

struct file {
	int fd;
	long size;                /* of what is in head, or -errno */
	char head[HEAD_SIZE + 1]; /* null bytes follow */
};

/* Looks into the file at path. */
enum finding explain_format(struct explanation *x);

/* The rule of explain_is_script() for the file at path. */
bool explain_is_text(const char *path);

/* ---- explain_elf.c ---- */

/* Looks at a file that begins like an ELF program. */
enum finding explain_elf(struct explanation *x, const struct file *f);

#endif
