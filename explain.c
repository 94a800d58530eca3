/* Why an exec failed. A line is made of clauses: "unable to run X", the interpreters on the way,
 * the cause; each is about what the one before named. errno alone cannot tell: ENOENT may be about
 * the file, its "#!" interpreter or the ELF interpreter of that one; so the way of the kernel is
 * gone again. */
#include "explain.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "proc.h"
#include "report.h"
#include "sys.h"

enum {
	HEAD_SIZE = 256,        /* BINPRM_BUF_SIZE: the part of a file that decides its format */
	CLAUSE_SIZE = 500,      /* so a long name cannot take the whole line */
	CLAUSES_MAX = 16,       /* more than are ever said */
	CHAIN_MAX = 7,          /* a file, 5 "#!" interpreters (fs/exec.c) and an ELF interpreter */
	ARGS_MAX = 6 * 1048576, /* bytes for argv and envp: 3/4 of the default stack limit */
	NOEXEC = 8,             /* ST_NOEXEC of f_flags */
};

/* The first one of 32-bit machines knows 16 bits. */
#ifdef SYS_geteuid32
#define SYS_GETEUID SYS_geteuid32
#else
#define SYS_GETEUID SYS_geteuid
#endif
#ifdef SYS_newfstatat
#define SYS_FSTATAT SYS_newfstatat
#else
#define SYS_FSTATAT SYS_fstatat64
#endif
#ifdef SYS_statfs64
#define STATFS(path, fs) sys(SYS_statfs64, path, sizeof(struct statfs), fs)
#else
#define STATFS(path, fs) sys(SYS_statfs, path, fs)
#endif

/* Small, but smaller when called: each has a system call in it. */
#define NOINLINE __attribute__((__noinline__))

/* What a look led to: the cause is said, or that it is elsewhere. */
enum { SAID, FOLLOW, UNKNOWN };

/* Static, because it is large and there is one exec to explain at a time. */
static struct {
	char *end;  /* of what was said up to now */
	char *name; /* the last component of path */
	int err;    /* of the execve, as it concerns the file looked at */
	int fd;     /* of that file */
	long size;  /* of what is in head; a null byte follows */
	union {
		char text[HEAD_SIZE + 1];
		uint16_t half[HEAD_SIZE / 2];
		uint32_t word[HEAD_SIZE / 4];
	} head;
	uint32_t segment[sizeof(Elf64_Phdr) / 4];
	uint64_t limit[2];
	struct stat st;
	struct statfs fs;
	char line[CLAUSES_MAX * (CLAUSE_SIZE + 2)];
	char path[2 * PATH_MAX + 2]; /* the file looked at: an element of PATH, and a name */
	char target[PATH_MAX];       /* of a symlink */
	_Alignas(struct dirent) char entries[4096];
} now;

/* What may be in a file, told apart by address, and what is then wrong with it. */
static const char is_elf[] = "invalid ELF program, or wrong class";
static const char is_script[] = "#! line too long";
static const char is_text[] = "text without #!, needs /bin/sh";

/* Names, each behind the two bytes of e_machine, in the order that they have in the file. */
static const char machines[] = "\3\0i386\0\76\0x86-64\0\50\0arm\0\267\0aarch64\0\363\0riscv64\0"
			       "\25\0ppc64le\0\0\26s390x\0\2\1loongarch64\0\0\0another machine";

/* The ELF header of this very program, so of this machine; provided by the linker. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

/* Adds a clause. */
static LIKE_PRINTF(1, 2) int say(const char *format, ...)
{
	char *to = now.end;
	va_list args;

	*to++ = ':';
	*to++ = ' ';
	va_start(args, format);
	report_vformat(to, CLAUSE_SIZE, format, args);
	va_end(args);
	now.end = to + strlen(to);
	return SAID;
}

static int say_text(const char *text)
{
	return say("%s", text);
}

static int say_errno(int err)
{
	return say_text(report_errno(err));
}

static void copy(char to[static PATH_MAX], const char *from)
{
	report_format(to, PATH_MAX, "%s", from);
}

/* Ends the line. */
static void finish(char *msg)
{
	const char *from = now.line + 2;

	for (int left = EXPLAIN_SIZE; --left && *from; msg++) {
		*msg = *from++;
		if ((unsigned char)*msg < ' ' || *msg == 127)
			*msg = '?';
	}
	*msg = 0;
}

/* ---- limits ---- */

static NOINLINE unsigned long long limit(int resource)
{
	sys(SYS_prlimit64, 0, resource, NULL, now.limit);
	return now.limit[0];
}

/* "max" in a pids.max is no limit worth naming. */
static void say_resource(int err)
{
	unsigned long long n = limit(RLIMIT_NPROC);

	say_errno(err);
	if (n + 1)
		say("ulimit -u is %llu", n);
	for (const char *file = "pids/pids.max";; file += 5) {
		if (proc_read(now.target, DEC_SIZE, "/sys/fs/cgroup/%s", file) &&
		    proc_number(now.target, "", 10, &n))
			say("pids.max is %llu", n);
		if (file[4] != '/')
			break;
	}
}

/* bprm_stack_limits() of fs/exec.c */
static void say_too_big(const struct exec_failure *f)
{
	char *const *const lists[] = {f->argv, f->envp};
	unsigned long long most = limit(RLIMIT_STACK) / 4;
	unsigned long total = 0, longest = 0;

	for (int i = 0; i < 2; i++)
		for (char *const *s = lists[i]; *s; s++) {
			unsigned long n = strlen(*s) + 1;
			total += n + sizeof *s;
			if (n > longest)
				longest = n;
		}
	say("arguments and environment: %lu bytes of %llu (ulimit -s / 4), longest %lu of 32 pages",
	    total, most < ARGS_MAX ? most : ARGS_MAX, longest);
}

/* ---- the way to a file ---- */

static NOINLINE long at_path(long call, long a, int b)
{
	return sys(call, AT_FDCWD, now.path, a, b);
}

static NOINLINE int look(int flags)
{
	return -(int)at_path(SYS_FSTATAT, (long)&now.st, flags);
}

/* Puts the first element of a PATH and a name into now.path; returns the next element. */
static const char *join(const char *dir, const char *name)
{
	char *to = now.path;

	for (; *dir && *dir != ':'; dir++)
		if (to < now.path + PATH_MAX)
			*to++ = *dir;
	if (to == now.path)
		*to++ = '.';
	*to++ = '/';
	now.name = to;
	copy(to, name);
	return *dir ? dir + 1 : NULL;
}

/* now.path gets the file that was executed. In PATH, of those that are there, the one that gave
 * err, or the first for ENOENT and EACCES: they do not end the search, and a directory that may
 * not be searched gives EACCES for any name. */
static bool locate(const struct exec_failure *f)
{
	const char *path = f->path;

	if (!path)
		copy(now.path, f->file);
	for (int i = 0; path; i++) {
		path = join(path, f->file);
		if ((i >= f->element || f->err == EACCES) && !look(AT_SYMLINK_NOFOLLOW))
			return true;
	}
	return !f->path;
}

/* Is it the same but for case, or for an extension or version number of one of them? */
static bool is_close(const char *a, const char *b)
{
	for (; *a && *b && (*a | 32) == (*b | 32); a++)
		b++;
	return !(*a && *b) && strchr(".0123456789", *a | *b);
}

/* Looks for a program in the directory of now.path with a name close to the one there. */
static bool say_close_match(void)
{
	bool found = false;
	long n;
	int fd;

	copy(now.target, now.name);
	*now.name = 0;
	fd = sys_open(now.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	while (!found && (n = sys(SYS_getdents64, fd, now.entries, sizeof now.entries)) > 0)
		for (const struct dirent *e = (const void *)now.entries;
		     !found && (const char *)e < now.entries + n;
		     e = (const void *)((const char *)e + e->d_reclen)) {
			found = is_close(now.target, e->d_name) && e->d_type != DT_DIR &&
				!sys(SYS_faccessat, fd, e->d_name, X_OK);
			if (found)
				say("did you mean %s%s?", now.path, e->d_name);
		}
	sys_close(fd);
	return found;
}

static void say_not_in_path(const struct exec_failure *f)
{
	const char *path = f->path;

	say("not found in PATH %s", path);
	do
		path = join(path, f->file);
	while (!say_close_match() && path);
}

static int say_mode(void)
{
	return say("no execute permission for user %u (mode 0%o, owner %u:%u)",
		   (unsigned)sys(SYS_GETEUID), now.st.st_mode & 07777, now.st.st_uid,
		   now.st.st_gid);
}

/* Says why now.path, of which more follows or not, gives err. */
static int say_missing(int err, int more)
{
	const bool is_link = sys_readlink(now.path, now.target, sizeof now.target);

	if (!is_link && err != ENOENT) {
		*now.name = 0;
		more = 1;
	}
	if (more)
		say_text(now.path);
	if (is_link)
		say("symlink to %s", now.target);
	if (err == EACCES && !look(0))
		return say_mode();
	if (err != ENOENT)
		return say_errno(err);
	say("does not exist");
	say_close_match();
	return SAID;
}

/* Goes to now.path piece by piece. */
static int reach(void)
{
	for (char *p = now.path;;) {
		while (*p == '/')
			p++;
		now.name = p;
		while (*p && *p != '/')
			p++;
		char end = *p;
		*p = 0;
		int err = look(0);
		if (err)
			return say_missing(err, end);
		*p = end;
		if (!end)
			return FOLLOW;
	}
}

/* Says why the kernel gives EACCES for the file, whatever is in it. */
static int allowed(void)
{
	if (!S_ISREG(now.st.st_mode))
		return say(S_ISDIR(now.st.st_mode) ? "directory" : "not a regular file");
	if (!STATFS(now.path, &now.fs) && (now.fs.f_flags & NOEXEC))
		return say("on a noexec mount");
	return at_path(SYS_faccessat, X_OK, 0) ? say_mode() : FOLLOW;
}

/* ---- what is in a file ---- */

static NOINLINE long read_at(void *buf, size_t size, unsigned long at)
{
	sys(SYS_lseek, now.fd, at, SEEK_SET);
	return sys_read(now.fd, buf, size);
}

/* Opens now.path and reads its head. Never waits, whatever it is. */
static const char *open_head(void)
{
	const char *p = now.head.text;

	now.fd = (int)at_path(SYS_openat, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0);
	now.size = sys_read(now.fd, now.head.text, HEAD_SIZE);
	if (now.size <= 0)
		return now.size ? "not readable" : "empty file";
	now.head.text[now.size] = 0;
	if (p[0] == 0x7f && p[1] == 'E')
		return is_elf;
	if (p[0] == '#' && p[1] == '!')
		return is_script;
	if (p[0] == '\xef' && p[3] == '#')
		return "UTF-8 byte order mark before #!";
	while (*p && *p != '\n')
		p++;
	return *p || p == now.head.text + now.size ? is_text : "not a program";
}

static const char *machine_of(const char *header)
{
	const char *m = machines;

	while ((*m || m[1]) && (*m != header[18] || m[1] != header[19]))
		m += strlen(m + 2) + 3;
	return m + 2;
}

/* Says what is wrong with an ELF file that the kernel did not take. */
static int say_bad_elf(void)
{
	const char *theirs = machine_of(now.head.text), *ours = machine_of(__ehdr_start);

	return now.size < (long)sizeof(Elf32_Ehdr) || theirs == ours
		       ? say(is_elf)
		       : say("built for %s, this machine is %s", theirs, ours);
}

/* Goes on to the ELF interpreter. The kernel took the header, so the byte order is ours, and the
 * members are told apart by class alone; of offsets the lower 32 bits will do. */
static int follow_elf(void)
{
	const unsigned wide = now.head.text[EI_CLASS] == ELFCLASS64;
	const unsigned low = wide + (wide && *(const char *)&(int){1} == 0);
	uint32_t at = now.head.word[7 + low];
	char *libc = now.path;
	long size;

	for (unsigned n = now.head.half[22 + 6 * wide];; n--) {
		if (!n || read_at(now.segment, sizeof now.segment, at) <= 0)
			return UNKNOWN;
		if (*now.segment == PT_INTERP)
			break;
		at += 32 + 24 * wide;
	}
	size = read_at(now.path, PATH_MAX - 1, now.segment[1 + low]);
	if (size <= 0)
		return UNKNOWN;
	now.path[size] = 0;
	for (char *p = libc; *p; p++)
		if (*p == '/')
			libc = p;
	libc += libc[3] == '-' ? 4 : 3;
	say("ELF interpreter %s%s", now.path,
	    *libc == 'm'                   ? " of musl"
	    : *libc == 'l' || *libc == '6' ? " of glibc"
					   : "");
	/* What these say of the format of a file is about the ELF interpreter. */
	if (now.err == ELIBBAD || now.err == EIO)
		now.err = ENOEXEC;
	return FOLLOW;
}

/* Goes on to the "#!" interpreter; the line as load_script() of fs/binfmt_script.c reads it. */
static int follow_script(void)
{
	char *p = now.head.text + 2, *name;

	while (*p == ' ' || *p == '\t')
		p++;
	name = p;
	while ((unsigned char)*p > ' ')
		p++;
	if (p == now.head.text + HEAD_SIZE)
		return say(is_script);
	const char end = *p;
	*p = 0;
	copy(now.path, name);
	say("#! interpreter %s", name);
	return end == '\r' ? say("line ends in CRLF, not LF") : FOLLOW;
}

/* Looks into now.path. */
static int step(void)
{
	const char *what = open_head();
	int how = UNKNOWN;

	if (what == is_script)
		how = follow_script();
	else if (what == is_elf)
		how = now.err == ENOEXEC ? say_bad_elf() : follow_elf();
	else if (now.err == ENOEXEC)
		how = say_text(what);
	sys_close(now.fd);
	return how;
}

/* Follows the file and its interpreters to the one that is the trouble. If none is, the file was
 * refused as such. */
static void say_cause(int err)
{
	char *const said = now.end;
	int how;

	now.err = err;
	for (int i = 0; i < CHAIN_MAX; i++) {
		how = reach() && allowed() ? step() : SAID;
		if (how == SAID)
			return;
		if (how == UNKNOWN)
			break;
	}
	now.end = said;
	say_errno(err);
	if (err == EACCES || err == EPERM)
		say("refused by file capabilities, a security module or seccomp");
	else if (err == ETXTBSY)
		say("open for writing");
	else if (err == ELOOP)
		say("#! nested too deep");
}

int explain_exec(const struct exec_failure *f, char msg[static EXPLAIN_SIZE])
{
	static const char nowhere[] = {ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, 0};
	int err = f->err;

	now.end = now.line;
	say("unable to run %s", f->file);
	if (err == E2BIG) {
		say_too_big(f);
	} else if (err == EAGAIN || err == ENOMEM) {
		say_resource(err);
	} else if (!locate(f)) {
		say_not_in_path(f);
		err = ENOENT;
	} else {
		if (f->path)
			say_text(now.path);
		say_cause(err);
	}
	finish(msg);
	return strchr(nowhere, err) ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

int explain_is_script(const struct exec_failure *f, char pathname[static PATH_MAX])
{
	const char *what;

	locate(f);
	what = open_head();
	sys_close(now.fd);
	copy(pathname, now.path);
	return what == is_text;
}
