#include "arguments.h"

#include <fcntl.h>
#include <string.h>

#include "report.h"
#include "signals.h"
#include "sys.h"

#define FD_MAX (1 << 20)

/* ---- what is wrong ---- */

_Noreturn void argument_bad(const struct reader *r, const char *what, const char *word)
{
	report_error("%s%s '%s'; try 'cinit --help'", r->source, what, word);
	boot_exit(r->o, EXIT_CINIT);
}

static _Noreturn void bad(const struct reader *r, const struct row *row, const char *arg)
{
	report_error("%s--%s='%s': %s", r->source, row->name, arg, row->takes);
	boot_exit(r->o, EXIT_CINIT);
}

static _Noreturn void bad_signal(const struct reader *r, const struct row *row, const char *arg)
{
	char names[SIGNAL_NAMES_SIZE];

	report_error("%s--%s='%s': %s; signals are %s", r->source, row->name, arg, row->takes,
		     signal_names(names));
	boot_exit(r->o, EXIT_CINIT);
}

/* ---- signals ---- */

/* The signal that is the first length bytes of name, or a negative number. */
static int signal_of(const char *name, size_t length)
{
	char copy[16];

	if (length >= sizeof copy)
		return -1;
	memcpy(copy, name, length);
	copy[length] = 0;
	return signal_number(copy);
}

/* Init never sees the first two, and keeps the third for itself. */
static bool can_come(int sig)
{
	return sig > 0 && sig != SIGKILL && sig != SIGSTOP && sig != SIGCHLD;
}

static void read_rewrite(const struct reader *r, const struct row *row, const char *arg)
{
	const char *colon = strchr(arg, ':');
	int from = colon ? signal_of(arg, (size_t)(colon - arg)) : -1;
	int to = colon ? signal_number(colon + 1) : -1;

	if (to < 0 || !can_come(from))
		bad_signal(r, row, arg);
	r->o->rewrite[from] = (unsigned char)to;
}

static void read_stop_on(const struct reader *r, const struct row *row, const char *arg)
{
	const char *end;

	r->o->stop_on = 0;
	for (const char *next = arg; next; next = end ? end + 1 : NULL) {
		end = strchr(next, ',');
		int sig = signal_of(next, end ? (size_t)(end - next) : strlen(next));
		if (!can_come(sig))
			bad_signal(r, row, arg);
		if (!r->o->stop_on)
			r->o->stop_signal = sig;
		r->o->stop_on |= BIT(sig);
	}
}

static void read_parent_death(const struct reader *r, const struct row *row, const char *arg)
{
	int sig = signal_number(arg);

	if (sig != SIGKILL && !can_come(sig))
		bad_signal(r, row, arg);
	r->o->parent_death = sig;
}

/* ---- the rest ---- */

static void read_expect(const struct reader *r, const struct row *row, const char *arg)
{
	const char *s = arg;

	do {
		int code = (int)number_at(&s, 256);
		if (code < 0 || (*s && *s != ','))
			bad(r, row, arg);
		r->o->expect[code / 8] |= (unsigned char)(1 << code % 8);
	} while (*s++);
}

static void read_fd(const struct reader *r, const struct row *row, const char *arg)
{
	const char *s = arg;
	int fd = (int)number_at(&s, FD_MAX);

	if (fd < 0 || *s || sys(SYS_FCNTL, fd, F_GETFD) < 0)
		bad(r, row, arg);
	r->o->status_fd = fd;
}

static void read_user(const struct reader *r, const struct row *row, const char *arg)
{
	if (!*arg || strcmp(arg, ":") == 0)
		bad(r, row, arg);
	r->o->user = arg;
}

static void read_cgroup_set(const struct reader *r, const struct row *row, const char *arg)
{
	const char *equals = strchr(arg, '=');
	const char *slash = strchr(arg, '/');
	struct options *o = r->o;

	if (!equals || equals == arg || equals - arg >= CGROUP_FILE_SIZE || !equals[1] ||
	    (slash && slash < equals) || o->cgroup_sets == CGROUP_SETS_MAX)
		bad(r, row, arg);
	o->cgroup_set[o->cgroup_sets++] = arg;
}

static void read_inside(const struct reader *r, const struct row *row, const char *arg)
{
	static const char words[][8] = {
		[INSIDE_KERNEL] = "kernel", [INSIDE_FORWARD] = "forward", [INSIDE_DROP] = "drop"};
	int i = 0;

	while (strcmp(words[i], arg) != 0)
		if (++i > INSIDE_DROP)
			bad(r, row, arg);
	r->o->inside = (enum inside)i;
}

void argument_read(const struct reader *r, const struct row *row, const char *arg)
{
	struct options *o = r->o;
	void *at = (char *)o + row->at;

	switch ((enum id)row->id) {
	case SET:
		*(bool *)at = true;
		break;
	case PATH:
		if (!*arg)
			argument_bad(r, "no pathname:", row->name);
		if (*arg == '@' && (at != &o->files[2] || strcmp(arg, "@stdout") != 0))
			argument_bad(
				r,
				"only --stderr takes @stdout; a file needs ./ before the @:", arg);
		*(const char **)at = arg;
		break;
	case GRACE:
		o->group_only = false;
		/* fall through */
	case PLAN:
		if (plan_parse(arg, at) < 0)
			bad(r, row, arg);
		break;
	case SINGLE_CHILD:
		o->group = false;
		if (o->session_by_default)
			o->standing = STANDS_IN_OUR_GROUP;
		break;
	case SETSID:
		o->standing = STANDS_IN_OWN_SESSION;
		o->session_by_default = false;
		break;
	case REWRITE:
		read_rewrite(r, row, arg);
		break;
	case INSIDE:
		read_inside(r, row, arg);
		break;
	case STOP_ON:
		read_stop_on(r, row, arg);
		break;
	case TIME_LIMIT:
		o->time_limit = time_ms(arg);
		if (o->time_limit <= 0)
			bad(r, row, arg);
		break;
	case EXPECT:
		read_expect(r, row, arg);
		break;
	case PARENT_DEATH:
		read_parent_death(r, row, arg);
		break;
	case USER:
		read_user(r, row, arg);
		break;
	case CGROUP_SET:
		read_cgroup_set(r, row, arg);
		break;
	case STATUS_FD:
		read_fd(r, row, arg);
		break;
	case BOOT:
		if (boot_parse(arg, &o->boot) < 0)
			bad(r, row, arg);
		break;
	case QUIET:
		o->level = -1;
		break;
	case VERBOSE:
		o->level = 1;
		break;
	default:
		break;
	}
}
