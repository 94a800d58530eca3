/* Why an exec failed: one line that names the cause and, where there is one, the remedy.
 * Used only after execve(2) has failed, so it costs nothing otherwise. It looks at the
 * filesystem again: call it with the working directory and the credentials of the payload. */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <limits.h>

struct exec_failure {
	const char *file; /* the command as the user gave it */
	const char *path; /* the PATH that was searched for it; NULL: it is a pathname */
	int element;      /* which element of path gave err, from 0; -1: any */
	int err;          /* errno of that execve */
	char *const *argv, *const *envp; /* for the sizes of E2BIG */
};

enum { EXPLAIN_SIZE = 2048 };

/* Puts the line into msg, without newline and control characters, cut to fit.
 * Returns EXIT_NOT_FOUND for ENOENT, ENOTDIR, ELOOP and ENAMETOOLONG, where the name leads to no
 * file (a missing "#!" or ELF interpreter is ENOENT too), and when no directory of PATH has it;
 * else EXIT_CANNOT_RUN. Serves for EAGAIN and ENOMEM of a clone(2), too. dash and BusyBox draw the
 * line there; bash and env(1) say 126 for all but ENOENT. */
int explain_exec(const struct exec_failure *f, char msg[static EXPLAIN_SIZE]);

/* After ENOEXEC: is it a text without "#!", which shells and execvp(3) run by /bin/sh? Then
 * pathname gets where it is. An empty file, or a first line with a NUL, is no text. Should
 * there be no /bin/sh, explain_exec() with the original ENOEXEC says so. */
int explain_is_script(const struct exec_failure *f, char pathname[static PATH_MAX]);

#endif
