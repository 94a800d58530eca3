#include "forward.h"

#include <errno.h>
#include <string.h>

#include "inside.h"
#include "signals.h"
#include "sys.h"

/* A signal from inside that the payload blocks is held this long, in milliseconds: shells and
 * posix_spawn block all signals around a fork, for less. And for this many looks, between which the
 * payload can run: on a busy machine, or with a share of a CPU, one look may take as long. */
#define HOLD_MS   125
#define LOOKS_MIN 8

/* Both begin again when it has the CPU, waits for it, or is in vfork, with the signal blocked: it
 * takes no signal now, and may be about to unblock it. But after this many looks, a second at
 * least, it is decided. */
#define LOOKS_MAX 250

/* How often to look at it meanwhile, in milliseconds. */
#define LOOK_MS 4

/* How long a look that let the signal through holds for the next one, in milliseconds: a look costs
 * a tenth of one, too much for each signal of a flood. */
#define FRESH_MS 2

/* Looks that found the payload running and the signal not blocked, after which its default counts.
 */
#define OPENS 2

/* By this the kernel tells of our parent's death, whatever --parent-death asks for: SIGKILL could
 * not be taken, and any other may come from the parent itself. The C libraries keep this one for
 * themselves, and send it within one process only. */
#define PARENT_SIGNAL 32

static bool is_stop_signal(const struct forward *f, int sig)
{
	return f->opt->stop_on & BIT(sig);
}

/* SIGINT and SIGQUIT further a plan that runs, but begin none. */
static bool furthers(const struct forward *f, int sig)
{
	return is_stop_signal(f, sig) || sig == SIGTERM || sig == SIGINT || sig == SIGQUIT;
}

/* ---- delivery ---- */

static enum outcome deliver(struct forward *f, int sig, const siginfo_t *si)
{
	int err;

	if (si->si_code < 0 && !f->left_room) {
		f->left_room = true;
		signals_leave_room();
	}
	/* The inner process of --namespace takes a queued signal for one from inside. */
	if (f->payload->is_init && furthers(f, sig))
		si = NULL;
	err = payload_send(f->payload, sig, si);
	if (err < 0)
		return SIGNAL_FAILED;
	/* Always: to ask first whether the payload is stopped would be a race with who stops it. */
	if (sig == SIGTERM && f->ending->continues)
		payload_send(f->payload, SIGCONT, NULL);
	return SIGNAL_DELIVERED;
}

/* ---- the inside rule ---- */

/* A payload in our own process group that signals itself may have meant the group: an editor stops
 * its job so. */
static enum outcome drop(struct forward *f, int sig, pid_t sender)
{
	if (sender == f->payload->pid && !f->payload->leads)
		return SIGNAL_DROPPED;
	if (!(f->warned & BIT(sig)))
		report_warning("dropped %s from pid %d inside: the command does not handle it;"
			       " --inside=forward delivers it",
			       signal_name(sig), sender);
	f->warned |= BIT(sig);
	return SIGNAL_DROPPED;
}

/* A signal from inside that the payload blocks at the moment, and what was learnt of it. */
struct hold {
	int looks;
	int idle;        /* of these, the last ones: that did not see it busy */
	int opens;       /* of these: that saw it not blocked, in a payload that was running */
	uint64_t order;  /* rises with each that is taken */
	int64_t until;   /* then it is decided */
	int64_t trusted; /* until then a block counts as one for good: it has lasted */
	int64_t fresh;   /* until then the last look, which let the signal through, will do */
	siginfo_t si;
};

static RARE struct hold holds[SIGNAL_MAX + 1]; /* by the number to be delivered */

static bool is_held(const struct forward *f, int sig)
{
	return f->held & BIT(sig);
}

/* The first that is held of those taken after that; 0: there is none. */
static int next_held(const struct forward *f, uint64_t order)
{
	int next = 0;

	for (int sig = 1; sig <= SIGNAL_MAX; sig++)
		if (is_held(f, sig) && holds[sig].order > order &&
		    (!next || holds[sig].order < holds[next].order))
			next = sig;
	return next;
}

/* True for a real-time signal that came after another one that is still held. */
static bool is_behind(const struct forward *f, int sig)
{
	if (sig <= STANDARD_MAX)
		return false;
	for (int other = STANDARD_MAX + 1; other <= SIGNAL_MAX; other++)
		if (is_held(f, other) && holds[other].order < holds[sig].order)
			return true;
	return false;
}

static void begin(struct hold *h)
{
	h->until = deadline_in(HOLD_MS);
	h->opens = h->idle = h->looks = 0;
}

/* One look at a signal from inside. Returns SIGNAL_HELD while nothing is decided. */
static enum outcome decide(struct forward *f, int sig, const siginfo_t *si)
{
	enum disposition found = inside_look(f->payload->pid, sig);
	struct hold *h = &holds[sig];
	bool over;

	h->looks++;
	h->idle++;
	if (found == DISPOSITION_BUSY) {
		h->idle = 0;
		h->until = deadline_in(HOLD_MS);
	}
	over = (h->idle >= LOOKS_MIN && deadline_left(h->until) == 0) || h->looks >= LOOKS_MAX;
	h->opens += found == DISPOSITION_OPEN;
	if (found == DISPOSITION_HARMS ||
	    (over && h->opens >= OPENS && found != DISPOSITION_HANDLED))
		return drop(f, sig, si->si_pid);
	if (is_behind(f, sig)) {
		if (found == DISPOSITION_HANDLED)
			begin(h); /* what was seen before that does not count */
		return SIGNAL_HELD;
	}
	if (found <= DISPOSITION_BLOCKED && (over || deadline_left(h->trusted) > 0))
		h->trusted = deadline_in(HOLD_MS);
	else if (found != DISPOSITION_HANDLED && (!over || found == DISPOSITION_OPEN))
		return SIGNAL_HELD;
	h->fresh = deadline_in(FRESH_MS);
	return deliver(f, sig, si);
}

static void hold(struct forward *f, int sig, const siginfo_t *si)
{
	holds[sig].si = *si;
	f->held |= BIT(sig);
	f->next_look = deadline_in(LOOK_MS);
}

static void let_go(struct forward *f, int sig)
{
	f->held &= ~BIT(sig);
}

static enum outcome by_inside_rule(struct forward *f, int sig, const siginfo_t *si)
{
	struct hold *h = &holds[sig];
	enum outcome outcome;

	if (f->opt->inside == INSIDE_DROP)
		return SIGNAL_DROPPED;
	if (f->opt->inside == INSIDE_FORWARD)
		return deliver(f, sig, si);
	if (is_held(f, sig)) /* two that are pending merge; others wait (forward_waiting) */
		return SIGNAL_HELD;
	h->order = ++f->taken;
	if (deadline_left(h->fresh) > 0 && !is_behind(f, sig))
		return deliver(f, sig, si);
	begin(h);
	outcome = decide(f, sig, si);
	if (outcome == SIGNAL_HELD)
		hold(f, sig, si);
	return outcome;
}

void forward_let_all_go(struct forward *f)
{
	for (int sig = next_held(f, 0); sig; sig = next_held(f, holds[sig].order))
		report_signal(&holds[sig].si, ORIGIN_INSIDE, SIGNAL_DROPPED);
	f->held = 0;
}

uint64_t forward_waiting(const struct forward *f)
{
	uint64_t all = 0, same = 0;

	for (int sig = 1; f->held && sig <= SIGNAL_MAX; sig++) {
		int to = f->opt->rewrite[sig];
		if (to <= STANDARD_MAX || furthers(f, sig) || furthers(f, to) ||
		    (f->opt->parent_death && sig == PARENT_SIGNAL))
			continue;
		all |= BIT(sig);
		if (is_held(f, to))
			same |= BIT(sig);
	}
	return same && (signals_pending() & same) ? all : same;
}

int64_t forward_deadline(const struct forward *f)
{
	return f->held ? f->next_look : NEVER;
}

static void look_again(struct forward *f, int sig)
{
	enum outcome outcome = decide(f, sig, &holds[sig].si);

	if (outcome == SIGNAL_HELD)
		return;
	let_go(f, sig);
	report_signal(&holds[sig].si, ORIGIN_INSIDE, outcome);
}

void forward_look(struct forward *f)
{
	int64_t until;
	int sig;

	if (!f->held || deadline_left(f->next_look) > 0)
		return;
	until = deadline_in(LOOK_MS);
	while ((sig = next_held(f, f->looked))) {
		look_again(f, sig);
		f->looked = holds[sig].order;
		if (deadline_left(until) == 0)
			break;
	}
	if (!sig)
		f->looked = 0;
	f->next_look = deadline_in(sig ? 0 : LOOK_MS);
}

/* ---- one signal ---- */

static enum outcome run_stop_plan(struct forward *f)
{
	if (f->ending->plan && !ending_further(f->ending))
		return SIGNAL_DROPPED;
	if (!f->ending->plan) /* there was none, or that was its last stage */
		ending_begin(f->ending, PLAN_STOP, &f->opt->stop, TO_PAYLOAD);
	return SIGNAL_STAGED;
}

static enum outcome hand_over(struct forward *f, int sig, enum origin from, const siginfo_t *si)
{
	if (from == ORIGIN_INSIDE)
		return by_inside_rule(f, sig, si);
	if (f->opt->stop.count && (is_stop_signal(f, sig) || (f->ending->plan && furthers(f, sig))))
		return run_stop_plan(f);
	if (terminal_sent_to_both(f->terminal, si))
		return SIGNAL_DROPPED;
	if (sig <= STANDARD_MAX)
		let_go(f, sig); /* one that is held merges with this one */
	if (furthers(f, sig))
		ending_guard(f->ending);
	return deliver(f, sig, si);
}

/* As if that signal had come. */
static void act_as_if(struct forward *f, int sig)
{
	siginfo_t si = {.si_signo = sig, .si_code = SI_USER};

	sig = f->opt->rewrite[sig];
	report_signal(&si, ORIGIN_OUTSIDE,
		      sig ? hand_over(f, sig, ORIGIN_OUTSIDE, &si) : SIGNAL_DROPPED);
}

enum parent { PARENT_SAYS_NOTHING, PARENT_LIVES, PARENT_DIED };

/* What the signal says of our parent. The kernel watches the thread that started us (prctl(2)):
 * when that ends, and our parent goes on with others, nobody has died. With the parent outside our
 * PID namespace getppid(2) is 0 before and after its death. */
static enum parent news_of_parent(const struct forward *f, const siginfo_t *si)
{
	if (!f->opt->parent_death || si->si_signo != PARENT_SIGNAL)
		return PARENT_SAYS_NOTHING;
	if ((pid_t)sys(SYS_getppid) != f->parent || (f->parent == 0 && si->si_pid == 0))
		return PARENT_DIED;
	return f->parent > 0 && si->si_pid == f->parent ? PARENT_LIVES : PARENT_SAYS_NOTHING;
}

/* As PID 1 our parent is outside, and SIGKILL from there is the end of all. */
int forward_parent_signal(int sig, bool pid1)
{
	return sig && !(pid1 && sig == SIGKILL) ? PARENT_SIGNAL : sig;
}

/* The inner process of --namespace is PID 1, and is told as such. */
void forward_parent_death(struct forward *f)
{
	int sig = f->opt->parent_death;

	if (f->payload->is_init)
		payload_send(f->payload, forward_parent_signal(sig, true), NULL);
	else
		act_as_if(f, sig);
}

void forward_to_payload(struct forward *f, const siginfo_t *si)
{
	enum origin from = signals_origin(si, f->self);
	int sig = f->opt->rewrite[si->si_signo];

	switch (news_of_parent(f, si)) {
	case PARENT_DIED:
		forward_parent_death(f);
		return;
	case PARENT_LIVES:
		return;
	case PARENT_SAYS_NOTHING:
		break;
	}
	if (from == ORIGIN_SELF)
		return;
	report_signal(si, from, sig ? hand_over(f, sig, from, si) : SIGNAL_DROPPED);
	if (f->opt->stop_self && signals_is_stop_key(si->si_signo) && f->self != 1)
		signals_act(SIGSTOP);
}

void forward_stop(struct forward *f)
{
	act_as_if(f, f->opt->stop_signal);
}

/* To leftovers and to --pause the parent's death is a stop signal, whichever was asked for. */
void forward_to_plan(struct forward *f, const siginfo_t *si)
{
	const siginfo_t of_parent = {.si_signo = f->opt->parent_death, .si_code = SI_USER};
	enum origin from = signals_origin(si, f->self);
	int sig = f->opt->rewrite[si->si_signo];
	bool further = sig && furthers(f, sig) && from != ORIGIN_INSIDE;

	if (from == ORIGIN_SELF)
		return;
	if (news_of_parent(f, si) == PARENT_DIED) {
		si = &of_parent;
		further = true;
	}
	further = further && f->ending->plan && ending_further(f->ending);
	report_signal(si, from, further ? SIGNAL_STAGED : SIGNAL_DROPPED);
}

bool forward_asks_to_end(const struct forward *f, const siginfo_t *si)
{
	const siginfo_t of_parent = {.si_signo = f->opt->parent_death, .si_code = SI_USER};
	enum origin from = signals_origin(si, f->self);
	int sig = f->opt->rewrite[si->si_signo];
	bool asks = sig == SIGTERM || sig == SIGINT || (sig && is_stop_signal(f, sig));

	if (from == ORIGIN_SELF)
		return false;
	if (from == ORIGIN_INSIDE && f->opt->inside == INSIDE_DROP)
		asks = false;
	if (news_of_parent(f, si) == PARENT_DIED) {
		si = &of_parent;
		asks = true;
	}
	if (asks)
		ending_guard(f->ending);
	report_signal(si, from, asks ? SIGNAL_STAGED : SIGNAL_DROPPED);
	return asks;
}
