#include "payload.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "explain.h"
#include "options.h"
#include "report.h"
#include "signals.h"
#include "spawn.h"
#include "sys.h"
#include "terminal.h"

/* execvp's PATH where the environment has none (musl, execvp.c). */
#define DEFAULT_PATH "/usr/local/bin:/bin:/usr/bin"

/* More than the payload's start ever takes. */
#define ACTIONS_MAX 8

/* An environment variable that names a pid. */
#define VARIABLE_SIZE (16 + DEC_SIZE)

struct start {
	const struct options *o;
	struct terminal *terminal;
	struct spawn spawn;
	struct spawn_action actions[ACTIONS_MAX];
	char variables[2][VARIABLE_SIZE];
};

/* ---- where it stands, and its files ---- */

static struct spawn_action *add(struct start *s, enum spawn_step step, int fd)
{
	struct spawn_action *a = &s->actions[s->spawn.count++];

	a->step = step;
	a->fd = fd;
	return a;
}

static void add_standing(struct start *s, bool pid1)
{
	if (s->terminal->standing == STANDS_IN_OWN_SESSION) {
		terminal_let_go(s->terminal);
		add(s, SPAWN_SETSID, 0);
		add(s, SPAWN_TERMINAL, STDIN_FILENO);
	} else if (s->terminal->standing == STANDS_IN_OWN_GROUP) {
		add(s, SPAWN_SETPGID, 0);
		if (terminal_to_give(s->terminal))
			add(s, SPAWN_FOREGROUND, STDIN_FILENO);
	}
	if (!pid1)
		add(s, SPAWN_PARENT_DEATH, 0);
}

static void add_files(struct start *s)
{
	if (s->o->chdir)
		add(s, SPAWN_CHDIR, 0)->path = s->o->chdir;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		const char *file = s->o->files[fd];
		if (!file)
			continue;
		if (fd == STDERR_FILENO && strcmp(file, "@stdout") == 0) {
			add(s, SPAWN_DUP2, fd)->from = STDOUT_FILENO;
			continue;
		}
		struct spawn_action *a = add(s, SPAWN_OPEN, fd);
		a->path = file;
		a->flags =
			O_NOCTTY | (fd == STDIN_FILENO ? O_RDONLY : O_WRONLY | O_APPEND | O_CREAT);
		a->mode = 0644;
	}
}

/* ---- its environment ---- */

/* The variables of sd_listen_fds(3) and sd_watchdog_enabled(3) name the process that is meant by
 * its pid: where that is us, the payload is meant. LISTEN_PIDFDID cannot be made to name it. */
static void rename_in_environment(struct start *s, char **envp)
{
	static const char names[2][16] = {"LISTEN_PID=", "WATCHDOG_PID="};
	char **to = envp;

	for (char **from = envp; *from; from++) {
		if (strncmp(*from, "LISTEN_PIDFDID=", 15) == 0)
			continue;
		*to = *from;
		for (int i = 0; i < 2; i++) {
			size_t n = strlen(names[i]);
			if (strncmp(*from, names[i], n) == 0 &&
			    strcmp(*from + n, DEC(sys_getpid())) == 0) {
				*to = memcpy(s->variables[i], names[i], n);
				s->spawn.pid_text[i] = s->variables[i] + n;
			}
		}
		to++;
	}
	*to = NULL;
}

/* ---- its failure ---- */

/* A step before the exec, other than a clone for which the limits are to be looked at. */
static void explain_step(const struct spawned *made, const char *file, char *why)
{
	format(why, EXPLAIN_SIZE, "unable to start %s: %s: %s", QUOTE(file),
	       spawn_step_name(made->step), errno_name(made->err));
}

/* Says why; returns the exit code. The looks at files are made from where the payload would have
 * made them: we end after that. */
static NOINLINE int not_started(const struct start *s, const struct spawned *made,
				const struct exec_failure *f)
{
	char why[EXPLAIN_SIZE];
	int code = EXIT_CINIT;

	if (s->o->chdir)
		sys(SYS_chdir, s->o->chdir);
	if (made->step == SPAWN_EXEC)
		code = explain_exec(f, why);
	else if (made->step == SPAWN_CLONE && (made->err == EAGAIN || made->err == ENOMEM))
		explain_exec(f, why);
	else
		explain_step(made, f->file, why);
	report_error("%s", why);
	report_exec_failed(spawn_step_name(made->step), made->err, why);
	report_done(code);
	return code;
}

/* After ENOEXEC: the text at pathname is run by /bin/sh. Takes the word before the command, which
 * is at least our own name. */
static int spawn_by_shell(struct spawn shell, char **argv, char *pathname, struct spawned *made)
{
	char *replaced = argv[0], *before = argv[-1];
	int err;

	shell.argv = argv - 1;
	shell.path = NULL;
	argv[-1] = (char *)"/bin/sh";
	argv[0] = pathname;
	err = spawn(&shell, made);
	argv[-1] = before;
	argv[0] = replaced;
	return err;
}

/* The command could not be executed: a text is tried by /bin/sh, all else is explained. */
static NOINLINE int start_otherwise(struct start *s, struct spawned *made)
{
	char pathname[PATH_MAX];
	char **argv = s->o->command;
	struct exec_failure f = {
		.file = argv[0],
		.path = s->spawn.path,
		.element = made->element,
		.err = made->err,
		.argv = argv,
		.envp = s->spawn.envp,
	};

	if (made->step == SPAWN_EXEC && f.err == ENOEXEC && explain_is_script(&f, pathname)) {
		if (spawn_by_shell(s->spawn, argv, pathname, made) == 0)
			return 0;
		/* Without a /bin/sh it is the text that cannot be run. */
		if (made->step == SPAWN_EXEC)
			made->err = f.err;
		else
			f.err = made->err;
	}
	return not_started(s, made, &f);
}

int payload_start(struct payload *p, const struct options *o, const struct inherited *was,
		  struct terminal *t, bool pid1)
{
	struct start s = {.o = o, .terminal = t};
	struct spawned made;
	const char *path = options_variable(o->envp, "PATH");
	int code;

	rename_in_environment(&s, o->envp);
	s.spawn.argv = o->command;
	s.spawn.envp = o->envp;
	s.spawn.actions = s.actions;
	s.spawn.signals = was;
	s.spawn.hurry = o->stop_on | BIT(SIGTERM) | BIT(SIGINT) | BIT(SIGQUIT);
	if (*o->command[0] && !strchr(o->command[0], '/'))
		s.spawn.path = path ? path : DEFAULT_PATH;
	add_standing(&s, pid1);
	add_files(&s);
	code = spawn(&s.spawn, &made) == 0 ? 0 : start_otherwise(&s, &made);
	p->pid = made.pid;
	if (code != 0) {
		terminal_take_back(t, p); /* it may have had the foreground before it failed */
		p->pid = 0;
		return code;
	}
	p->leads = t->standing != STANDS_IN_OUR_GROUP;
	p->to_group = o->group && p->leads;
	p->kill_sent = made.killed;
	return 0;
}

/* ---- its signals ---- */

int payload_send(struct payload *p, int sig, const siginfo_t *si)
{
	int err = signals_send(p->pid, p->to_group, sig, si);

	p->kill_sent |= sig == SIGKILL && err == 0;
	if (err < 0 && err != -ESRCH && sig != SIGCONT)
		report_warning("unable to send %s to the command: %s%s", signal_name(sig),
			       errno_name(-err),
			       err == -EPERM ? ", it runs as another user; needs CAP_KILL" : "");
	return err;
}
