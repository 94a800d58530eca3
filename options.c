#include "options.h"

#include <fcntl.h>
#include <string.h>

#include "report.h"
#include "sys.h"

/* In the order of the help text, which is the grammar too: a line "  -x --name=ARG  what it does"
 * is an option, a "=" says that it takes an argument. */
enum id {
	GROUP,
	SINGLE,
	SETSID,
	REWRITE,
	INSIDE,
	STOP,
	GRACE,
	EXPECT,
	SUBREAPER,
	PARENT_DEATH,
	PAUSE,
	STATUS_FD,
	REAP,
	WARN_ORPHANS,
	VERBOSE,
	HELP,
	SHOW_VERSION,
	LICENSE,
	VERBOSITY, /* by environment variable only */
};

static const char help[] =
	"usage: cinit [OPTION]... [--] COMMAND [ARG]...\n"
	"  -g --group             signals go to COMMAND's process group\n"
	"  -c --single-child      signals go to COMMAND alone (default)\n"
	"  -S --setsid            a session of its own for COMMAND\n"
	"  -r --rewrite=FROM:TO   deliver TO where signal FROM came; 0 drops it\n"
	"  -i --inside=RULE       signals from inside: kernel (default), forward, drop\n"
	"  -k --stop=PLAN         run PLAN on COMMAND at SIGTERM\n"
	"  -t --grace=PLAN        for what is left behind (TERM:3s,KILL; 0: nothing)\n"
	"  -e --expect=CODE,...   exit codes that count as 0\n"
	"  -s --subreaper         accepted\n"
	"  -p --parent-death=SIG  act as if SIG had come when our parent dies\n"
	"  -P --pause             no COMMAND; reap until SIGTERM or SIGINT\n"
	"     --status-fd=N       events as lines of JSON\n"
	"     --reap=MODE         auto (default), kernel, init\n"
	"  -w --warn-orphans      log each orphan reaped\n"
	"  -v --verbose           log each signal\n"
	"  -h --help\n"
	"  -V --version\n"
	"  -l -L --license\n"
	"PLAN: SIGNAL[:TIME] or wait:TIME, comma-separated; TIME in ms, s (default), m\n"
	"Exit: COMMAND's; 128+n: signal n; 125: cinit failed; 126: cannot run; 127: not found\n";

/* The program whose place cinit takes, by the name that it was called by. */
enum program { CINIT, TINI, DUMB_INIT, CATATONIT };

static const struct {
	char name[12];
	enum program program;
} callnames[] = {
	{"tini", TINI},           {"tini-static", TINI},    {"docker-init", TINI},
	{"dumb-init", DUMB_INIT}, {"catatonit", CATATONIT},
};

/* What it does by default then; no other code knows of these programs. */
static const struct defaults {
	const char *version;
	const char *grace;
	enum inside inside;
	bool group, setsid, die_by_signal, stop_self, group_only, own_group;
	bool permutes; /* as getopt does: COMMAND -- ARG... */
} defaults[] = {
	[CINIT] = {"cinit " VERSION "\n", "TERM:3s,KILL", INSIDE_KERNEL, .die_by_signal = true},
	/* Docker's daemon looks for "tini version X - git.Y". */
	[TINI] = {"tini version 0.19.0 - git.cinit\n", "0", INSIDE_FORWARD, .own_group = true,
		  .permutes = true},
	[DUMB_INIT] = {"dumb-init v1.2.5 (cinit " VERSION ")\n", "TERM", INSIDE_FORWARD,
		       .group = true, .setsid = true, .stop_self = true, .group_only = true},
	[CATATONIT] = {"tini version 0.1.7_catatonit (cinit " VERSION ")\n", "0", INSIDE_FORWARD,
		       .own_group = true, .permutes = true},
};

static const char license[] = "MIT License, (c) 2026 the cinit authors; no warranty\n";

/* Environment variables that stand for an option. */
static const struct {
	enum program program;
	enum id id;
	const char *name;
	const char *value; /* NULL: any */
} variables[] = {
	{TINI, SUBREAPER, "TINI_SUBREAPER", NULL},
	{TINI, GROUP, "TINI_KILL_PROCESS_GROUP", NULL},
	{TINI, VERBOSITY, "TINI_VERBOSITY", NULL},
	{DUMB_INIT, SINGLE, "DUMB_INIT_SETSID", "0"},
	{DUMB_INIT, VERBOSE, "DUMB_INIT_DEBUG", "1"},
	{CATATONIT, VERBOSE, "CATATONIT_DEBUG", NULL},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define FD_MAX       (1 << 20)
#define NOT_GIVEN    0xff /* no --rewrite for this signal */

/* ---- what is shown ---- */

static _Noreturn void bad(const char *what, const char *word)
{
	report("%s '%s'; try 'cinit --help'", what, word);
	sys_exit(EXIT_CINIT);
}

static _Noreturn void show(const char *text)
{
	report_print(text);
	sys_exit(0);
}

/* ---- arguments ---- */

static int signal_of(const char *name, size_t length)
{
	char copy[16];
	char valid[SIGNALS_VALID_SIZE];
	int sig = -1;

	if (length < sizeof copy) {
		memcpy(copy, name, length);
		copy[length] = 0;
		sig = signals_number(copy);
	}
	if (sig < 0) {
		report("unknown signal in '%s'; valid are %s", name, signals_valid(valid));
		sys_exit(EXIT_CINIT);
	}
	return sig;
}

static void read_rewrite(struct options *o, const char *arg)
{
	const char *colon = strchr(arg, ':');

	if (!colon)
		bad("--rewrite takes FROM:TO, not", arg);
	int from = signal_of(arg, (size_t)(colon - arg));
	if (from == 0 || from == SIGKILL || from == SIGSTOP || from == SIGCHLD)
		bad("cannot be rewritten:", arg);
	o->rewrite[from] = (unsigned char)signal_of(colon + 1, strlen(colon + 1));
}

static void read_expect(struct options *o, const char *arg)
{
	const char *s = arg;

	do {
		int code = number_at(&s, 256);
		if (code < 0 || (*s && *s != ','))
			bad("--expect: not 0 to 255:", arg);
		o->expect[code / 8] |= (unsigned char)(1 << code % 8);
	} while (*s++);
}

static void read_plan(struct plan *plan, const char *arg)
{
	if (!plan_parse(arg, plan))
		bad("not a plan like TERM:3s,KILL:", arg);
}

static int read_fd(const char *arg)
{
	const char *s = arg;
	int fd = number_at(&s, FD_MAX);

	if (fd < 0 || *s || sys(SYS_FCNTL, fd, F_GETFD) < 0)
		bad("--status-fd: not open:", arg);
	return fd;
}

/* The index of arg among three words; ends cinit if it is none of them. */
static int choice(const char words[3][8], const char *arg)
{
	for (int i = 0; i < 3; i++)
		if (strcmp(words[i], arg) == 0)
			return i;
	report("'%s' is not %s, %s or %s; try 'cinit --help'", arg, words[0], words[1], words[2]);
	sys_exit(EXIT_CINIT);
}

static void apply(struct options *o, enum id id, const char *arg, const struct defaults *d)
{
	static const char insides[3][8] = {"kernel", "forward", "drop"};
	static const char reaps[3][8] = {"auto", "kernel", "init"};

	switch (id) {
	case GROUP:
		o->group = true;
		break;
	case SINGLE:
		o->group = false;
		if (d->setsid) /* the session was the default, nobody's wish */
			o->setsid = false;
		break;
	case SETSID:
		o->setsid = true;
		break;
	case REWRITE:
		read_rewrite(o, arg);
		break;
	case INSIDE:
		o->inside = (enum inside)choice(insides, arg);
		break;
	case STOP:
		read_plan(&o->stop, arg);
		break;
	case GRACE:
		read_plan(&o->grace, arg);
		o->group_only = false;
		break;
	case EXPECT:
		read_expect(o, arg);
		break;
	case SUBREAPER:
		break;
	case PARENT_DEATH:
		o->parent_death = signal_of(arg, strlen(arg));
		if (o->parent_death == SIGSTOP)
			bad("--parent-death cannot be", arg);
		break;
	case PAUSE:
		o->pause = true;
		break;
	case STATUS_FD:
		o->status_fd = read_fd(arg);
		break;
	case REAP:
		o->reap = (enum reap)choice(reaps, arg);
		break;
	case WARN_ORPHANS:
		o->warn_orphans = true;
		break;
	case VERBOSE:
		o->verbosity++;
		break;
	case VERBOSITY:
		o->verbosity += number_at(&arg, 100) > 1; /* 1 is tini's silence but for warnings */
		break;
	case HELP:
		show(help);
	case SHOW_VERSION:
		show(d->version);
	case LICENSE:
		show(license);
	}
}

/* ---- the words ---- */

struct option {
	enum id id;
	bool takes_argument;
};

/* The option of that letter, or of that name, which is length bytes long. */
static bool find(char letter, const char *name, size_t length, struct option *out)
{
	int id = 0;

	for (const char *line = help; (line = strchr(line, '\n') + 1) && *line;) {
		if (*line != ' ')
			continue;
		const char *p = line + 2;
		bool found = false;
		for (; *p != '-' || p[1] != '-'; p++)
			found |= letter && p[0] == '-' && p[1] == letter;
		const char *end = p + 2;
		while (*end > '=' || *end == '-')
			end++;
		if (found || (name && strncmp(p + 2, name, length) == 0 && end == p + 2 + length)) {
			*out = (struct option){(enum id)id, *end == '='};
			return true;
		}
		id++;
	}
	return false;
}

/* "--name" or "--name=ARGUMENT". */
static char **read_long(struct options *o, char **word, const struct defaults *d)
{
	const char *name = *word + 2;
	const char *equals = strchr(name, '=');
	size_t length = equals ? (size_t)(equals - name) : strlen(name);
	const char *arg = equals ? equals + 1 : NULL;
	struct option opt;

	if (!length || !find(0, name, length, &opt))
		bad("unknown option", *word);
	if (arg && !opt.takes_argument)
		bad("no argument allowed:", *word);
	if (opt.takes_argument && !arg && !(arg = *++word))
		bad("argument missing after", word[-1]);
	apply(o, opt.id, arg, d);
	return word + 1;
}

/* "-abc" or "-aARGUMENT". */
static char **read_short(struct options *o, char **word, const struct defaults *d)
{
	const char *arg = NULL;
	struct option opt;

	for (const char *letter = *word + 1; !arg && *letter; letter++) {
		if (!find(*letter, NULL, 0, &opt))
			bad("unknown option", (char[]){'-', *letter, 0});
		if (opt.takes_argument && !(arg = letter[1] ? letter + 1 : *++word))
			bad("argument missing after", word[-1]);
		apply(o, opt.id, arg, d);
	}
	return word + 1;
}

static enum program called(const char *name)
{
	const char *base = name;

	while (*name)
		if (*name++ == '/')
			base = name;
	for (size_t i = 0; i < COUNT(callnames); i++)
		if (strcmp(base, callnames[i].name) == 0)
			return callnames[i].program;
	return CINIT;
}

const char *options_variable(char *const *envp, const char *name)
{
	size_t n = strlen(name);

	for (; *envp; envp++)
		if (strncmp(*envp, name, n) == 0 && (*envp)[n] == '=')
			return *envp + n + 1;
	return NULL;
}

static void read_environment(struct options *o, enum program program, char *const *envp)
{
	for (size_t i = 0; i < COUNT(variables); i++) {
		const char *value = options_variable(envp, variables[i].name);
		if (value && variables[i].program == program &&
		    (!variables[i].value || strcmp(value, variables[i].value) == 0))
			apply(o, variables[i].id, value, &defaults[program]);
	}
}

/* What follows from several options together. */
static void settle(struct options *o)
{
	for (int sig = 0; sig <= SIGNAL_MAX; sig++) {
		if (o->rewrite[sig] == NOT_GIVEN)
			o->rewrite[sig] = (unsigned char)(signals_is_stop_key(sig) &&
									  o->stop_self && o->setsid
								  ? SIGSTOP
								  : sig);
	}
	if (o->group_only && !o->setsid)
		o->grace.count = 0;
	if (o->warn_orphans && o->reap == REAP_KERNEL)
		bad("--warn-orphans needs", "--reap=init");
	if (o->warn_orphans)
		o->reap = REAP_INIT;
}

void options_read(struct options *o, int argc, char **argv, char *const *envp)
{
	enum program program = argc > 0 ? called(argv[0]) : CINIT;
	const struct defaults *d = &defaults[program];
	char **word = argv + (argc > 0);

	*o = (struct options){
		.group = d->group,
		.setsid = d->setsid,
		.die_by_signal = d->die_by_signal,
		.stop_self = d->stop_self,
		.group_only = d->group_only,
		.own_group = d->own_group,
		.inside = d->inside,
		.status_fd = -1,
	};
	memset(o->rewrite, NOT_GIVEN, sizeof o->rewrite);
	plan_parse(d->grace, &o->grace);
	read_environment(o, program, envp);
	while (*word && **word == '-' && (*word)[1] && strcmp(*word, "--") != 0)
		word = (*word)[1] == '-' ? read_long(o, word, d) : read_short(o, word, d);
	/* The word "--" that ends the options is taken out: for "PROGRAM -- ARGS" the first one. */
	char **end = word;
	while (d->permutes && *end && strcmp(*end, "--") != 0)
		end++;
	if (*end && strcmp(*end, "--") == 0)
		do
			*end = end[1];
		while (*end++);
	settle(o);
	o->command = word;
	if (o->pause && *word)
		bad("--pause takes no command:", *word);
	if (!o->pause && !*word) {
		report("no command; try 'cinit --help'");
		sys_exit(EXIT_CINIT);
	}
}

int options_expect(const struct options *o, int code)
{
	return o->expect[code / 8] >> code % 8 & 1 ? 0 : code;
}
