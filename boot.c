#include "boot.h"

#include <errno.h>
#include <net/if.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mounts.h"
#include "options.h"
#include "proc.h"
#include "report.h"
#include "signals.h"
#include "sys.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* How long the console may take to show what was written to it, and how often that is looked at.
 * Milliseconds. */
#define DRAIN_MS 2000
#define PAUSE_MS 50

/* The payload's stop plan, where none was given: Ctrl-Alt-Del must end the machine. */
#define STOP_PLAN "TERM:10s,KILL"

#define VARIABLES_MAX 60 /* in an environment to which some are added */

static const struct {
	char name[9];
	unsigned command;
} actions[] = {
	[BOOT_POWEROFF] = {"poweroff", RB_POWER_OFF},
	[BOOT_REBOOT] = {"reboot", RB_AUTOBOOT},
	[BOOT_HALT] = {"halt", RB_HALT_SYSTEM},
};

static enum boot_action parse_action(const char **s)
{
	for (enum boot_action a = BOOT_POWEROFF; a <= BOOT_HALT; a++) {
		const char *rest = text_after(*s, actions[a].name);
		if (rest) {
			*s = rest;
			return a;
		}
	}
	return BOOT_NONE;
}

int boot_parse(const char *arg, struct boot *b)
{
	const char *fail;

	*b = (struct boot){.action = parse_action(&arg)};
	if (!b->action)
		return -EINVAL;
	fail = text_after(arg, ",fail:");
	if (fail) {
		arg = fail;
		b->on_fail = parse_action(&arg);
		if (!b->on_fail)
			return -EINVAL;
	}
	return *arg ? -EINVAL : 0;
}

/* ---- the beginning ---- */

static long call_reboot(unsigned command)
{
	return sys(SYS_reboot, 0xfee1dead, 672274793, command, NULL); /* magic: reboot(2) */
}

bool boot_is_machine(void)
{
	return sys_getpid() == 1 && call_reboot(RB_DISABLE_CAD) == 0;
}

/* In the order in which they are mounted: the first brings the console, the second tells what is
 * mounted already. */
static const struct mount {
	char point[15];
	char type[9];
	char data[16];
	unsigned char flags;
} mounts[] = {
	{"/dev", "devtmpfs", "mode=755", MS_NOSUID},
	{"/proc", "proc", "", MS_NOSUID | MS_NODEV | MS_NOEXEC},
	{"/sys", "sysfs", "", MS_NOSUID | MS_NODEV | MS_NOEXEC},
	{"/dev/pts", "devpts", "mode=620,gid=5", MS_NOSUID | MS_NOEXEC},
	{"/dev/shm", "tmpfs", "mode=1777", MS_NOSUID | MS_NODEV},
	{"/run", "tmpfs", "mode=755", MS_NOSUID | MS_NODEV},
	{"/tmp", "tmpfs", "mode=1777", MS_NOSUID | MS_NODEV},
	{"/sys/fs/cgroup", "cgroup2", "", MS_NOSUID | MS_NODEV | MS_NOEXEC},
};

static int mount_one(const struct mount *m)
{
	int err;

	if (mounts_has(m->point))
		return 0;
	sys(SYS_mkdirat, AT_FDCWD, m->point, 0755);
	err = (int)sys(SYS_mount, m->type, m->point, m->type, m->flags, m->data);
	return err == -EBUSY ? 0 : err; /* it was mounted already, without a /proc to tell */
}

/* Shells want these, and devtmpfs comes without them. */
static void link_fds(void)
{
	static const char links[][2][14] = {
		{"/proc/self/fd", "/dev/fd"},
		{"fd/0", "/dev/stdin"},
		{"fd/1", "/dev/stdout"},
		{"fd/2", "/dev/stderr"},
	};

	for (size_t i = 0; i < COUNT(links); i++)
		sys(SYS_symlinkat, links[i][0], AT_FDCWD, links[i][1]);
}

/* The terminal behind /dev/console, which itself can be nobody's controlling terminal (tty_open,
 * drivers/tty/tty_io.c): the last that is active; for tty0 the virtual one in front. */
static void find_console(char console[static CONSOLE_SIZE])
{
	char name[CONSOLE_SIZE] = "console";
	char text[CONSOLE_SIZE];
	int length, fd;

	while ((length = proc_read(text, sizeof text, "/sys/class/tty/%s/active", name)) > 1) {
		char *last = text + length - 1;
		*last = 0;
		while (last > text && last[-1] != ' ')
			last--;
		memcpy(name, last, strlen(last) + 1);
	}
	format(console, CONSOLE_SIZE, "/dev/%s", name);
	fd = sys_open(console, O_RDWR | O_NOCTTY, 0);
	if (fd >= 0)
		sys_close(fd);
	else
		*console = 0;
}

/* Fds 0 to 2 that came closed: the kernel has found no /dev/console. It stays init's own, because
 * other terminals are hung up when the payload's session ends (__tty_hangup). */
static void fill_fds(void)
{
	int fd;

	do {
		fd = sys_open("/dev/console", O_RDWR | O_NOCTTY, 0);
		if (fd < 0)
			fd = sys_open("/dev/null", O_RDWR, 0);
	} while (fd >= 0 && fd < STDERR_FILENO);
	if (fd > STDERR_FILENO)
		sys_close(fd);
}

static void bring_up_loopback(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd = (int)sys(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = fd < 0 ? fd : (int)sys(SYS_ioctl, fd, SIOCSIFFLAGS, &lo);

	if (fd >= 0)
		sys_close(fd);
	if (err < 0)
		report_failure(IS_WARNING, err, NULL, "bring up the interface lo");
}

/* The kernel gives HOME and TERM, and no PATH. */
static void add_variables(struct options *o)
{
	static const char names[][5] = {"PATH", "HOME", "TERM"};
	static const char *const texts[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/",
		"TERM=linux",
	};
	static RARE char *envp[VARIABLES_MAX + COUNT(names) + 1];
	size_t n = 0;

	for (; o->envp[n]; n++) {
		if (n == VARIABLES_MAX)
			return;
		envp[n] = o->envp[n];
	}
	for (size_t i = 0; i < COUNT(names); i++)
		if (!options_variable(o->envp, names[i]))
			envp[n++] = (char *)texts[i];
	o->envp = envp;
}

void boot_begin(struct options *o)
{
	if (!o->boot.action)
		return;
	if (!boot_is_machine()) {
		report_warning("--boot has no effect: cinit is not the PID 1 of a machine");
		o->boot.action = BOOT_NONE;
		return;
	}
	o->boot.on = true;
	for (size_t i = 0; i < COUNT(mounts); i++) {
		int err = mount_one(&mounts[i]);
		if (i == 0)
			fill_fds(); /* before it nobody might see the messages */
		if (err < 0)
			report_failure(IS_WARNING, err, NULL, "mount %s on %s", mounts[i].type,
				       mounts[i].point);
	}
	link_fds();
	find_console(o->boot.console);
	bring_up_loopback();
	add_variables(o);
	if (!o->stop.count)
		plan_parse(STOP_PLAN, &o->stop);
}

/* ---- while it runs ---- */

void boot_turn(struct options *o, siginfo_t *si)
{
	int sig = si->si_signo;
	enum origin from;

	if (!o->boot.on || (sig != SIGINT && sig != SIGPWR) || o->rewrite[sig] != sig)
		return;
	from = signals_origin(si, 1);
	if (from == ORIGIN_SELF || (from == ORIGIN_INSIDE && o->inside != INSIDE_FORWARD))
		return;
	o->boot.asked = sig == SIGINT ? BOOT_REBOOT : BOOT_POWEROFF;
	report_verbose("%s: stop, then %s", signal_name(sig), actions[o->boot.asked].name);
	*si = (siginfo_t){.si_signo = o->stop_signal, .si_code = SI_USER};
}

const struct options *boot_rescue(struct options *o, int code)
{
	static RARE struct options shell;
	/* One word is before the command, as a text that needs an interpreter wants it. */
	static char *argv[3];

	argv[1] = (char *)"/bin/sh";
	if (!o->boot.on || o->boot.on_fail || !sys_is_terminal(STDIN_FILENO) ||
	    sys(SYS_faccessat, AT_FDCWD, argv[1], X_OK) < 0)
		return NULL;
	o->boot.failed = code;
	report_warning("%s instead, on the console; %s at its end", argv[1],
		       actions[o->boot.action].name);
	shell.command = argv + 1;
	shell.envp = o->envp;
	shell.stop_on = o->stop_on;
	shell.deadline = o->deadline;
	memcpy(shell.rewrite, o->rewrite, sizeof shell.rewrite);
	shell.boot = o->boot;
	return &shell;
}

/* ---- the end ---- */

/* What is still on its way to the console would be lost. */
static void drain(void)
{
	int64_t until = deadline_in(DRAIN_MS);
	int queued = 0;

	while (sys(SYS_ioctl, STDERR_FILENO, TIOCOUTQ, &queued) == 0 && queued > 0 &&
	       deadline_left(until) > 0)
		sys_poll(NULL, 0, PAUSE_MS);
}

/* Where the machine cannot be halted, reboot(2) ends its caller, and the end of PID 1 would be a
 * kernel panic: a child calls it (kernel/reboot.c). Returns -errno, or 0 where that has not ended
 * the machine either. */
static int end_machine(unsigned command)
{
	pid_t pid = (pid_t)sys_fork(0);
	int status = 0;

	if (pid < 0)
		return (int)call_reboot(command);
	if (pid == 0)
		sys_exit((int)-call_reboot(command));
	while (sys(SYS_wait4, pid, &status, 0, NULL) == -EINTR)
		;
	return -WEXITSTATUS(status);
}

/* Reaps until Ctrl-Alt-Del. */
static void wait_for_keys(void)
{
	int sig;

	do {
		sig = sys_sigtimedwait(UINT64_MAX, NULL, -1);
		if (sig < 0)
			sys_poll(NULL, 0, PAUSE_MS);
		while (sys(SYS_wait4, -1, NULL, WNOHANG, NULL) > 0)
			;
	} while (sig != SIGINT);
}

_Noreturn void boot_exit(const struct options *o, int code)
{
	const struct boot *b = &o->boot;
	enum boot_action action = b->action;

	if (!b->action || (!b->on && !boot_is_machine())) /* a wrong option, before the beginning */
		sys_exit(code);
	if (b->failed)
		code = b->failed;
	if (code && b->on_fail)
		action = b->on_fail;
	if (b->asked)
		action = b->asked;
	mounts_put_away();
	drain();
	report_warning("ended with status %d, now %s", code, actions[action].name);
	drain();
	for (;;) {
		int err = end_machine(actions[action].command);
		report_error("unable to %s: %s; Ctrl-Alt-Del tries again", actions[action].name,
			     err ? errno_name(-err) : "nothing happened");
		wait_for_keys();
	}
}
