/* What cinit is used for, in small. Each story is told to its end whatever fails: what it waits for
 * may not come. */
#include "inject.h"

#include <signal.h>

enum { QUEUED = 40, VALUE = 7 };

static void at_once(struct run *r)
{
	(void)r;
}

static void calm(struct run *r)
{
	await(r, 'S');
	await_idle(r);
	await_injected(r);
	tell(r, 'x');
}

static void signals(struct run *r)
{
	await(r, 'S');
	outside(r, SIGUSR1);
	await(r, 'U');
	outside_queue(r, QUEUED, VALUE);
	await(r, 'Q');
	outside(r, SIGTERM);
	await(r, 'T');
	tell(r, 'x');
}

static void group(struct run *r)
{
	await(r, 'S');
	outside_queue(r, QUEUED, VALUE);
	await(r, 'Q');
	outside(r, SIGTERM);
	await(r, 'T');
	await(r, 'c');
	tell(r, 'x');
}

/* A stop key and "fg", then an interrupt key. As PID 1 the payload leads a session, whose stop keys
 * the kernel does not obey. */
static void keys(struct run *r)
{
	await(r, 'S');
	await_idle(r);
	type(r, 'Z');
	await_stop(r);
	continue_job(r);
	type(r, 'C');
	await(r, 'I');
	tell(r, 'x');
}

static void stop(struct run *r)
{
	await(r, 'S');
	outside(r, SIGTERM);
	await(r, 'U');
	await(r, 'T');
	await_close(r);
}

static void orphan(struct run *r)
{
	await(r, 'S');
	await(r, 'o');
	outside(r, SIGTERM);
	await(r, 'T');
	tell(r, 'x');
}

static void leave(struct run *r)
{
	await(r, 'S');
	await_injected(r);
	tell(r, 'x');
	await(r, 't');
}

static void inside(struct run *r)
{
	await(r, 'S');
	tell(r, 'i');
	await(r, 'U');
	outside(r, SIGTERM);
	await(r, 'T');
	tell(r, 'x');
}

static void term(struct run *r)
{
	await(r, 'S');
	outside(r, SIGTERM);
	await(r, 'T');
	tell(r, 'x');
}

static void limit(struct run *r)
{
	await(r, 'S');
	await(r, 'T');
	tell(r, 'x');
}

static void parent(struct run *r)
{
	await(r, 'S');
	kill_parent(r);
	await(r, 'T');
	tell(r, 'x');
}

static void pause_ends(struct run *r)
{
	await_idle(r);
	outside(r, SIGTERM);
}

#define BOTH (AS_PID1 | AS_WRAPPER)

/* clang-format off */
const struct scenario scenarios[] = {
	{"calm", BOTH | POINTS, {0}, {"subject"}, "S", 42, calm},
	{"quick", BOTH | POINTS, {0}, {"subject", "e"}, "S", 42, at_once},
	{"signals", BOTH, {0}, {"subject"}, "QSTU", 42, signals},
	{"group", BOTH, {"-g"}, {"subject", "g"}, "QSTc", 42, group},
	{"session", BOTH, {"-S"}, {"subject", "s"}, "ST", 42, term},
	{"terminal", BOTH | TERMINAL | POINTS, {0}, {"subject"}, "IS", 42, keys},
	{"terminal-group", AS_WRAPPER | TERMINAL | POINTS, {"-g"}, {"subject"}, "IS", 42, keys},
	{"stop-plan", BOTH | POINTS, {"--stop=USR1:100ms,TERM:100ms,KILL"}, {"subject"}, "STU", -SIGKILL, stop},
	{"leftovers", BOTH | POINTS, {"--grace=TERM:30ms,KILL"}, {"subject", "l"}, "St", 42, leave},
	{"orphans", BOTH, {"-w"}, {"subject", "o"}, "STo", 42, orphan},
	{"cgroup", BOTH | POINTS, {"--cgroup=@", "--grace=TERM:30ms,KILL"}, {"subject", "l"}, "St", 42, leave},
	{"user", BOTH | POINTS, {"-u", "nobody"}, {"subject"}, "ST", 42, term},
	{"namespace", AS_WRAPPER | POINTS, {"-N"}, {"subject"}, "S", 42, calm},
	{"boot", AS_PID1, {"--boot=poweroff"}, {"subject"}, "ST", 42, term},
	{"status-fd", BOTH, {"--status-fd=2"}, {"subject"}, "ST", 42, term},
	{"status-file", BOTH, {"--status-file=/dev/stderr"}, {"subject"}, "ST", 42, term},
	{"time-limit", BOTH, {"--time-limit=200ms"}, {"subject"}, "ST", 124, limit},
	{"missing", BOTH | POINTS, {0}, {"no-such-command"}, "", 127, at_once},
	{"forbidden", BOTH, {0}, {"./forbidden"}, "", 126, at_once},
	{"text", BOTH | POINTS, {0}, {"./text"}, "S", 42, at_once},
	{"files", BOTH, {"-C", "/dev", "--stdin=null", "--stdout=/dev/null"}, {"subject"}, "ST", 42, term},
	{"inside", AS_PID1, {0}, {"subject"}, "STU", 42, inside},
	{"parent-death", BOTH | PARENT, {"-p", "TERM"}, {"subject"}, "ST", 42, parent},
	{"pause", BOTH | POINTS, {"--pause"}, {0}, "", 0, pause_ends},
};
/* clang-format on */
const size_t scenarios_count = sizeof scenarios / sizeof *scenarios;
