#include "options.h"

#include <stddef.h>
#include <string.h>

#include "arguments.h"
#include "report.h"
#include "signals.h"
#include "sys.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define NOT_GIVEN    0xff /* no --rewrite for this signal */
#define WORDS_MAX    64   /* in CINIT_OPTIONS */
#define HELP_COLUMN  27   /* where the texts begin */

/* In the order of --help. */
#define AT(member) offsetof(struct options, member)
static const struct row rows[] = {
	{"g", "group", "", SET, AT(group), "signals go to COMMAND's process group"},
	{"c", "single-child", "", SINGLE_CHILD, 0, "signals go to COMMAND alone (default)"},
	{"S", "setsid", "", SETSID, 0, "COMMAND in a session of its own (default as PID 1)"},
	{"r", "rewrite", "FROM:TO", REWRITE, 0,
	 "deliver TO where FROM came (not KILL, STOP, CHLD); 0: drop"},
	{"i", "inside", "RULE", INSIDE, 0, "signals from inside: kernel (default), forward, drop"},
	{"k", "stop", "PLAN", PLAN, AT(stop), "run PLAN on COMMAND at the stop signal"},
	{"", "stop-on", "SIGNAL,...", STOP_ON, 0,
	 "the stop signals (default TERM; not KILL, STOP, CHLD)"},
	{"t", "grace", "PLAN", GRACE, AT(grace), "for leftovers (default TERM:3s,KILL; 0: none)"},
	{"", "time-limit", "TIME", TIME_LIMIT, 0, "then act as at the stop signal; exit 124"},
	{"e", "expect", "CODE,...", EXPECT, 0, "exit codes from 0 to 255 that count as 0"},
	{"u", "user", "USER[:GROUP]", USER, 0, "the user that COMMAND runs as; also :GROUP"},
	{"C", "chdir", "DIR", PATH, AT(chdir), "working directory of COMMAND"},
	{"", "stdin", "FILE", PATH, AT(files[0]), "COMMAND reads FILE"},
	{"", "stdout", "FILE", PATH, AT(files[1]), "COMMAND appends to FILE"},
	{"", "stderr", "FILE", PATH, AT(files[2]), "the same; @stdout: where stdout goes"},
	{"p", "parent-death", "SIG", PARENT_DEATH, 0,
	 "act as if SIG (not STOP, CHLD) had come when our parent dies"},
	{"N", "namespace", "", SET, AT(namespace), "in a PID namespace of its own"},
	{"B", "boot", "ACTION", BOOT, 0,
	 "in a machine: then poweroff, reboot or halt; ACTION,fail:ACTION"},
	{"", "cgroup", "DIR", PATH, AT(cgroup), "COMMAND in this cgroup, made if missing"},
	{"", "cgroup-set", "FILE=VALUE", CGROUP_SET, 0, "and a limit, up to 16 times"},
	{"P", "pause", "", SET, AT(pause), "no COMMAND; reap until SIGTERM or SIGINT"},
	{"", "status-fd", "N", STATUS_FD, 0, "events as lines of JSON to an fd open for writing"},
	{"", "status-file", "FILE", PATH, AT(status_file), "the same, appended to FILE"},
	{"w", "warn-orphans", "", SET, AT(warn_orphans), "log each orphan reaped"},
	{"q", "quiet", "", QUIET, 0, "errors only"},
	{"v", "verbose", "", VERBOSE, 0, "log each signal"},
	{"s", "subreaper", "", IGNORED, 0, "accepted"},
	{"h", "help", "", HELP, 0, ""},
	{"V", "version", "", SHOW_VERSION, 0, ""},
	{"lL", "license", "", LICENSE, 0, ""},
};

static const char head[] = "usage: cinit [OPTION]... [--] COMMAND [ARG]...\n";
static const char tail[] =
	"CINIT_OPTIONS in the environment holds more options\n"
	"Exit: COMMAND's; 128+n: signal n; 124: time limit; 125: cinit failed; 126: cannot run;"
	" 127: not found\n";
static const char license[] = "MIT License, (c) 2026 the cinit authors; no warranty\n";

/* ---- names and their defaults ---- */

/* The program whose place cinit takes, by the name that it was called by. */
enum program { CINIT, TINI, DUMB_INIT, CATATONIT };

static const struct {
	char name[12];
	unsigned char program;
} callnames[] = {
	{"tini", TINI},           {"tini-static", TINI},    {"docker-init", TINI},
	{"dumb-init", DUMB_INIT}, {"catatonit", CATATONIT},
};

/* What it does by default then; no other code knows of these programs. */
static const struct defaults {
	const char *version;
	const char *grace;
	enum inside inside;
	enum standing standing;
	bool group, continues, die_by_signal, stop_self, group_only;
	bool permutes; /* as getopt does: COMMAND -- ARG... */
} defaults[] = {
	[CINIT] = {"cinit " VERSION "\n", "TERM:3s,KILL", INSIDE_KERNEL, STANDS_AS_WITHOUT_INIT,
		   .continues = true, .die_by_signal = true},
	/* Docker's daemon looks for "tini version X - git.Y". */
	[TINI] = {"tini version 0.19.0 - git.cinit\n", "0", INSIDE_FORWARD, STANDS_IN_OWN_GROUP,
		  .permutes = true},
	[DUMB_INIT] = {"dumb-init v1.2.5 (cinit " VERSION ")\n", "TERM", INSIDE_FORWARD,
		       STANDS_IN_OWN_SESSION, .group = true, .stop_self = true, .group_only = true},
	[CATATONIT] = {"tini version 0.1.7_catatonit (cinit " VERSION ")\n", "0", INSIDE_FORWARD,
		       STANDS_IN_OWN_GROUP, .permutes = true},
};

/* Environment variables that stand for an option of one letter, if their value is such. */
enum value { ANY, ZERO, ONE, ABOVE_ONE };
static const struct {
	char name[24];
	unsigned char program;
	unsigned char value;
	char letter;
} variables[] = {
	{"TINI_SUBREAPER", TINI, ANY, 's'},       {"TINI_KILL_PROCESS_GROUP", TINI, ANY, 'g'},
	{"TINI_VERBOSITY", TINI, ABOVE_ONE, 'v'}, {"DUMB_INIT_SETSID", DUMB_INIT, ZERO, 'c'},
	{"DUMB_INIT_DEBUG", DUMB_INIT, ONE, 'v'}, {"CATATONIT_DEBUG", CATATONIT, ANY, 'v'},
};

/* ---- what is shown ---- */

static _Noreturn void show(const struct options *o, const char *text)
{
	int err = report_print(text);

	if (err < 0)
		report_failure(IS_ERROR, err, NULL, "write to stdout");
	boot_exit(o, err < 0 ? EXIT_CINIT : 0);
}

static _Noreturn void show_help(const struct options *o)
{
	char text[4096];
	char *end = text + sizeof text;
	char *p = text;

	p += format(p, (size_t)(end - p), "%s", head);
	for (const struct row *row = rows; row < rows + COUNT(rows); row++) {
		char *line = p;
		memcpy(p, "     ", 5);
		if (*row->letters) {
			p[2] = '-';
			p[3] = *row->letters;
		}
		p += 5;
		p += format(p, (size_t)(end - p), "--%s%s%s", row->name, *row->argument ? "=" : "",
			    row->argument);
		while (*row->help && (p <= line + HELP_COLUMN || p[-1] != ' '))
			*p++ = ' ';
		p += format(p, (size_t)(end - p), "%s\n", row->help);
	}
	for (int i = 0; i < FORMS; i++)
		p += format(p, (size_t)(end - p), "%s\n", argument_forms[i]);
	format(p, (size_t)(end - p), "%s", tail);
	show(o, text);
}

/* ---- the words ---- */

static const struct row *find_letter(char letter)
{
	for (const struct row *row = rows; row < rows + COUNT(rows); row++)
		if (*row->letters && strchr(row->letters, letter))
			return row;
	return NULL;
}

static const struct row *find_name(const char *name, size_t length)
{
	for (const struct row *row = rows; row < rows + COUNT(rows); row++)
		if (text_after(name, row->name) == name + length)
			return row;
	return NULL;
}

static void apply(const struct reader *r, const struct row *row, const char *arg)
{
	if (row->id == HELP)
		show_help(r->o);
	if (row->id == SHOW_VERSION)
		show(r->o, r->o->version);
	if (row->id == LICENSE)
		show(r->o, license);
	argument_read(r, row, arg);
}

/* Of "name" or "name=ARGUMENT". */
static size_t name_length(const char *name)
{
	const char *equals = strchr(name, '=');

	return equals ? (size_t)(equals - name) : strlen(name);
}

/* "--name" or "--name=ARGUMENT". Returns the next word. */
static char **read_long(const struct reader *r, char **word)
{
	const char *name = *word + 2;
	const char *equals = strchr(name, '=');
	const char *arg = equals ? equals + 1 : NULL;
	const struct row *row = find_name(name, name_length(name));

	if (!row)
		argument_bad(r, "unknown option", *word);
	if (arg && !*row->argument)
		argument_bad(r, "no argument allowed:", *word);
	if (*row->argument && !arg && !(arg = *++word))
		argument_bad(r, "argument missing after", word[-1]);
	apply(r, row, arg);
	return word + 1;
}

/* "-abc" or "-aARGUMENT". Returns the next word. */
static char **read_short(const struct reader *r, char **word)
{
	const char *letter = *word + 1;
	const char *arg = NULL;
	char unknown[] = "-?";

	if (letter[1] && find_name(letter, name_length(letter)))
		argument_bad(r, "long options begin with two dashes:", *word);
	for (; !arg && *letter; letter++) {
		const struct row *row = find_letter(*letter);
		unknown[1] = *letter;
		if (!row)
			argument_bad(r, "unknown option", unknown);
		if (*row->argument && !(arg = letter[1] ? letter + 1 : *++word))
			argument_bad(r, "argument missing after", word[-1]);
		apply(r, row, arg);
	}
	return word + 1;
}

/* Returns the first word that is no option. */
static char **read_words(const struct reader *r, char **word)
{
	while (*word && **word == '-' && (*word)[1] && strcmp(*word, "--") != 0)
		word = (*word)[1] == '-' ? read_long(r, word) : read_short(r, word);
	return word;
}

/* The kernel puts words of its command line that nothing knows before those after its "--". */
static char **skip_kernel_words(char **words)
{
	char **word = words;

	while (*word && **word != '-')
		word++;
	return *word && text_after(*word, "--boot=") && boot_is_machine() ? word : words;
}

/* Takes out the word "--" that ends the options: for "PROGRAM -- ARGS" the first one. */
static void remove_dashes(char **word, bool permutes)
{
	while (permutes && *word && strcmp(*word, "--") != 0)
		word++;
	if (!*word || strcmp(*word, "--") != 0)
		return;
	do
		*word = word[1];
	while (*word++);
}

/* ---- the environment ---- */

char *options_variable(char *const *envp, const char *name)
{
	for (; *envp; envp++) {
		char *rest = text_after(*envp, name);
		if (rest && *rest == '=')
			return rest + 1;
	}
	return NULL;
}

static void read_variables(const struct reader *r, enum program program)
{
	for (size_t i = 0; i < COUNT(variables); i++) {
		const char *value;
		if (variables[i].program != program ||
		    !(value = options_variable(r->o->envp, variables[i].name)))
			continue;
		long long n = number_at(&value, 100);
		if (variables[i].value == ANY || (variables[i].value == ZERO && n == 0) ||
		    (variables[i].value == ONE && n == 1) ||
		    (variables[i].value == ABOVE_ONE && n > 1))
			argument_read(r, find_letter(variables[i].letter), NULL);
	}
}

/* The words stay where they are: the memory of the environment outlives all use of them. */
static void read_own_variable(struct reader *r)
{
	static const char blanks[] = " \t\n";
	char *words[WORDS_MAX + 1];
	char **to = r->o->envp;
	char *text = options_variable(to, "CINIT_OPTIONS");
	size_t n = 0;

	if (!text)
		return;
	for (char **from = to; *from; from++)
		if (!text_after(*from, "CINIT_OPTIONS="))
			*to++ = *from;
	*to = NULL;
	r->source = "CINIT_OPTIONS: ";
	for (char *p = text; *p;) {
		while (*p && strchr(blanks, *p))
			*p++ = 0;
		if (*p && n == WORDS_MAX)
			argument_bad(r, "too many words, from", p);
		if (*p)
			words[n++] = p;
		while (*p && !strchr(blanks, *p))
			p++;
	}
	words[n] = NULL;
	char **rest = read_words(r, words);
	if (*rest)
		argument_bad(r, "not an option:", *rest);
	r->source = "";
}

/* ---- all together ---- */

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

static void set_defaults(struct options *o, const struct defaults *d)
{
	o->version = d->version;
	o->group = d->group;
	o->standing = d->standing;
	o->session_by_default = d->standing == STANDS_IN_OWN_SESSION;
	o->continues = d->continues;
	o->die_by_signal = d->die_by_signal;
	o->stop_self = d->stop_self;
	o->group_only = d->group_only;
	o->inside = d->inside;
	o->status_fd = -1;
	o->time_limit = -1;
	o->stop_signal = SIGTERM;
	o->stop_on = BIT(SIGTERM);
	memset(o->rewrite, NOT_GIVEN, sizeof o->rewrite);
	plan_parse(d->grace, &o->grace);
}

/* What follows from several options together. */
static void settle(struct options *o)
{
	bool stop_whole = o->stop_self && o->standing == STANDS_IN_OWN_SESSION;

	for (int sig = 0; sig <= SIGNAL_MAX; sig++)
		if (o->rewrite[sig] == NOT_GIVEN)
			o->rewrite[sig] =
				(unsigned char)(stop_whole && signals_is_stop_key(sig) ? SIGSTOP
										       : sig);
	if (o->group_only && o->standing != STANDS_IN_OWN_SESSION)
		o->grace.count = 0;
}

void options_read(struct options *o, int argc, char **argv, char **envp)
{
	enum program program = argc > 0 ? called(argv[0]) : CINIT;
	struct reader r = {.o = o, .source = ""};

	o->envp = envp;
	set_defaults(o, &defaults[program]);
	read_variables(&r, program);
	read_own_variable(&r);
	o->command = read_words(&r, skip_kernel_words(argv + (argc > 0)));
	remove_dashes(o->command, defaults[program].permutes);
	settle(o);
	if (o->cgroup_sets && !o->cgroup)
		argument_bad(&r, "--cgroup missing for --cgroup-set", *o->cgroup_set);
	if (o->pause && *o->command)
		argument_bad(&r, "--pause takes no command:", *o->command);
	if (!o->pause && !*o->command) {
		report_error("no command%s; try 'cinit --help'",
			     o->boot.action ? " (the kernel drops a second -- and all behind it)"
					    : "");
		boot_exit(o, EXIT_CINIT);
	}
}

int options_expect(const struct options *o, int code)
{
	return o->expect[code / 8] >> code % 8 & 1 ? 0 : code;
}
