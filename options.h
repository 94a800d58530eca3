/* The command line, CINIT_OPTIONS, and the defaults that go with the name cinit was called by. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "boot.h"
#include "cgroup_payload.h"
#include "ending.h"
#include "names.h"
#include "terminal.h"

#define VERSION "0.3.0"

/* What happens to signals from inside the PID namespace. */
enum inside { INSIDE_KERNEL, INSIDE_FORWARD, INSIDE_DROP };

struct options {
	char **command;      /* argv of the payload; [0] is NULL with --pause */
	char **envp;         /* for the payload */
	const char *version; /* text of --version */
	enum inside inside;
	enum standing standing;  /* wish */
	int level;               /* of messages: -1 quiet, above 0 verbose */
	int parent_death;        /* signal; 0: none */
	int status_fd;           /* -1: none */
	int time_limit;          /* milliseconds; -1: none */
	int stop_signal;         /* the first of stop_on */
	int64_t deadline;        /* of the time limit, once that runs; NEVER: none */
	uint64_t stop_on;        /* set of signals that begin the stop plan */
	const char *status_file; /* NULL: none */
	const char *chdir;       /* NULL: the payload stays where we are */
	const char *files[3];    /* for fds 0 to 2; NULL: as inherited */
	const char *user;        /* "USER[:GROUP]"; NULL: the payload is whose we are */
	const char *cgroup;      /* NULL: the payload is in ours */
	int cgroup_sets;
	const char *cgroup_set[CGROUP_SETS_MAX]; /* "FILE=VALUE" */
	bool session_by_default;                 /* standing is that, and nobody's wish */
	bool group;                              /* signals go to the payload's process group */
	bool namespace;                          /* in a PID namespace of its own */
	bool pause;
	bool warn_orphans;
	bool die_by_signal; /* not PID 1, and the payload was killed: end the same way */
	bool continues;     /* SIGCONT follows SIGTERM */
	bool stop_self;     /* a stop key's signal stops us too, not only the payload */
	bool group_only;    /* of leftovers only the payload's group counts */
	struct boot boot;
	struct plan grace;
	struct plan stop;
	unsigned char rewrite[SIGNAL_MAX + 1]; /* what is delivered for each signal; 0: nothing */
	unsigned char expect[256 / 8];         /* set of the exit codes that count as 0 */
};

/* Reads the command line into a zeroed struct. Ends cinit with 125 and a line on stderr where it is
 * wrong, and with 0 after --help, --version and --license. Takes CINIT_OPTIONS out of envp. */
void options_read(struct options *o, int argc, char **argv, char **envp);

/* The value of an environment variable, or NULL. */
char *options_variable(char *const *envp, const char *name);

/* The exit code that stands for this one: 0 if it is expected. */
int options_expect(const struct options *o, int code);

#endif
