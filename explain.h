/* Why an exec failed: one line that names the cause and, where there is one, the remedy.
 *
 * Used only after execve(2) has failed. It looks at the file system again: call it with the working
 * directory and the credentials of the payload. Not reentrant. */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <limits.h>
#include <stdbool.h>

struct exec_failure {
	const char *file; /* the command as the user gave it */
	const char *path; /* the PATH that was searched for it; NULL: file is a pathname */
	int element;      /* which element of path gave err, from 0; -1: none, err is ENOENT */
	int err;          /* errno of that execve, or EAGAIN or ENOMEM of a clone(2) */
	char *const *argv, *const *envp; /* what E2BIG is about */
};

/* Enough for the longest chain of interpreters of names of QUOTE_MAX bytes. */
enum { EXPLAIN_SIZE = 3584 };

/* Puts the line into msg, without newline and control characters.
 *
 * Returns the exit code of cinit:
 * 1. EXIT_NOT_FOUND for ENOENT, ENOTDIR, ELOOP and ENAMETOOLONG, where a name leads to no file:
 *    the command's, or that of a "#!" or ELF interpreter. dash and BusyBox draw the line there;
 *    bash and env(1) say 126 for all but ENOENT.
 * 2. EXIT_CANNOT_RUN for any other error. */
int explain_exec(const struct exec_failure *f, char msg[static EXPLAIN_SIZE]);

/* After ENOEXEC: true for a file that shells and execvp(3) would run by /bin/sh; pathname then gets
 * its name. Should there be no /bin/sh, explain_exec() with the original ENOEXEC says so.
 *
 * Such a file is empty or begins with a line of text, by the rule of dash and bash: no NUL in the
 * part of the line that lies within the first 256 bytes. If the line begins with "#!", the kernel
 * has found no interpreter in it: only blanks follow, or its name does not end in those bytes. */
bool explain_is_script(const struct exec_failure *f, char pathname[static PATH_MAX]);

#endif
