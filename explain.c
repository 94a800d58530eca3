/* execve's errno alone does not tell the cause: ENOENT, for one, may be about the command, its "#!"
 * interpreter, or the ELF interpreter of either. So this goes the kernel's way through these files
 * again, and stops at the first that would be refused.
 *
 * The line consists of clauses, "unable to run 'X': #! interpreter 'Y': does not exist"; each is
 * about what the clause before it has named. */
#include "explain.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>

#include "cgroup.h"
#include "explain_parts.h"
#include "report.h"
#include "sys.h"

/* A file, five "#!" interpreters (exec_binprm() of fs/exec.c) and an ELF interpreter. */
#define CHAIN_MAX 7

/* bprm_stack_limits() of fs/exec.c, bytes: the arguments and variables with a pointer for each, and
 * one of them alone, where a page has 4 kB. */
#define ARGS_MAX   (6ull << 20)
#define ARGS_MIN   (128ull << 10)
#define STRING_MAX (128ull << 10)

enum finding explain_say(struct explanation *x, const char *text, ...)
{
	va_list args;

	x->length += format(x->msg + x->length, EXPLAIN_SIZE - x->length, ": ");
	va_start(args, text);
	x->length += format_args(x->msg + x->length, EXPLAIN_SIZE - x->length, text, args);
	va_end(args);
	return SAID;
}

/* ---- limits ---- */

/* RLIM_INFINITY where there is none, or it cannot be read. */
static unsigned long long limit(int resource)
{
	uint64_t both[2] = {RLIM_INFINITY, RLIM_INFINITY};

	sys(SYS_prlimit64, 0, resource, NULL, both);
	return both[0];
}

/* EAGAIN of a clone; and of an execve, when a change of user has brought its number of processes
 * over the limit (execve(2)). */
static void say_processes(struct explanation *x)
{
	unsigned long long user = limit(RLIMIT_NPROC);
	long long group = cgroup_pids_reached();

	explain_say(x, "EAGAIN: too many processes");
	if (group >= 0)
		explain_say(x, "raise pids.max of the cgroup, which is %lld", group);
	else if (user != RLIM_INFINITY)
		explain_say(x, "raise ulimit -u, which is %llu", user);
}

/* The bytes that a list of strings takes in the new process, and its longest string. */
static unsigned long long size_of(char *const *list, unsigned long long *longest)
{
	unsigned long long total = 0;

	for (; list && *list; list++) {
		size_t n = strlen(*list) + 1;
		total += n + sizeof *list;
		if (n > *longest)
			*longest = n;
	}
	return total;
}

static void say_too_big(struct explanation *x, const struct exec_failure *f)
{
	unsigned long long most = limit(RLIMIT_STACK) / 4, longest = 0;
	unsigned long long total = size_of(f->argv, &longest) + size_of(f->envp, &longest);

	if (most > ARGS_MAX)
		most = ARGS_MAX;
	if (most < ARGS_MIN)
		most = ARGS_MIN;
	explain_say(x, "E2BIG: arguments too long");
	if (total > most)
		explain_say(x,
			    "%llu bytes with the environment, limit %llu"
			    " (ulimit -s / 4, at most 6 MB)",
			    total, most);
	if (longest > STRING_MAX)
		explain_say(x, "one of them has %llu bytes, limit 32 pages (128 kB)", longest);
}

/* ---- the search in PATH ---- */

/* Puts element n of the PATH, a slash and the command into x->path; false if there is no such. An
 * empty element is the working directory. */
static bool join(struct explanation *x, const struct exec_failure *f, int n)
{
	const char *from = f->path;
	char *to = x->path;

	for (; n > 0; n--) {
		from = strchr(from, ':');
		if (!from)
			return false;
		from++;
	}
	for (; *from && *from != ':'; from++)
		if (to < x->path + PATH_MAX)
			*to++ = *from;
	if (to == x->path)
		*to++ = '.';
	*to++ = '/';
	format(to, PATH_MAX, "%s", f->file);
	return true;
}

/* From element n on, the first that has the command: any file of this name, or one that may not be
 * executed. */
static bool find_from(struct explanation *x, const struct exec_failure *f, int n, bool forbidden)
{
	for (; join(x, f, n); n++)
		if (forbidden ? explain_look(x, 0) == 0 && explain_is_forbidden(x)
			      : explain_look(x, AT_SYMLINK_NOFOLLOW) == 0)
			return true;
	return false;
}

/* Puts the file that gave the error into x->path; false if the command is nowhere. The search in
 * PATH goes on after ENOENT and ENOTDIR, and after EACCES, of which it remembers the first. So:
 * 1. Without an element that gave err, a file of this name has an interpreter that does not exist.
 * 2. An element that may not be searched gives EACCES for any name. The better explanation is a
 *    file further on that may not be executed. */
static bool locate(struct explanation *x, const struct exec_failure *f)
{
	if (!f->path) {
		format(x->path, sizeof x->path, "%s", f->file);
		return true;
	}
	if (f->element < 0 || !join(x, f, f->element))
		return find_from(x, f, 0, false);
	if (f->err == EACCES && explain_look(x, AT_SYMLINK_NOFOLLOW) == -EACCES &&
	    !find_from(x, f, f->element + 1, true)) {
		explain_say(x, "found nowhere else in PATH");
		join(x, f, f->element);
	}
	return true;
}

static void say_not_in_path(struct explanation *x, const struct exec_failure *f)
{
	explain_say(x, "not found in PATH '%s'", f->path);
	for (int n = 0; join(x, f, n); n++)
		if (explain_close_match(x))
			break;
}

/* What may have been meant by the name of a command that does not exist. */
static void say_hint(struct explanation *x, const char *file)
{
	if (strchr(file, ' '))
		explain_say(x, "one word with blanks; give the arguments as words of their own");
	else if (*file == '-')
		explain_say(x, "options go before the --");
}

/* ---- the file and its interpreters ---- */

/* Says what is left when no file has anything wrong: what the kernel, or a filter before it,
 * refuses for reasons that cannot be seen. */
static void say_refusal(struct explanation *x)
{
	static const struct {
		int err;
		const char *why;
	} reasons[] = {
		{EACCES, "refused by an ACL, a security module or seccomp"},
		{EPERM, "refused by file capabilities, a security module or seccomp"},
		{ENOSYS, "refused by seccomp"},
		{ENOENT, "an interpreter or emulator does not exist"},
		{ELOOP, "#! nested too deep"},
		{ETXTBSY, "the file or an interpreter of it is open for writing"},
		{EIO, "read error"},
	};

	explain_say(x, "%s", errno_name(x->err));
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].err == x->err)
			explain_say(x, "%s", reasons[i].why);
}

/* EPERM and ENOSYS may come before the kernel has looked for a file. */
static void say_cause(struct explanation *x)
{
	const size_t said = x->length;
	enum finding found = x->err == EPERM || x->err == ENOSYS ? FINE : FOLLOW;

	for (int i = 0; i < CHAIN_MAX && found == FOLLOW; i++) {
		found = explain_way(x);
		if (found == FINE)
			found = explain_access(x);
		if (found == FINE)
			found = explain_format(x);
	}
	if (found == SAID)
		return;
	x->length = said;
	say_refusal(x);
}

/* True for an error that says that a name leads to no file. */
static bool is_nowhere(int err)
{
	return err == ENOENT || err == ENOTDIR || err == ELOOP || err == ENAMETOOLONG;
}

static void say_where_and_why(struct explanation *x, const struct exec_failure *f)
{
	bool missing = explain_look(x, AT_SYMLINK_NOFOLLOW) < 0;

	if (f->path && !missing)
		explain_say(x, "'%s'", x->path);
	say_cause(x);
	if (missing && (f->path || is_nowhere(f->err)))
		say_hint(x, f->file);
}

/* Static, because it is large. */
static RARE struct explanation the_one;

int explain_exec(const struct exec_failure *f, char msg[static EXPLAIN_SIZE])
{
	struct explanation *x = &the_one;

	x->msg = msg;
	x->err = f->err;
	x->role = COMMAND;
	x->length = format(msg, EXPLAIN_SIZE, "unable to run '%s'", f->file);
	if (f->err == E2BIG) {
		say_too_big(x, f);
	} else if (f->err == EAGAIN) {
		say_processes(x);
	} else if (f->err == ENOMEM) {
		explain_say(x, "ENOMEM: out of memory");
	} else if (!*f->file) {
		explain_say(x, "empty name");
	} else if (locate(x, f)) {
		say_where_and_why(x, f);
	} else {
		say_not_in_path(x, f);
		say_hint(x, f->file);
		return EXIT_NOT_FOUND;
	}
	return is_nowhere(f->err) ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

bool explain_is_script(const struct exec_failure *f, char pathname[static PATH_MAX])
{
	struct explanation *x = &the_one;

	if (!locate(x, f) || !explain_is_text(x->path))
		return false;
	/* A name like -a/b would be an option to the shell. */
	format(pathname, PATH_MAX, "%s%s", *x->path == '-' ? "./" : "", x->path);
	return true;
}
