/* explain.c where a file alone cannot bring the cause about: sizes, limits, and errnos that depend
 * on the machine, its security modules, or other processes. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../explain.c"

#if __SIZEOF_LONG__ == 8
#define ElfW(type) Elf64_##type
#else
#define ElfW(type) Elf32_##type
#endif

static int failures;

static void check(const char *name, int code, int wanted, const char *msg, const char *pattern)
{
	if (code == wanted && fnmatch(pattern, msg, 0) == 0)
		return;
	failures++;
	printf("%s: %d \"%s\", not %d \"%s\"\n", name, code, msg, wanted, pattern);
}

static void exec_says(const char *name, struct exec_failure f, int wanted, const char *pattern)
{
	char msg[EXPLAIN_SIZE];
	int code = explain_exec(&f, msg);

	check(name, code, wanted, msg, pattern);
}

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void set_limit(int resource, rlim_t n)
{
	struct rlimit limit;

	sys(SYS_prlimit64, 0, resource, NULL, &limit);
	limit.rlim_cur = n;
	sys(SYS_prlimit64, 0, resource, &limit, NULL);
}

static void write_file(const char *name, const void *content, size_t size)
{
	FILE *f = fopen(name, "w");

	if (!f || fwrite(content, 1, size, f) != size || fclose(f) != 0 || chmod(name, 0755) != 0)
		die(name);
}

/* ---- limits ---- */

static void e2big(void)
{
	static char half[100001], whole[200001];
	char *args[] = {"app", half, half, half, NULL}, *one[] = {"app", whole, NULL};
	char *both[] = {whole, whole, NULL}, *none[] = {NULL};

	memset(half, 'x', sizeof half - 1);
	memset(whole, 'x', sizeof whole - 1);
	set_limit(RLIMIT_STACK, 1 << 20);
	exec_says("E2BIG of all", (struct exec_failure){"app", NULL, -1, E2BIG, args, none},
		  EXIT_CANNOT_RUN,
		  "*: arguments too long: 3000* bytes with the environment, limit 262144 (*6 MB)");
	exec_says("E2BIG of one", (struct exec_failure){"app", NULL, -1, E2BIG, one, none},
		  EXIT_CANNOT_RUN,
		  "*: arguments too long: one of them has 200001 bytes, limit 32 pages (128 kB)");
	exec_says("E2BIG of a variable", (struct exec_failure){"app", NULL, -1, E2BIG, none, one},
		  EXIT_CANNOT_RUN, "*: arguments too long: one of them has 200001 bytes*");
	exec_says("E2BIG of both", (struct exec_failure){"app", NULL, -1, E2BIG, both, none},
		  EXIT_CANNOT_RUN, "*: 4000* limit 262144 *: one of them has 200001 bytes*");
	exec_says("E2BIG of the rest", (struct exec_failure){"app", NULL, -1, E2BIG, none, none},
		  EXIT_CANNOT_RUN, "unable to run 'app': E2BIG: arguments too long");
}

/* The limit is not below 128 kB, and not above 6 MB. */
static void e2big_bounds(void)
{
	static char string[100001];
	char *args[] = {string, NULL}, *twice[] = {string, string, NULL}, *many[80];

	memset(string, 'x', sizeof string - 1);
	for (size_t i = 0; i < 79; i++)
		many[i] = string;
	many[79] = NULL;
	set_limit(RLIMIT_STACK, 1 << 14);
	exec_says("E2BIG, least limit", (struct exec_failure){"app", NULL, -1, E2BIG, args, NULL},
		  EXIT_CANNOT_RUN, "*: arguments too long");
	exec_says("E2BIG, above it", (struct exec_failure){"app", NULL, -1, E2BIG, twice, NULL},
		  EXIT_CANNOT_RUN, "*: 2000* limit 131072 *");
	set_limit(RLIMIT_STACK, 1 << 28);
	exec_says("E2BIG, greatest limit",
		  (struct exec_failure){"app", NULL, -1, E2BIG, many, NULL}, EXIT_CANNOT_RUN,
		  "*: 7900* limit 6291456 *");
}

static void limits(void)
{
	set_limit(RLIMIT_NPROC, 77);
	exec_says("EAGAIN", (struct exec_failure){.file = "app", .err = EAGAIN}, EXIT_CANNOT_RUN,
		  "unable to run 'app': EAGAIN: too many processes: raise ulimit -u, which is 77*");
	exec_says("ENOMEM", (struct exec_failure){.file = "app", .err = ENOMEM}, EXIT_CANNOT_RUN,
		  "unable to run 'app': ENOMEM: out of memory");
}

/* ---- errnos for a file that has nothing wrong ---- */

static void others(const char *self)
{
	static const struct {
		int err, code;
		const char *pattern;
	} cases[] = {
		{EACCES, EXIT_CANNOT_RUN, "*: EACCES: refused by *a security module or seccomp"},
		{EPERM, EXIT_CANNOT_RUN, "*: EPERM: refused by *a security module or seccomp"},
		{ETXTBSY, EXIT_CANNOT_RUN, "*': ETXTBSY: the file or an interpreter * writing"},
		{ENOENT, EXIT_NOT_FOUND, "*: ENOENT: an interpreter or emulator does not exist"},
		{EIO, EXIT_CANNOT_RUN, "*': EIO: read error"},
		{ELIBBAD, EXIT_CANNOT_RUN, "*': ELIBBAD"},
		{EMFILE, EXIT_CANNOT_RUN, "*': EMFILE"},
		{ESTALE, EXIT_CANNOT_RUN, "*': ESTALE"},
		{EISDIR, EXIT_CANNOT_RUN, "*': EISDIR"},
		{EBUSY, EXIT_CANNOT_RUN, "*': EBUSY"},
		{ENODEV, EXIT_CANNOT_RUN, "*': ENODEV"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		exec_says(cases[i].pattern,
			  (struct exec_failure){.file = self, .element = -1, .err = cases[i].err},
			  cases[i].code, cases[i].pattern);
	exec_says("no such element of PATH", (struct exec_failure){"app", "/x:/y", 5, EACCES, 0, 0},
		  EXIT_NOT_FOUND, "*: not found in PATH '/x:/y'");
	exec_says("refused before a look", (struct exec_failure){"app", "/x:/y", 0, ENOSYS, 0, 0},
		  EXIT_CANNOT_RUN, "unable to run 'app': ENOSYS: refused by seccomp");
}

/* ---- directories that may not be searched ---- */

static void try_as_nobody(const char *name, const char *file, const char *pattern)
{
	if (seteuid(65534) < 0)
		die("seteuid");
	exec_says(name, (struct exec_failure){.file = file, .element = -1, .err = EACCES},
		  EXIT_CANNOT_RUN, pattern);
	if (seteuid(0) < 0)
		die("seteuid");
}

/* The working directory, and the root. */
static void locked(const char *dir)
{
	int root = open("/", O_PATH);

	if (geteuid() != 0)
		return;
	if (root < 0 || mkdir("locked", 0) < 0 || chdir("locked") < 0)
		die("locked");
	try_as_nobody("locked directory", "app", "unable to run 'app': permission denied: '.'*");
	if (chroot(".") < 0)
		die("chroot");
	try_as_nobody("locked root", "/app", "unable to run '/app': permission denied: '/'*");
	if (fchdir(root) < 0 || chroot(".") < 0 || chdir(dir) < 0)
		die(dir);
	close(root);
}

/* ---- ELF interpreters ---- */

/* An ELF program of this machine that has an ELF interpreter. */
struct dynamic {
	ElfW(Ehdr) header;
	ElfW(Phdr) segment;
	char interpreter[32];
};

static struct dynamic dynamic(const char *interpreter)
{
	struct dynamic d = {0};
	FILE *self = fopen("/proc/self/exe", "r");

	if (!self || fread(&d.header, sizeof d.header, 1, self) != 1)
		die("/proc/self/exe");
	fclose(self);
	d.header.e_phoff = offsetof(struct dynamic, segment);
	d.header.e_phnum = 1;
	d.segment = (ElfW(Phdr)){.p_type = PT_INTERP,
				 .p_offset = offsetof(struct dynamic, interpreter),
				 .p_filesz = strlen(interpreter) + 1};
	snprintf(d.interpreter, sizeof d.interpreter, "%s", interpreter);
	return d;
}

/* ELIBBAD and EIO may be about the ELF interpreter, but only its header can tell. */
static void elf_interpreter(void)
{
	struct dynamic d = dynamic("./linker");
	struct exec_failure bad = {.file = "./app", .element = -1, .err = ELIBBAD}, io = bad;

	io.err = EIO;
	write_file("app", &d, sizeof d);
	write_file("linker", &d, sizeof d);
	exec_says("EIO, interpreter fine", io, EXIT_CANNOT_RUN,
		  "unable to run './app': EIO: read*");
	exec_says("ELIBBAD, interpreter fine", bad, EXIT_CANNOT_RUN,
		  "unable to run './app': ELIBBAD");
	write_file("linker", &d, 10);
	exec_says("EIO, interpreter short", io, EXIT_CANNOT_RUN,
		  "*: ELF interpreter './linker': *ELF program*");
	write_file("linker", &d, sizeof d.header);
	exec_says("ELIBBAD, interpreter cut", bad, EXIT_CANNOT_RUN,
		  "*: ELF interpreter './linker': ELF program cut off");
	d.header.e_machine = EM_S390;
	write_file("linker", &d, sizeof d);
	exec_says("ELIBBAD, other interpreter", bad, EXIT_CANNOT_RUN,
		  "*: ELF interpreter './linker': built for another machine, the program for *");
	d = dynamic("./linker");
	write_file("app", &d, offsetof(struct dynamic, interpreter) + 3);
	exec_says("EIO, program cut", io, EXIT_CANNOT_RUN,
		  "unable to run './app': ELF program cut off");
}

#if defined __x86_64__
#define NARROW EM_386
#elif defined __aarch64__
#define NARROW EM_ARM
#endif

/* Where a kernel runs programs of 32 bits as well, ENOENT is about their ELF interpreter. */
static void narrow(void)
{
#ifdef NARROW
	struct {
		Elf32_Ehdr header;
		Elf32_Phdr segments[2];
		char interpreter[16];
	} p = {.header = {.e_ident = "\177ELF\1\1\1", .e_type = ET_DYN, .e_phnum = 2},
	       .segments = {{.p_type = PT_PHDR}, {.p_type = PT_INTERP, .p_filesz = 16}},
	       .interpreter = "/ld-linux.so.9"};

	p.header.e_machine = NARROW;
	p.header.e_phoff = sizeof p.header;
	p.header.e_phentsize = sizeof *p.segments;
	p.segments[1].p_offset = sizeof p - sizeof p.interpreter;
	write_file("app32", &p, sizeof p);
	exec_says("32 bits", (struct exec_failure){.file = "./app32", .element = -1, .err = ENOENT},
		  EXIT_NOT_FOUND, "*: ELF interpreter '/ld-linux.so.9' of glibc: does not exist");
	exec_says("32 bits refused",
		  (struct exec_failure){.file = "./app32", .element = -1, .err = ENOEXEC},
		  EXIT_CANNOT_RUN, "*: built for *, this machine is *");
#endif
}

/* ---- long names ---- */

/* A name of 200 bytes that begins with these. */
static const char *long_name(char name[static 201], const char *prefix)
{
	memset(name, 'n', 200);
	name[200] = 0;
	memcpy(name, prefix, strlen(prefix));
	return name;
}

/* However long the names, the cause is still in the line: with a chain of as many interpreters as
 * the kernel follows, and a symlink at its end. */
static void long_names(void)
{
	static char huge[PATH_MAX * 2], path[PATH_MAX];
	char name[201], next[201], line[256];

	memset(huge, 'n', sizeof huge - 1);
	memset(path, ':', sizeof path - 1);
	exec_says("long name", (struct exec_failure){huge, path, -1, ENOENT, NULL, NULL},
		  EXIT_NOT_FOUND, "unable to run 'n*n...': not found in PATH ':*:...'");
	exec_says("long pathname", (struct exec_failure){huge, NULL, -1, ENAMETOOLONG, NULL, NULL},
		  EXIT_NOT_FOUND, "unable to run 'n*n...': ENAMETOOLONG");
	for (char c = '1'; c < '6'; c++) {
		long_name(name, (char[]){'.', '/', c, 0});
		long_name(next, (char[]){'.', '/', (char)(c + 1), 0});
		snprintf(line, sizeof line, "#!%s\n", next);
		write_file(name, line, strlen(line));
	}
	memset(line, 'm', sizeof line - 1);
	line[255] = 0;
	unlink(next);
	if (symlink(line, next) != 0)
		die("symlink");
	exec_says(
		"long chain",
		(struct exec_failure){.file = long_name(name, "./1"), .element = -1, .err = ENOENT},
		EXIT_NOT_FOUND, "unable to run './1n*6n*n': symlink to 'm*...': does not exist");
}

int main(void)
{
	char dir[] = "/tmp/explain_test.XXXXXX", self[PATH_MAX], command[64];

	if (!sys_readlink("/proc/self/exe", self, sizeof self) || !mkdtemp(dir) || chdir(dir) != 0)
		die(dir);
	locked(dir);
	long_names();
	others(self);
	elf_interpreter();
	narrow();
	limits();
	e2big();
	e2big_bounds();
	snprintf(command, sizeof command, "rm -r %s", dir);
	return system(command) != 0 || failures > 0;
}
