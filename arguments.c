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

const char *const argument_forms[] = {
	[PLAN_FORM] = ("PLAN: up to 8 stages SIGNAL[:TIME] or wait[:TIME], comma-separated;"
		       " TIME (10, 500ms, 2m, 1h): TERM:TIME,KILL"),
	[TIME_FORM] = "TIME: a number with ms, s (default), m or h, at most 24h",
	[FILE_FORM] = "FILE: a name with ./ before it if it begins with @",
};

static const char *form_of(enum id id, char names[static SIGNAL_NAMES_SIZE])
{
	if (id == PLAN || id == GRACE)
		return argument_forms[PLAN_FORM];
	if (id == TIME_LIMIT)
		return argument_forms[TIME_FORM];
	if (id == REWRITE || id == STOP_ON || id == PARENT_DEATH)
		return signal_names(names);
	return id == PATH ? argument_forms[FILE_FORM] : "try 'cinit --help'";
}

/* ---- signals ---- */

/* Init never sees the first two, and keeps the third for itself. */
static bool can_come(int sig)
{
	return sig > 0 && sig != SIGKILL && sig != SIGSTOP && sig != SIGCHLD;
}

/* The signal at *text, whose name ends at stop or with the text; *text is then behind it, NULL
 * where the text ends. A negative number for none. */
static int take_signal(const char **text, char stop)
{
	const char *end = strchr(*text, stop);
	char name[16];
	size_t length = end ? (size_t)(end - *text) : strlen(*text);

	if (length >= sizeof name)
		return -1;
	memcpy(name, *text, length);
	name[length] = 0;
	*text = end ? end + 1 : NULL;
	return signal_number(name);
}

static bool read_rewrite(struct options *o, const char *arg)
{
	int from = take_signal(&arg, ':');
	int to = arg ? signal_number(arg) : -1;

	if (to < 0 || !can_come(from))
		return false;
	o->rewrite[from] = (unsigned char)to;
	return true;
}

static bool read_stop_on(struct options *o, const char *arg)
{
	o->stop_on = 0;
	while (arg) {
		int sig = take_signal(&arg, ',');
		if (!can_come(sig))
			return false;
		if (!o->stop_on)
			o->stop_signal = sig;
		o->stop_on |= BIT(sig);
	}
	return true;
}

/* ---- the rest ---- */

static bool read_expect(struct options *o, const char *arg)
{
	do {
		int code = (int)number_at(&arg, 256);
		if (code < 0 || (*arg && *arg != ','))
			return false;
		o->expect[code / 8] |= (unsigned char)(1 << code % 8);
	} while (*arg++);
	return true;
}

static bool read_fd(struct options *o, const char *arg)
{
	long flags;

	o->status_fd = (int)number_at(&arg, FD_MAX);
	flags = sys(SYS_FCNTL, o->status_fd, F_GETFL);
	return o->status_fd >= 0 && !*arg && flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

static bool read_cgroup_set(struct options *o, const char *arg)
{
	const char *end = arg;

	while (*end && *end != '/' && *end != '=')
		end++;
	if (*end != '=' || end == arg || end - arg >= CGROUP_FILE_SIZE || !end[1] ||
	    o->cgroup_sets == CGROUP_SETS_MAX)
		return false;
	o->cgroup_set[o->cgroup_sets++] = arg;
	return true;
}

static bool read_inside(struct options *o, const char *arg)
{
	static const char words[][8] = {
		[INSIDE_KERNEL] = "kernel", [INSIDE_FORWARD] = "forward", [INSIDE_DROP] = "drop"};

	for (o->inside = INSIDE_KERNEL; o->inside <= INSIDE_DROP; o->inside++)
		if (strcmp(words[o->inside], arg) == 0)
			return true;
	return false;
}

/* False for an argument that is wrong. */
static bool read_argument(struct options *o, const struct row *row, const char *arg)
{
	void *at = (char *)o + row->at;

	switch ((enum id)row->id) {
	case SET:
		*(bool *)at = true;
		break;
	case PATH:
		*(const char **)at = arg;
		return *arg && (*arg != '@' || (at == &o->files[2] && strcmp(arg, "@stdout") == 0));
	case GRACE:
		o->group_only = false;
		/* fall through */
	case PLAN:
		return plan_parse(arg, at) == 0;
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
		return read_rewrite(o, arg);
	case INSIDE:
		return read_inside(o, arg);
	case STOP_ON:
		return read_stop_on(o, arg);
	case TIME_LIMIT:
		o->time_limit = time_ms(arg);
		return o->time_limit > 0;
	case EXPECT:
		return read_expect(o, arg);
	case PARENT_DEATH:
		o->parent_death = signal_number(arg);
		return o->parent_death == SIGKILL || can_come(o->parent_death);
	case USER:
		o->user = arg;
		return *arg && strcmp(arg, ":") != 0;
	case CGROUP_SET:
		return read_cgroup_set(o, arg);
	case STATUS_FD:
		return read_fd(o, arg);
	case BOOT:
		return boot_parse(arg, &o->boot) == 0;
	case QUIET:
		o->level = -1;
		break;
	case VERBOSE:
		o->level = 1;
		break;
	default:
		break;
	}
	return true;
}

void argument_read(const struct reader *r, const struct row *row, const char *arg)
{
	char names[SIGNAL_NAMES_SIZE];

	if (read_argument(r->o, row, arg))
		return;
	report_error("%s--%s='%s': takes %s: %s; %s", r->source, row->name, arg, row->argument,
		     row->help, form_of(row->id, names));
	boot_exit(r->o, EXIT_CINIT);
}
