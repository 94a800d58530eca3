/* What an option means: its argument read into struct options. Used by options.c alone. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include <stddef.h>

#include "options.h"

enum id {
	SET,  /* makes a bool true */
	PATH, /* sets a pathname */
	PLAN,
	GRACE,
	TIME_LIMIT,
	REWRITE,
	STOP_ON,
	PARENT_DEATH,
	SINGLE_CHILD,
	SETSID,
	INSIDE,
	EXPECT,
	USER,
	CGROUP_SET,
	STATUS_FD,
	BOOT,
	QUIET,
	VERBOSE,
	IGNORED,
	HELP, /* this and the next two are for options.c */
	SHOW_VERSION,
	LICENSE,
};

/* What arguments look like: a line each of --help, and of messages. */
enum form { PLAN_FORM, TIME_FORM, FILE_FORM, FORMS };
extern const char *const argument_forms[FORMS];

/* An option. */
struct row {
	char letters[3];
	char name[13];
	char argument[13]; /* "": takes none */
	unsigned char id;
	unsigned short at; /* offset in struct options, for SET, PATH, PLAN, GRACE */
	const char *help;
};

/* What is being read. */
struct reader {
	struct options *o;
	const char *source; /* before each message: "", or the variable */
};

/* Says what is wrong with a word, and ends cinit with 125. */
_Noreturn void argument_bad(const struct reader *r, const char *what, const char *word);

/* Reads the argument of an option; ends cinit with 125 if it is wrong. */
void argument_read(const struct reader *r, const struct row *row, const char *arg);

#endif
