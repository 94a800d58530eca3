/* Every call may fail: a tracer that runs cinit through scenarios and lets one of its system calls
 * fail, or sends it a signal before one. See inject.c. */
#ifndef INJECT_H
#define INJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
	CALLS = 480, /* numbers of system calls */
	PROCS = 6,   /* traced processes of one case, in the order of their creation */
	TEXT = 4096,
	NAME = 96,
	SIGNALLED = 128, /* exit code for signal 0 */
};

/* ---- errnos.c ---- */

struct call {
	const char *name;
	int number;
	const char *page;   /* of section 2 that lists the errors */
	const char *errors; /* with a blank before and behind each */
};

extern const struct call calls[];
extern const size_t calls_count;
const struct call *call_of(int number);
const char *error_name(int error);
int error_number(const char *name, size_t length);

/* ---- faults ---- */

enum how {
	HOW_NONE,
	HOW_ONCE,     /* the nth call with that number fails */
	HOW_FOR_GOOD, /* and all later ones of the process */
	HOW_FILTER,   /* all of them, in all processes of cinit: as by a seccomp filter */
	HOW_SECCOMP,  /* the same by such a filter */
	HOW_SHORT,    /* it reads or writes one byte */
	HOW_DELAY,    /* it begins late */
	HOW_SIGNAL,   /* a signal comes before the nth call of any number */
};
extern const char *const how_names[];

struct fault {
	enum how how;
	int proc;
	int call;
	int nth;   /* from 1 on */
	int value; /* an errno, or a signal */
};

/* ---- what became of a case ---- */

struct result {
	bool complete;
	bool fired;      /* the fault was had */
	bool fired_late; /* after the payload was told to end */
	bool missed;     /* the signal that was injected did not come */
	bool late;       /* nor did something else in time */
	bool hung, busy;
	bool cgroup_left;
	bool unfiltered; /* a call got through the filter */
	int left;        /* processes left behind */
	int status;      /* as waitpid has it */
	long total;      /* system calls of cinit */
	int counts[PROCS][CALLS];
	int sequence[PROCS]; /* how many calls in all */
	char events[64];     /* what the payload told, in that order */
	char log[TEXT];      /* of cinit */
};

/* ---- scenarios.c ---- */

struct run;

enum {
	AS_PID1 = 1,
	AS_WRAPPER = 2,
	TERMINAL = 4, /* fds 0 to 2 are its controlling terminal */
	PARENT = 8,   /* cinit has a parent that is not the tracer */
	POINTS = 16,  /* signals come before each call of it, too */
};

struct scenario {
	const char *name;
	int traits;
	const char *options[6];
	const char *command[4]; /* "subject" is the payload of subject.c */
	const char *events;     /* what the payload tells when nothing fails, sorted */
	int status;             /* exit code, -n for signal n; as PID 1 128 + n then */
	void (*story)(struct run *);
};

extern const struct scenario scenarios[];
extern const size_t scenarios_count;

/* ---- tracer.c: for the stories ---- */

/* Until the payload has told the event, at most about a second. */
bool await(struct run *r, char event);
/* Until cinit has ended, as long. */
void await_close(struct run *r);
/* Until cinit waits for signals. */
void await_idle(struct run *r);
void await_stop(struct run *r);
void outside(struct run *r, int sig);
void outside_queue(struct run *r, int sig, int value);
void type(struct run *r, char key);
void continue_job(struct run *r);
void kill_parent(struct run *r);
/* A command for the payload; 'x': exit with 42. */
void tell(struct run *r, char command);
/* The signal that was injected arrives. */
void await_injected(struct run *r);

/* The case's process: PID 1 of a namespace of its own. */
struct place {
	const char *cinit, *directory; /* of subject and the other commands */
	int run, slot;                 /* for names that two cases may not share */
	int patience;                  /* by which all times are multiplied */
	bool verbose;                  /* print each call */
};

void run_case(const struct scenario *s, bool pid1, const struct fault *f, const struct place *place,
	      struct result *out);

/* ---- filter.c ---- */

/* For us and all below us: the call fails where the program in that file makes it. */
void refuse_by_filter(const char *file, const struct fault *f);

/* ---- judge.c ---- */

struct job {
	const struct scenario *s;
	bool pid1;
	struct fault f;
	bool again; /* with more patience */
	char name[NAME];
};

extern struct result base; /* of the scenario without a fault */

const char *call_name(int number);
const char *value_name(const struct fault *f);
void read_accepted(const char *file);
const char *judge(const struct job *j, const struct result *r);
/* It has told these, in any order. */
bool has_events(const struct result *r, const char *wanted, const char *more);
bool is_good(const char *outcome);
/* Does it depend on how long we wait? */
bool is_slow(const char *outcome);
/* The number of its line among the accepted ones; 0: it is not accepted. */
int find_accepted(const char *outcome, const char *name);
void count_outcome(const struct job *j, const char *outcome, int reason);
void show(const struct job *j, const struct result *r, const char *outcome);
void write_table(const char *file);

/* ---- inject.c ---- */

_Noreturn void die(const char *what);

#endif
