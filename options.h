/* The command line, and the defaults that go with the name cinit was called by. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

#include "ending.h"
#include "signals.h"

#define VERSION "0.1.0"

enum reap { REAP_AUTO, REAP_KERNEL, REAP_INIT };

struct options {
	char **command; /* argv of the payload; [0] is NULL with --pause */
	enum inside inside;
	enum reap reap;
	int verbosity;    /* above 0: -v */
	int parent_death; /* signal; 0: none */
	int status_fd;    /* -1: none */
	bool group;       /* signals go to the payload's process group */
	bool setsid;
	bool pause;
	bool warn_orphans;
	bool die_by_signal; /* not PID 1, and the payload was killed: end the same way */
	bool stop_self;     /* a stop key's signal stops us too, not only the payload (dumb-init) */
	bool own_group;     /* the payload leads a process group in any case (tini, catatonit) */
	bool group_only;    /* who is left behind: only the payload's group counts (dumb-init) */
	struct plan grace;
	struct plan stop;
	unsigned char rewrite[SIGNAL_MAX + 1]; /* what is delivered for each signal; 0: nothing */
	unsigned char expect[256 / 8];         /* bit set of the exit codes that count as 0 */
};

/* Reads the command line. Ends cinit with 125 and a line on stderr where it is wrong, and with 0
 * after --help, --version and --license. */
void options_read(struct options *o, int argc, char **argv, char *const *envp);

/* The value of an environment variable, or NULL. */
const char *options_variable(char *const *envp, const char *name);

/* The exit code that stands for this one: 0 if it is expected. */
int options_expect(const struct options *o, int code);

#endif
