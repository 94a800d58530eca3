#include "payload.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "cgroup_payload.h"
#include "explain.h"
#include "forward.h"
#include "options.h"
#include "report.h"
#include "signals.h"
#include "spawn.h"
#include "sys.h"
#include "terminal.h"
#include "user.h"

/* execvp's PATH where the environment has none (musl, execvp.c). */
#define DEFAULT_PATH "/usr/local/bin:/bin:/usr/bin"

/* Where it stands 3, its console 3, the user 6, directory and files 4; and the cgroup. */
#define ACTIONS_MAX        16
#define CGROUP_ACTIONS_MAX (CGROUP_SETS_MAX + CGROUP_PLACES_MAX)

/* An environment variable that names a pid. */
#define VARIABLE_SIZE (16 + DEC_SIZE)

struct start {
	const struct options *o;
	struct terminal *terminal;
	struct spawn spawn;
	struct spawn_action *actions;
};

/* ---- where it stands, and its files ---- */

static struct spawn_action *add(struct start *s, enum spawn_step step, int fd)
{
	struct spawn_action *a = &s->actions[s->spawn.count++];

	*a = (struct spawn_action){.step = step, .fd = fd};
	return a;
}

static void add_console(struct start *s)
{
	struct spawn_action *a = add(s, SPAWN_OPEN, STDIN_FILENO);

	a->path = s->o->boot.console;
	a->flags = O_RDWR | O_NOCTTY;
	add(s, SPAWN_DUP2, STDOUT_FILENO)->from = STDIN_FILENO;
	add(s, SPAWN_DUP2, STDERR_FILENO)->from = STDIN_FILENO;
}

static void add_standing(struct start *s)
{
	if (s->terminal->standing == STANDS_IN_OWN_SESSION) {
		bool terminal = terminal_let_go(s->terminal);
		add(s, SPAWN_SETSID, 0);
		if (*s->o->boot.console)
			add_console(s);
		/* Without an init the command would not have got one that was nobody's. */
		if (terminal || *s->o->boot.console || s->o->standing == STANDS_IN_OWN_SESSION)
			add(s, SPAWN_TERMINAL, STDIN_FILENO);
	} else if (s->terminal->standing == STANDS_IN_OWN_GROUP) {
		add(s, SPAWN_SETPGID, 0);
		if (terminal_to_give(s->terminal))
			add(s, SPAWN_FOREGROUND, STDIN_FILENO);
	}
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
			/* One that came closed is held by an fd that the exec closes. */
			bool closed = !s->o->files[STDOUT_FILENO] &&
				      sys(SYS_FCNTL, STDOUT_FILENO, F_GETFD) == FD_CLOEXEC;
			add(s, closed ? SPAWN_CLOSE : SPAWN_DUP2, fd)->from = STDOUT_FILENO;
			continue;
		}
		struct spawn_action *a = add(s, SPAWN_OPEN, fd);
		a->path = file;
		a->flags =
			O_NOCTTY | (fd == STDIN_FILENO ? O_RDONLY : O_WRONLY | O_APPEND | O_CREAT);
		a->mode = 0644;
	}
}

/* ---- whose it is, and its cgroup ---- */

/* A user may open /dev/stdout again if the pipe or socket is his, or the terminal of his container.
 * A terminal of a namespace above is somebody's for longer than the payload lives, so it stays his:
 * as PID 1 (unshare(1), --namespace) we see its session as 0. Other devices are the machine's. */
static bool is_to_be_given(const struct start *s, int fd, bool pid1)
{
	bool ours = pid1 && (s->o->boot.on || sys(SYS_getsid, 0) != 0);

	return !s->o->files[fd] && (sys_is_terminal(fd) ? ours : sys_is_pipe_or_socket(fd));
}

/* Where there is no HOME it takes the place behind the last variable: there begins the auxiliary
 * vector (getauxval(3)), which nobody reads here. */
static void set_home(char **envp, char *home)
{
	while (*envp && !text_after(*envp, "HOME="))
		envp++;
	if (!*envp)
		envp[1] = NULL;
	*envp = home;
}

static void add_user(struct start *s, struct user *u, bool pid1)
{
	struct spawn_action *a;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (is_to_be_given(s, fd, pid1))
			add(s, SPAWN_CHOWN, fd)->id = u->uid;
	a = add(s, SPAWN_SETGROUPS, 0);
	a->from = (int)u->count;
	a->groups = u->groups;
	add(s, SPAWN_SETGID, 0)->id = u->gid;
	add(s, SPAWN_SETUID, 0)->id = u->uid;
	set_home(s->o->envp, u->home);
}

static int refuse(const char *step, int err, const char *why)
{
	report_error("%s", why);
	report_exec_failed(step, -err, why);
	return EXIT_CINIT;
}

static NOINLINE int find_user(const struct options *o, struct user *u)
{
	static const struct user_files files = {"/etc/passwd", "/etc/group"};
	char why[USER_WHY_SIZE];
	int err = user_find(u, o->user, &files, why);

	return err < 0 ? refuse("user", err, why) : 0;
}

static NOINLINE int add_cgroup(struct start *s)
{
	static RARE struct spawn_action more[CGROUP_ACTIONS_MAX + ACTIONS_MAX];
	char why[CGROUP_WHY_SIZE];
	int n = cgroup_prepare(s->o, more, why);

	s->actions = more;
	if (n < 0)
		return refuse("cgroup", n, why);
	s->spawn.count = (size_t)n;
	return 0;
}

/* In this order:
 * 1. the cgroup, which may take rights that the user has not;
 * 2. the user, whose rights count for the directory and the files. A terminal is had before they
 *    are opened: they may be /dev/tty, or take its place as fd 0;
 * 3. the parent's death, which a change of user would undo. */
static int add_actions(struct start *s, bool pid1)
{
	static RARE struct user user;
	int code = s->o->user ? find_user(s->o, &user) : 0;

	if (code == 0 && s->o->cgroup)
		code = add_cgroup(s);
	if (code != 0)
		return code;
	add_standing(s);
	if (s->o->user)
		add_user(s, &user, pid1);
	if (!pid1)
		add(s, SPAWN_PARENT_DEATH, 0);
	add_files(s);
	return 0;
}

/* ---- its environment ---- */

/* The variables of sd_listen_fds(3) and sd_watchdog_enabled(3) name the process that is meant by
 * its pid: where that is us, the payload is meant. LISTEN_PIDFDID cannot be made to name it. */
static void rename_in_environment(struct start *s, char **envp)
{
	static const char names[2][16] = {"LISTEN_PID=", "WATCHDOG_PID="};
	static char variables[2][VARIABLE_SIZE]; /* part of the environment from now on */
	char **to = envp;

	for (char **from = envp; *from; from++) {
		if (text_after(*from, "LISTEN_PIDFDID="))
			continue;
		*to = *from;
		for (int i = 0; i < 2; i++) {
			const char *pid = text_after(*from, names[i]);
			if (pid && number_at(&pid, INT_MAX) == s->spawn.signals->pid && !*pid) {
				size_t n = format(variables[i], VARIABLE_SIZE, "%s", names[i]);
				*to = variables[i];
				s->spawn.pid_text[i] = variables[i] + n;
			}
		}
		to++;
	}
	*to = NULL;
}

/* ---- its failure ---- */

static const char *remedy(enum spawn_step step, int err)
{
	bool is_group = step == SPAWN_SETGROUPS || step == SPAWN_SETGID;

	if (!is_group && step != SPAWN_SETUID)
		return "";
	if (err == EINVAL)
		return ", the user namespace does not map it";
	return err != EPERM ? ""
	       : is_group   ? ", needs CAP_SETGID, and setgroups allowed in the user namespace"
			    : ", needs CAP_SETUID";
}

/* A step before the exec, other than a clone for which the limits are to be looked at. */
static void explain_step(const struct start *s, const struct spawned *made, char *why)
{
	const struct spawn_action *a = &s->actions[made->action];
	const char *name = made->step < SPAWN_PIPE ? a->path : NULL;
	size_t n = format(why, EXPLAIN_SIZE, "unable to start '%s': %s", s->o->command[0],
			  spawn_step_name(made->step));

	if (made->step == SPAWN_WRITE)
		n += format(why + n, EXPLAIN_SIZE - n, " '%s' to", a->text);
	if (name)
		n += format(why + n, EXPLAIN_SIZE - n, " '%s'", name);
	format(why + n, EXPLAIN_SIZE - n, ": %s%s", errno_name(made->err),
	       made->step == SPAWN_WRITE ? cgroup_remedy(a, made->err)
					 : remedy(made->step, made->err));
}

/* Goes where the payload went before its exec; with its user, for the rest of our life. The action
 * may come again: a relative directory would then lead further on. */
static void follow(const struct start *s, bool user)
{
	for (size_t i = 0; i < s->spawn.count; i++) {
		struct spawn_action *a = &s->actions[i];
		if (a->step == SPAWN_CHDIR && spawn_act(a) == 0)
			a->path = ".";
		if (user && (a->step == SPAWN_SETGROUPS || a->step == SPAWN_SETGID ||
			     a->step == SPAWN_SETUID))
			spawn_act(a);
	}
}

/* Says why; returns the exit code. The looks at files are made from where the payload would have
 * made them: we end after that. */
static NOINLINE int not_started(const struct start *s, const struct spawned *made,
				const struct exec_failure *f)
{
	char why[EXPLAIN_SIZE];
	int code = EXIT_CINIT;

	cgroup_remove();
	/* At the end of --boot we need all our rights. */
	if (made->step == SPAWN_EXEC)
		follow(s, !s->o->boot.action);
	if (made->step == SPAWN_EXEC)
		code = explain_exec(f, why);
	else if (made->step == SPAWN_CLONE && (made->err == EAGAIN || made->err == ENOMEM))
		explain_exec(f, why);
	else
		explain_step(s, made, why);
	report_error("%s", why);
	report_exec_failed(spawn_step_name(made->step), made->err, why);
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
	static RARE char pathname[PATH_MAX];
	char **argv = s->o->command;
	struct exec_failure f = {
		.file = argv[0],
		.path = s->spawn.path,
		.element = made->element,
		.err = made->err,
		.argv = argv,
		.envp = s->spawn.envp,
	};

	if (made->step == SPAWN_EXEC)
		follow(s, false);
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

/* Those that, when pending, end a payload that is not executed yet. A parent that has no pid here
 * tells of its death by a signal alone; that of another one may be of a thread of it. */
static uint64_t stop_signals(const struct options *o, pid_t parent, bool pid1)
{
	uint64_t ends = o->stop_on | BIT(SIGTERM) | BIT(SIGINT) | BIT(SIGQUIT) | BIT(SIGHUP);
	uint64_t set = 0;

	for (int sig = 1; sig <= SIGNAL_MAX; sig++)
		if (o->rewrite[sig] && ends & BIT(o->rewrite[sig]))
			set |= BIT(sig);
	if (o->parent_death && !parent)
		set |= BIT(forward_parent_signal(o->parent_death, pid1));
	return set;
}

int payload_start(struct payload *p, const struct options *o, const struct inherited *was,
		  struct terminal *t, bool pid1)
{
	struct spawn_action actions[ACTIONS_MAX];
	struct start s = {.o = o, .terminal = t, .actions = actions};
	struct spawned made;
	const char *path = options_variable(o->envp, "PATH");
	int code = add_actions(&s, pid1);

	if (code != 0)
		return code;
	s.spawn.argv = o->command;
	s.spawn.envp = o->envp;
	s.spawn.actions = s.actions;
	s.spawn.signals = was;
	s.spawn.hurry = stop_signals(o, was->parent, pid1);
	s.spawn.parent = o->parent_death ? was->parent : 0;
	s.spawn.deadline = o->deadline;
	/* The OOM killer ends all that share the memory of its victim, and the child may be that
	 * already. */
	s.spawn.apart = o->cgroup != NULL;
	rename_in_environment(&s, o->envp);
	if (*o->command[0] && !strchr(o->command[0], '/'))
		s.spawn.path = path ? path : DEFAULT_PATH;
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
	if (made.killed)
		report_warning("the command was ended before it could be executed");
	else if (made.outlives)
		report_failure(IS_WARNING, made.outlives, "; SIGKILL of cinit leaves it running",
			       "tie the command to cinit");
	return 0;
}

/* ---- its signals ---- */

int payload_send(struct payload *p, int sig, const siginfo_t *si)
{
	int err = signals_send(p->pid, p->to_group, sig, si);

	p->kill_sent |= sig == SIGKILL && err == 0;
	if (err < 0 && err != -ESRCH && sig != SIGCONT && !(p->told & BIT(sig))) {
		p->told |= BIT(sig);
		report_failure(IS_WARNING, err,
			       err == -EPERM ? ", it runs as another user; needs CAP_KILL" : NULL,
			       "send %s to the command", signal_name(sig));
	}
	return err;
}
