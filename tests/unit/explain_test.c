/* explain.c where the cause cannot be brought about by a file alone: sizes, limits, and errnos
 * that depend on the machine's security modules or on other processes. */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../explain.c"

static int failures;

static void check(const char *name, int code, int wanted, const char *msg, const char *pattern)
{
	if (code == wanted && fnmatch(pattern, msg, 0) == 0)
		return;
	failures++;
	printf("%s: %d '%s', not %d '%s'\n", name, code, msg, wanted, pattern);
}

static void exec_says(const char *name, struct exec_failure f, int wanted, const char *pattern)
{
	char msg[EXPLAIN_SIZE];
	int code = explain_exec(&f, msg);

	check(name, code, wanted, msg, pattern);
}

static void set_limit(int resource, rlim_t n)
{
	struct rlimit limit;

	sys(SYS_prlimit64, 0, resource, NULL, &limit);
	limit.rlim_cur = n;
	sys(SYS_prlimit64, 0, resource, &limit, NULL);
}

static void e2big(void)
{
	static char half[100001], whole[200001];
	char *args[] = {"app", half, half, half, NULL}, *one[] = {"app", whole, NULL};
	char *none[] = {NULL};

	memset(half, 'x', sizeof half - 1);
	memset(whole, 'x', sizeof whole - 1);
	set_limit(RLIMIT_STACK, 1 << 20);
	exec_says("E2BIG of all", (struct exec_failure){"app", NULL, 0, E2BIG, args, none},
		  EXIT_CANNOT_RUN, "*: 3000* bytes of 262144 *, longest 100001 of 32 pages");
	exec_says("E2BIG of one", (struct exec_failure){"app", NULL, 0, E2BIG, one, none},
		  EXIT_CANNOT_RUN, "*, longest 200001 of 32 pages");
	exec_says("E2BIG of a variable", (struct exec_failure){"app", NULL, 0, E2BIG, none, one},
		  EXIT_CANNOT_RUN, "*, longest 200001 of 32 pages");
	set_limit(RLIMIT_STACK, 1 << 28);
	exec_says("E2BIG, greatest limit", (struct exec_failure){"app", NULL, 0, E2BIG, one, none},
		  EXIT_CANNOT_RUN, "*: 2000* bytes of 6291456 *");
}

static void limits(void)
{
	set_limit(RLIMIT_NPROC, 77);
	exec_says("EAGAIN", (struct exec_failure){.file = "app", .err = EAGAIN}, EXIT_CANNOT_RUN,
		  "unable to run app: EAGAIN: ulimit -u is 77*");
	exec_says("ENOMEM", (struct exec_failure){.file = "app", .err = ENOMEM}, EXIT_CANNOT_RUN,
		  "unable to run app: ENOMEM*");
}

/* Errnos for a file that has nothing wrong. */
static void others(const char *self)
{
	static const struct {
		int err, code;
		const char *pattern;
	} cases[] = {
		{EACCES, EXIT_CANNOT_RUN, "*: EACCES: refused by *a security module or seccomp"},
		{EPERM, EXIT_CANNOT_RUN, "*: EPERM: refused by *a security module or seccomp"},
		{ETXTBSY, EXIT_CANNOT_RUN, "*: ETXTBSY: open for writing"},
		{ENOENT, EXIT_NOT_FOUND, "*: ENOENT"},
		{EMFILE, EXIT_CANNOT_RUN, "*: EMFILE"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		exec_says(cases[i].pattern,
			  (struct exec_failure){.file = self, .err = cases[i].err}, cases[i].code,
			  cases[i].pattern);
	exec_says(
		"no such element of PATH",
		(struct exec_failure){.file = "app", .path = "/x:/y", .element = 5, .err = EACCES},
		EXIT_NOT_FOUND, "*: not found in PATH /x:/y");
}

/* However long the names, the line is cut within its size and the cause is still there. */
static void long_names(void)
{
	static char name[PATH_MAX * 2], path[PATH_MAX];
	char msg[EXPLAIN_SIZE];

	memset(name, 'n', sizeof name - 1);
	memset(path, ':', sizeof path - 1);
	exec_says("long name", (struct exec_failure){name, path, 0, ENOENT, NULL, NULL},
		  EXIT_NOT_FOUND, "unable to run n*n: not found in PATH :*:");
	explain_exec(&(struct exec_failure){.file = name, .path = path, .err = ENOENT}, msg);
	check("size", strlen(msg) < EXPLAIN_SIZE, 1, "", "");
}

int main(int argc, char **argv)
{
	(void)argc;
	long_names();
	others(argv[0]);
	limits();
	e2big();
	return failures > 0;
}
