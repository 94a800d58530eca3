#include "report.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "names.h"
#include "sys.h"

/* The flag of preadv2(2) and pwritev2(2); musl's headers leave it out. */
#ifndef RWF_NOWAIT
#define RWF_NOWAIT 0x00000008
#endif

/* Longest text member of an event in bytes: three of them and the rest stay within PIPE_BUF. */
#define TEXT_MAX 1200

/* Set once, before the payload is started. */
static struct {
	int level;
	int fds[2]; /* for events */
	int count;
} to;

/* ---- a line ---- */

/* By an open file of our own, for which we may ask for O_NONBLOCK: the inherited one is shared with
 * others. False where there can be none: for a socket, and without /proc. */
static bool write_apart(int fd, const struct iovec *v)
{
	char path[sizeof "/proc/self/fd/" + DEC_SIZE];
	int own;

	format(path, sizeof path, "/proc/self/fd/%d", fd);
	own = sys_open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
	if (own < 0)
		return false;
	sys_write(own, v->iov_base, v->iov_len);
	sys_close(own);
	return true;
}

/* Never waits for a reader, but where RWF_NOWAIT is refused (for terminals, FIFOs, and pipes before
 * Linux 6.4), /proc is not there, and poll(2) has made us believe in more room than there is, or
 * fails: it does under a limit of no fds. But -EINTR, by a sent SIGSEGV or its like, tells that
 * there is no room. A file has no reader to wait for; XFS and btrfs refuse RWF_NOWAIT for most
 * lines, because a write sets the time of the file. */
static void write_line(int fd, struct text *l)
{
	struct iovec v = {.iov_base = l->at, .iov_len = l->length + 1};
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	long result;

	l->at[l->length] = '\n';
	if (sys_is_stream(fd)) {
		result = sys(SYS_pwritev2, fd, &v, 1, -1, -1, RWF_NOWAIT);
		if (result >= 0 || result == -EAGAIN || result == -EBADF || result == -EPIPE ||
		    write_apart(fd, &v))
			return;
	}
	result = sys_poll(&p, 1, 0);
	if ((result < 0 && result != -EINTR) || (p.revents & POLLOUT))
		sys_write(fd, l->at, v.iov_len);
}

/* ---- messages ---- */

void report_level(int level)
{
	to.level = level;
}

static void write_message(const char *text, va_list args)
{
	char buf[PIPE_BUF];
	struct text l = {.at = buf, .size = sizeof buf};

	text_put(&l, "cinit: ");
	l.length += format_args(buf + l.length, sizeof buf - l.length, text, args);
	write_line(STDERR_FILENO, &l);
}

void report(enum importance importance, const char *text, ...)
{
	va_list args;

	if ((int)importance > to.level)
		return;
	va_start(args, text);
	write_message(text, args);
	va_end(args);
}

void report_failure(enum importance importance, int err, const char *remedy, const char *action,
		    ...)
{
	char text[2 * QUOTE_MAX];
	va_list args;

	va_start(args, action);
	format_args(text, sizeof text, action, args);
	va_end(args);
	report(importance, "unable to %s: %s%s", text, errno_name(-err), remedy);
}

int report_print(const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		long n = sys_write(STDOUT_FILENO, text, left);
		if (n == -EINTR)
			continue;
		if (n < 0)
			return (int)n;
		text += n;
		left -= (size_t)n;
	}
	return 0;
}

/* ---- JSON ---- */

/* Length of the UTF-8 sequence at s (RFC 3629: no overlong form, no surrogate), or 0. */
static size_t utf8_sequence(const unsigned char *s)
{
	static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	unsigned point = s[0] & (0xffu >> (n + 1));

	if (n == 1)
		return 1;
	if (s[0] < 0xc0 || s[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (s[i] & 0x3f);
	}
	return point < least[n] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000) ? 0 : n;
}

static void put_escape(struct text *l, unsigned code)
{
	text_put(l, "\\u");
	for (int shift = 12; shift >= 0; shift -= 4)
		text_put_char(l, "0123456789abcdef"[code >> shift & 15]);
}

/* A byte that is not UTF-8 becomes a lone surrogate from \udc80 on, which Python's surrogateescape
 * turns back. */
static void put_quoted(struct text *l, const char *s)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t end = l->length + TEXT_MAX;

	text_put_char(l, '"');
	while (*u && l->length < end) {
		size_t n = utf8_sequence(u);
		if (n == 0) {
			put_escape(l, 0xdc00u + *u++);
		} else if (*u < 0x20 || *u == 0x7f) {
			put_escape(l, *u++);
		} else {
			if (*u == '"' || *u == '\\')
				text_put_char(l, '\\');
			while (n-- > 0)
				text_put_char(l, (char)*u++);
		}
	}
	text_put_char(l, '"');
}

static void put_text(struct text *l, const char *s)
{
	if (s)
		put_quoted(l, s);
	else
		text_put(l, "null");
}

static void put_int(struct text *l, char type, int n)
{
	if (type == 'B')
		text_put(l, n ? "true" : "false");
	else
		text_put_number(l, n);
}

/* Writes an event of that name. In the members a blank begins a key, "=" ends it, and a capital
 * letter is a value: S a text (NULL: null), D an int, L a long long, B a bool. */
static void tell(const char *name, const char *members, ...)
{
	char buf[PIPE_BUF];
	struct text l = {.at = buf, .size = sizeof buf};
	va_list args;

	if (!to.count)
		return;
	l.length = format(buf, sizeof buf, "{\"event\":\"%s\"", name);
	va_start(args, members);
	for (const char *m = members; *m; m++) {
		if (*m == ' ')
			text_put(&l, ",\"");
		else if (*m == '=')
			text_put(&l, "\":");
		else if (*m == 'S')
			put_text(&l, va_arg(args, const char *));
		else if (*m == 'L')
			text_put_number(&l, va_arg(args, long long));
		else if (*m == 'D' || *m == 'B')
			put_int(&l, *m, va_arg(args, int));
		else
			text_put_char(&l, *m);
	}
	va_end(args);
	text_put_char(&l, '}');
	for (int i = 0; i < to.count; i++)
		write_line(to.fds[i], &l);
}

/* ---- events ---- */

void report_events_to(int fd)
{
	to.fds[to.count++] = fd;
}

bool report_has_events(void)
{
	return to.count > 0;
}

void report_hello(bool pid1, const char *version)
{
	if (to.count)
		tell("hello", " version=S pid=D pid1=B", version, sys_getpid(), pid1);
}

void report_spawned(pid_t pid, unsigned long long start_time, const char *const fds[static 3])
{
	tell("spawned", " pid=D start_time=L fds=[S,S,S]", pid, (long long)start_time, fds[0],
	     fds[1], fds[2]);
}

void report_exec_failed(const char *step, int err, const char *message)
{
	tell("exec_failed", " step=S errno=S message=S", step, errno_name(err), message);
}

void report_signal(const siginfo_t *si, enum origin from, enum outcome outcome)
{
	static const char origins[][8] = {
		[ORIGIN_KERNEL] = "kernel",
		[ORIGIN_OUTSIDE] = "outside",
		[ORIGIN_INSIDE] = "inside",
		[ORIGIN_SELF] = "self",
	};
	static const char outcomes[][10] = {
		[SIGNAL_DELIVERED] = "delivered", [SIGNAL_DROPPED] = "dropped",
		[SIGNAL_HELD] = "held",           [SIGNAL_FAILED] = "failed",
		[SIGNAL_STAGED] = "stage",
	};
	const char *name;
	/* In other siginfos something else lies in its place. */
	int sender = si->si_code == SI_USER || si->si_code == SI_TKILL || si->si_code == SI_QUEUE
			     ? si->si_pid
			     : 0;

	if (!to.count && to.level < IS_VERBOSE)
		return;
	name = signal_name(si->si_signo);
	report_verbose("%s from %s, pid %d: %s", name, origins[from], sender, outcomes[outcome]);
	tell("signal", " name=S origin=S sender=D action=S", name, origins[from], sender,
	     outcomes[outcome]);
}

void report_stage(enum plan_kind kind, int stage, int sig)
{
	const char *plan = kind == PLAN_STOP ? "stop" : "grace";
	const char *name = sig ? signal_name(sig) : NULL;

	report_verbose("%s plan: %s", plan, name ? name : "wait");
	tell("stage", " plan=S stage=D signal=S", plan, stage, name);
}

void report_time_limit(int sig)
{
	report_verbose("the time limit is up: %s", signal_name(sig));
	tell("time_limit", " signal=S", signal_name(sig));
}

void report_reaped(pid_t pid, int status)
{
	if (WIFSIGNALED(status))
		tell("reaped", " pid=D signal=S", pid, signal_name(WTERMSIG(status)));
	else
		tell("reaped", " pid=D code=D", pid, WEXITSTATUS(status));
}

void report_exited(int status, bool oom)
{
	if (WIFSIGNALED(status))
		tell("exited", " signal=S core=B oom=B", signal_name(WTERMSIG(status)),
		     !!WCOREDUMP(status), oom);
	else
		tell("exited", " code=D core=B oom=B", WEXITSTATUS(status), false, oom);
}

void report_left(int count)
{
	tell("left", " count=D", count);
}

void report_done(int code)
{
	tell("done", " status=D", code);
}
