/* The way to a file that was to be executed, and the permission to do so. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "explain_parts.h"
#include "proc.h"
#include "sys.h"

/* MAXSYMLINKS of the kernel: how many a path may lead through. */
#define LINKS_MAX 40

#define ANY_EXECUTE (S_IXUSR | S_IXGRP | S_IXOTH)

/* Where there are two, the first has no room for a large file. */
#ifdef SYS_newfstatat
#define SYS_FSTATAT SYS_newfstatat
#elif defined SYS_fstatat64
#define SYS_FSTATAT SYS_fstatat64
#endif
#ifdef SYS_statfs64
#define STATFS(path, fs) sys(SYS_statfs64, path, sizeof(struct statfs), fs)
#else
#define STATFS(path, fs) sys(SYS_statfs, path, fs)
#endif

int explain_look(struct explanation *x, int flags)
{
#ifdef SYS_FSTATAT
	return (int)sys(SYS_FSTATAT, AT_FDCWD, x->path, &x->st, flags);
#else /* the youngest machines have no other */
	struct statx s = {0};
	int err = (int)sys(SYS_statx, AT_FDCWD, x->path, flags, STATX_BASIC_STATS, &s);

	x->st.st_mode = s.stx_mode;
	x->st.st_uid = s.stx_uid;
	x->st.st_gid = s.stx_gid;
	return err;
#endif
}

char *explain_last_name(char *path)
{
	char *name = path;

	for (; *path; path++)
		if (*path == '/')
			name = path + 1;
	return name;
}

/* ---- permission ---- */

static int access_to_execute(const struct explanation *x)
{
	return (int)sys(SYS_faccessat, AT_FDCWD, x->path, X_OK);
}

bool explain_is_forbidden(const struct explanation *x)
{
	return !S_ISREG(x->st.st_mode) || access_to_execute(x) == -EACCES;
}

/* Says that the mode does not permit the user to execute a file or to search a directory, if that
 * is the reason: a mode with all three bits permits everybody, one with none not even root. */
static bool say_mode(struct explanation *x)
{
	unsigned bits = x->st.st_mode & ANY_EXECUTE;

	if (bits == ANY_EXECUTE || (bits != 0 && access_to_execute(x) != -EACCES))
		return false;
	explain_say(x, "no execute permission for user %u (mode 0%o, owner %u:%u)",
		    (unsigned)sys(SYS_GETEUID), x->st.st_mode & 07777, x->st.st_uid, x->st.st_gid);
	return true;
}

enum finding explain_access(struct explanation *x)
{
	struct statfs fs;

	if (S_ISDIR(x->st.st_mode))
		return explain_say(x, "directory");
	if (!S_ISREG(x->st.st_mode))
		return explain_say(x, "not a regular file");
	if (STATFS(x->path, &fs) == 0 && (fs.f_flags & ST_NOEXEC))
		return explain_say(x, "on a noexec mount");
	return say_mode(x) ? SAID : FINE;
}

/* ---- the way ---- */

/* Finds the first component of x->path that cannot be reached, or is no directory although more
 * follows. Cuts the path behind it and returns -errno; 0 when there is none. */
static int cut_at_trouble(struct explanation *x, bool *more)
{
	for (char *p = x->path;;) {
		while (*p == '/')
			p++;
		while (*p && *p != '/')
			p++;
		char end = *p;
		*p = 0;
		*more = end != 0;
		int err = explain_look(x, 0);
		if (err == 0 && *more && !S_ISDIR(x->st.st_mode))
			err = -ENOTDIR;
		if (err < 0 || !*more)
			return err;
		*p = end;
	}
}

/* Puts the target of the symlink at x->path in its place; false if there is no symlink. */
static bool follow_link(struct explanation *x)
{
	char *to = x->path;

	if (sys_readlink(x->path, x->target, sizeof x->target) < 0)
		return false;
	format(x->link, sizeof x->link, "%s", x->path);
	if (*x->target != '/')
		to = explain_last_name(x->path);
	format(to, (size_t)(x->path + sizeof x->path - to), "%s", x->target);
	return true;
}

/* x->path gives EACCES: its directory may not be searched. */
static void say_locked(struct explanation *x)
{
	char *name = explain_last_name(x->path);

	if (name == x->path)
		format(x->path, sizeof x->path, ".");
	else if (name == x->path + 1)
		*name = 0;
	else
		name[-1] = 0;
	explain_say(x, "permission denied: '%s'", x->path);
	if (explain_look(x, 0) == 0)
		say_mode(x);
}

/* Says why x->path cannot be reached. If more followed, it is only the part up to the trouble. */
static void say_unreachable(struct explanation *x, int err, bool more)
{
	if (err == -EACCES) {
		say_locked(x);
		return;
	}
	if (more)
		explain_say(x, "'%s'", x->path);
	if (err == -ENOENT) {
		explain_say(x, "does not exist");
		if (!more)
			explain_close_match(x);
	} else {
		explain_say(x, "%s", err == -ENOTDIR ? "not a directory" : errno_name(-err));
	}
}

/* True for an error that is about the path. Any other, like EPERM of a seccomp filter, may be about
 * the look at it. */
static bool is_about_path(int err)
{
	return err == -ENOENT || err == -ENOTDIR || err == -EACCES || err == -ELOOP ||
	       err == -ENAMETOOLONG;
}

/* Where the way ends at a symlink, the trouble lies in its target; so that becomes the path, until
 * it ends at something else. */
enum finding explain_way(struct explanation *x)
{
	bool named = false; /* the line has named the link already */
	bool more;
	int err, links = 0;

	while ((err = cut_at_trouble(x, &more)) < 0) {
		if (explain_look(x, 0) == 0 || links == LINKS_MAX || !follow_link(x))
			break;
		named = links == 0 && !more;
		links++;
	}
	if (err == 0)
		return FINE;
	if (!is_about_path(err) && err != -x->err)
		return UNSEEN;
	if (links > 0) {
		if (!named)
			explain_say(x, "'%s'", x->link);
		explain_say(x, "symlink to '%s'", x->target);
	}
	say_unreachable(x, err, more);
	return SAID;
}

/* ---- names that are nearly right ---- */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool differ_in_case(const char *a, const char *b)
{
	while (*a && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return !*a && !*b;
}

/* "3" or "3.11" behind a name; behind a digit only ".11". */
static bool is_version(const char *tail)
{
	if (is_digit(tail[-1]) && is_digit(*tail))
		return false;
	while (*tail == '.' || is_digit(*tail))
		tail++;
	return !*tail && is_digit(tail[-1]);
}

static bool is_extension(const char *tail)
{
	static const char extensions[][4] = {".sh", ".py", ".pl", ".rb", ".js"};

	for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
		if (strcmp(tail, extensions[i]) == 0)
			return true;
	return false;
}

static bool is_close(const char *a, const char *b)
{
	const char *start = a;

	if (differ_in_case(a, b))
		return true;
	while (*a && *a == *b) {
		a++;
		b++;
	}
	if (a == start || (*a && *b))
		return false;
	const char *tail = *a ? a : b;
	return is_version(tail) || is_extension(tail);
}

/* A look for the name in a directory. */
struct match {
	struct explanation *x;
	char *at; /* where the name stands in x->path */
	char wanted[NAME_MAX + 1];
	bool found;
};

/* Puts a close name in the place of the wanted one. A program that may be executed ends the look.
 */
static bool try_name(const char *name, bool is_directory, void *arg)
{
	struct match *m = arg;

	if (is_directory || !is_close(m->wanted, name))
		return true;
	format(m->at, NAME_MAX + 1, "%s", name);
	m->found = explain_look(m->x, 0) == 0 && S_ISREG(m->x->st.st_mode) &&
		   access_to_execute(m->x) == 0;
	return !m->found;
}

bool explain_close_match(struct explanation *x)
{
	struct match m = {.x = x, .at = explain_last_name(x->path)};

	format(m.wanted, sizeof m.wanted, "%s", m.at);
	*m.at = 0;
	proc_entries(*x->path ? x->path : ".", try_name, &m);
	if (m.found)
		explain_say(x, "did you mean '%s'?", x->path);
	return m.found;
}
