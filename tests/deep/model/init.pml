/* The life of init as a model: what can happen in which order, every interleaving of it. Steps are
 * named as the functions of the product that they stand for (init.c, signals.c, forward.c,
 * reaper.c, ending.c, spawn.c); tests/deep/model/run tells what is verified, and that each property
 * fails where one of the bugs below is put back in (-DBUG_...).
 *
 * What the model leaves out:
 * - Time has no measure: a deadline comes some ticks after it was set, and any number of other
 *   things may happen in between. That a stage lasts as long as its plan says is for tests.
 * - The shortcuts of the inside rule (fresh, trusted), which only spare looks and waiting.
 * - The order of real-time signals of several numbers (is_behind): for tests.
 * - Delivery that fails, a payload that stops, faults of init's own (on_fault), and what comes only
 *   once (death_look, the parent's death): for tests as well.
 * - --pause, --namespace, and leftovers that are not named by kill(-1): a tree, a cgroup.
 *
 * The world is chosen by these: */
#if defined INSIDE || defined INSIDE_TERM || RTS > 0
#define BLOCKS
#endif
#ifdef FLOOD /* of HUP from outside, for ever */
#define FLOOD_ON 1
#else
#define FLOOD_ON 0
#endif
#ifdef INSIDE /* USR from inside, for ever; held while the payload blocks */
#define INSIDE_ON 1
#else
#define INSIDE_ON 0
#endif
#ifdef INSIDE_TERM /* and TERM */
#define INSIDE_TERM_ON 1
#else
#define INSIDE_TERM_ON 0
#endif
#ifdef STORM /* orphans come and end, for ever */
#define STORM_ON 1
#else
#define STORM_ON 0
#endif
/* TERMS:     how often the stop signal comes from outside (default 1)
 * RTS:       how many real-time signals come from inside (default 0)
 * PLAN:      --stop=TERM:2,KILL instead of just handing TERM on
 * WAIT:      --grace=wait instead of TERM:2,KILL
 * LEFTOVERS: children, STRANGERS: others in the namespace (exec'd), STUCK: in an uninterruptible
 *            sleep for ever (default 0 each)
 * UNREAPED:  zombies of others (exec'd) that nobody reaps (default 0)
 * INHERITED: zombies that were there before init was, so that no SIGCHLD tells of them
 * OWN:       TERM with init's own pid, for ever
 * LIMIT:     --time-limit, in ticks
 * FAULT:     wait4 fails once
 * STARTS:    the start may fail, or last */
#ifndef TERMS
#define TERMS 1
#endif
#ifndef RTS
#define RTS 0
#endif
#ifndef LEFTOVERS
#define LEFTOVERS 0
#endif
#ifndef STRANGERS
#define STRANGERS 0
#endif
#ifndef STUCK
#define STUCK 0
#endif
#ifndef UNREAPED
#define UNREAPED 0
#endif
#ifndef INHERITED
#define INHERITED 0
#endif
#ifdef OWN
#define OWN_ON 1
#else
#define OWN_ON 0
#endif

/* ---- signals: a bit each, lowest first as the kernel gives them out ---- */

#define HUP  1
#define USR  2
#define TERM 4
#define CHLD 8
#define RT   16 /* the one that queues */
#define KILL 32
#define BATCH 1   /* of reaper_collect, where it is 64 */
#define ROW_MAX 2 /* of signals_take, where it is 4 */
#define LOOKS_MIN 2 /* of decide, where it is 8 */
#define OPENS 2

#define LOWEST(set)                                                     \
	((set) & HUP -> HUP : ((set) & USR -> USR : ((set) & TERM -> TERM : \
	((set) & CHLD -> CHLD : ((set) & RT -> RT : 0)))))

byte pending;             /* for init, which blocks all */
mtype = {ORIGIN_OUTSIDE, ORIGIN_INSIDE, ORIGIN_SELF};
mtype term_from = ORIGIN_OUTSIDE; /* who sent the TERM that is pending */
chan queue = [2] of {bit}; /* RT: the number of each, to tell their order */

/* ---- ticks until a deadline; 0: it has passed ---- */

#define NEVER   255
#define LOOK    1
#define HOLD    2
#define STAGE   2
#define GUARD   1
#define RETRY   1
#define DUE(t)  ((t) == 0)
#define RUNS(t) ((t) > 0 && (t) < NEVER)

#ifndef LIMIT
#define LIMIT NEVER
#endif

byte next_look = NEVER, stage_until = NEVER, guarded, look = NEVER, retry = NEVER;
byte time_limit = LIMIT;
byte hold_until[3]; /* of USR, TERM, RT */

#define HOLD_OF(sig) ((sig) == USR -> 0 : ((sig) == TERM -> 1 : 2))

/* ---- the payload, as the kernel knows it ---- */

mtype = {NONE, CLONED, RUNNING, ZOMBIE, REAPED};
mtype child = NONE;
byte child_pending;
bool child_blocks;      /* shells block all around a fork */
bool child_handles;     /* TERM and USR */
bool report_in_pipe;    /* why the exec failed; the pipe is close-on-exec */
bool report_says_text;  /* ENOEXEC, of a text for /bin/sh */
byte true_status;       /* what the end of cinit must tell */

#define EXITED   1 /* the payload's exit code */
#define BY_TERM  2
#define BY_KILL  3
#define NOT_RUN  4 /* the exec failed */
#define NO_CHILD 5 /* and the clone */
#define ORPHANS  6 /* an orphan's */

/* ---- everybody else in the namespace ---- */

byte living = LEFTOVERS, zombies = INHERITED; /* children of init */
byte strangers = STRANGERS;
bool killed; /* all have got SIGKILL */

#define ANYBODY (living + zombies + strangers + STUCK + UNREAPED > 0) /* kill(-1, 0) */
#ifdef BUG_COUNTS_ZOMBIES
#define SWEEP ANYBODY
#else
#define SWEEP (living + zombies + strangers + STUCK > 0) /* not the zombies of others */
#endif

/* ---- init ---- */

mtype = {PHASE_START, PHASE_PAYLOAD, PHASE_LEFTOVERS, PHASE_DONE};
mtype phase = PHASE_START;
mtype = {REAPED_NONE, REAPED_LEFT, REAPED_MORE, REAPED_ERROR};
mtype children = REAPED_NONE;
mtype = {UNSEEN, HANDLED, BLOCKED, OPEN, HARMS};
mtype found; /* by inside_look */
mtype = {PLAN_NONE, PLAN_STOP, PLAN_GRACE};
mtype plan = PLAN_NONE;
byte stage;
byte had, row, held, looks[3], opens[3];
bool ended, finished, started, furthered, again, kill_sent, timed_out;
byte status, sig, todo;
mtype from = ORIGIN_OUTSIDE;
bool old_reaped, faulted;
bit seq, seq_held, seq_next; /* of RT */

/* A TERM from outside that nobody has acted on. */
bool term_owed;

bool told;     /* a stop signal from outside has been acted on */
bool in_time;  /* the payload ended before the time limit */
bool must_end; /* the time limit has come, and a plan with a KILL runs */

/* next_deadline, and what makes it 0 */
#define DEADLINE_DUE                                                          \
	(DUE(retry) || DUE(time_limit) ||                                     \
	 (plan != PLAN_NONE && (DUE(stage_until) || DUE(look))) ||            \
	 (phase == PHASE_PAYLOAD && held && DUE(next_look)))
#ifdef BUG_NO_MORE
#define REAPED_MORE_NOW 0
#else
#define REAPED_MORE_NOW REAPED_MORE
#endif

/* ---- signals.c ---- */

/* signals_take: whatever is lowest, and after a row the turn of the others; sig is 0 when the time is
 * up. */
inline signals_take(except)
{
	atomic {
		sig = 0;
#ifndef BUG_NO_TURNS
		if
		:: row == ROW_MAX ->
			sig = LOWEST(pending & ~(except | had));
			if
			:: sig == 0 || sig == RT -> had = 0; row = 0
			:: else
			fi
		:: else
		fi;
#endif
		if
		:: sig != 0
		:: else ->
			(LOWEST(pending & ~except) != 0 || children == REAPED_MORE_NOW || DEADLINE_DUE);
			sig = LOWEST(pending & ~except);
			row = (row < ROW_MAX -> row + 1 : row)
		fi;
		if
		:: sig == 0
		:: sig == RT -> queue?seq; from = ORIGIN_INSIDE;
			if
			:: len(queue) == 0 -> pending = pending & ~RT
			:: else
			fi
		:: else ->
			had = had | sig;
			pending = pending & ~sig;
			from = (sig == USR -> ORIGIN_INSIDE :
				(sig == TERM -> term_from : ORIGIN_OUTSIDE))
		fi
	}
}

/* ---- payload.c ---- */

/* To a child that has not been reaped: any other may be a stranger who has got its pid. */
inline payload_send(s)
{
	atomic {
		assert(child != REAPED && child != NONE);
		if
		:: (s) == TERM || (s) == KILL ->
			child_pending = child_pending | (s);
			term_owed = false
		:: else
		fi
	}
}

/* ---- ending.c: the stages are 0: TERM, or wait; 1: KILL, or TERM after wait; 2: KILL ---- */

#ifdef PLAN
#define STOP_PLAN true
#else
#define STOP_PLAN false
#endif
#ifdef WAIT
#define GRACE_WAITS true
#else
#define GRACE_WAITS false
#endif
#define LAST_STAGE (plan == PLAN_GRACE && GRACE_WAITS -> 2 : 1)
#define WAITS      (plan == PLAN_GRACE && GRACE_WAITS && stage == 0)
#define KILLS      (stage == LAST_STAGE)

/* To the payload, or kill(-1): all but init. */
inline send_stage()
{
	if
	:: WAITS
	:: !WAITS && plan == PLAN_STOP && !KILLS -> payload_send(TERM)
	:: !WAITS && plan == PLAN_STOP && KILLS -> payload_send(KILL)
	:: !WAITS && plan == PLAN_GRACE && KILLS -> killed = true
	:: else
	fi
}

inline ending_guard()
{
	guarded = GUARD
}

inline run_stage()
{
	send_stage();
	if
	:: WAITS || (plan == PLAN_STOP && KILLS) -> stage_until = NEVER
#ifdef BUG_STAGE_STAYS
	:: plan == PLAN_STOP && !KILLS -> stage_until = NEVER
#endif
#ifdef BUG_KILL_WAITS
	:: plan == PLAN_GRACE && KILLS -> stage_until = NEVER
#endif
	:: else -> stage_until = STAGE
	fi;
	if
#ifdef BUG_WAITS_GUARDED
	:: true -> ending_guard()
#else
	:: !WAITS -> ending_guard()
	:: else /* nobody has been told to stop yet */
#endif
	fi
}

inline next_stage()
{
	if
	:: stage == LAST_STAGE -> plan = PLAN_NONE; stage_until = NEVER; look = NEVER
	:: else -> stage++; run_stage()
	fi
}

inline ending_begin(kind)
{
	plan = kind;
	stage = 0;
	look = (kind == PLAN_STOP -> NEVER : 0);
	run_stage()
}

/* Sets furthered. From a wait without end it goes on to TERM:3s,KILL. */
inline ending_further()
{
	furthered = DUE(guarded);
	assert(furthered || !WAITS || told); /* a copy must be one of something */
	if
	:: furthered -> ending_guard(); told = true
	:: else
	fi;
	if
	:: furthered && WAITS -> look = 0; stage = 1; run_stage() /* ending_begin */
	:: furthered && !WAITS -> next_stage()
	:: else
	fi
}

inline ending_step()
{
	if
	:: plan != PLAN_NONE && DUE(stage_until) -> next_stage()
	:: else
	fi
}

/* Sets phase to PHASE_DONE where nobody is left to wait for. */
inline ending_waits()
{
	if
	:: plan == PLAN_NONE || !ANYBODY -> phase = PHASE_DONE
	:: else ->
		if
		:: !KILLS && !DUE(look) && !(look == NEVER && children == REAPED_NONE)
		:: else ->
			if
			:: !SWEEP -> phase = PHASE_DONE
			:: else ->
#ifdef BUG_NO_LOOK
				look = NEVER
#else
				look = (children != REAPED_LEFT -> LOOK : NEVER)
#endif
			fi
		fi
	fi
}

/* ---- forward.c ---- */

/* An error that passes is UNSEEN as well, and decided like BLOCKED. So is BUSY, only later. */
inline inside_look()
{
	if
	:: child == ZOMBIE -> found = UNSEEN /* no thread is left */
	:: child == RUNNING && child_handles -> found = HANDLED
	:: child == RUNNING && !child_handles && child_blocks -> found = BLOCKED
	:: child == RUNNING && !child_handles && !child_blocks -> found = HARMS
	:: child == RUNNING && !child_handles && !child_blocks -> found = OPEN
	fi
}

inline deliver(s)
{
	if
	:: (s) == RT ->
		assert(seq == seq_next); /* they keep their order */
		seq_next = 1 - seq_next
	:: else
	fi;
	payload_send(s)
}

inline drop(s)
{
	if
	:: (s) == RT -> assert(seq == seq_next); seq_next = 1 - seq_next
	:: else
	fi
}

inline hold(s)
{
	if
	:: held & (s)
	:: else ->
		held = held | (s);
		next_look = LOOK;
		if
		:: (s) == RT -> seq_held = seq
		:: else
		fi
	fi
}

inline let_go(s)
{
	hold_until[HOLD_OF(s)] = 0;
	looks[HOLD_OF(s)] = 0;
	opens[HOLD_OF(s)] = 0;
	if
	:: held & (s) ->
		held = held & ~(s);
		if
		:: (s) == RT -> seq = seq_held
		:: else
		fi
	:: else
	fi
}

#define OVER(s) (looks[HOLD_OF(s)] == LOOKS_MIN && DUE(hold_until[HOLD_OF(s)]))

/* One look; the signal is in held still, or in it again, when nothing is decided. */
inline decide(s)
{
	inside_look();
	looks[HOLD_OF(s)] = (looks[HOLD_OF(s)] < LOOKS_MIN -> looks[HOLD_OF(s)] + 1 : LOOKS_MIN);
	if
	:: found == OPEN && opens[HOLD_OF(s)] < OPENS -> opens[HOLD_OF(s)]++
	:: else
	fi;
	if
	:: found == HARMS || (OVER(s) && opens[HOLD_OF(s)] == OPENS && found != HANDLED) ->
		let_go(s);
		drop(s)
	:: else ->
		if
		:: found != HANDLED && (!OVER(s) || found == OPEN) -> hold(s)
		:: else ->
			let_go(s);
			deliver(s)
		fi
	fi
}

inline by_inside_rule(s)
{
	if
	:: held & (s) -> assert((s) != RT) /* merges with it; a real-time one waits in the queue */
	:: else ->
		hold_until[HOLD_OF(s)] = HOLD;
		looks[HOLD_OF(s)] = 0;
		opens[HOLD_OF(s)] = 0;
		decide(s)
	fi
}

inline forward_look()
{
	if
	:: held && DUE(next_look) ->
		todo = held;
		do
		:: todo ->
			sig = LOWEST(todo);
			todo = todo & ~sig;
			decide(sig)
		:: else -> break
		od;
		next_look = (held -> LOOK : NEVER)
	:: else
	fi
}

#ifdef BUG_NO_WAITING
#define forward_waiting 0
#else
#define forward_waiting (held & RT)
#endif

inline forward_let_all_go()
{
	let_go(USR);
	let_go(TERM);
	let_go(RT);
	next_look = NEVER
}

inline run_stop_plan()
{
	furthered = true;
	if
	:: plan != PLAN_NONE -> ending_further()
	:: else
	fi;
	if
	:: !furthered -> term_owed = false /* a copy of the one before */
	:: furthered && plan == PLAN_NONE -> ending_begin(PLAN_STOP)
	:: else
	fi
}

inline hand_over(s)
{
	assert(from != ORIGIN_SELF);
	if
	:: from == ORIGIN_INSIDE -> by_inside_rule(s)
	:: from == ORIGIN_OUTSIDE && (s) == TERM && STOP_PLAN -> run_stop_plan()
	:: else ->
#ifdef BUG_MERGES
		if
		:: held & (s)
		:: else -> deliver(s)
		fi
#else
		let_go(s);
		if
		:: (s) == TERM -> ending_guard(); told = true
		:: else
		fi;
		deliver(s)
#endif
	fi
}

#ifdef BUG_SELF
#define IS_OURS false
#else
#define IS_OURS (from == ORIGIN_SELF)
#endif

inline forward_to_payload(s)
{
	if
	:: IS_OURS
	:: else -> hand_over(s)
	fi
}

/* As if the stop signal had come from outside. */
inline forward_stop()
{
	from = ORIGIN_OUTSIDE;
	hand_over(TERM)
}

inline forward_to_plan(s)
{
	if
	:: (s) == TERM && from == ORIGIN_OUTSIDE -> term_owed = false
	:: else
	fi;
	if
	:: (s) == TERM && !IS_OURS && from != ORIGIN_INSIDE && plan != PLAN_NONE ->
		assert(from != ORIGIN_SELF);
		ending_further()
	:: else
	fi
}

/* ---- reaper.c ---- */

/* Children stand in the order in which they became ours: the payload is the first of them. */
inline reaper_collect()
{
	byte i = 0;
	do
	:: atomic {
		i == BATCH -> children = REAPED_MORE; break
	   }
#ifdef FAULT
	:: atomic {
		i < BATCH && !faulted -> faulted = true; children = REAPED_ERROR; break
	   }
#endif
	:: atomic {
		i < BATCH && child == ZOMBIE ->
		child = REAPED;
		ended = true;
		status = true_status;
		i++
	   }
	:: atomic {
		i < BATCH && child != ZOMBIE && zombies > 0 ->
		zombies--;
		old_reaped = true;
#ifdef BUG_STATUS
		status = ORPHANS;
#endif
		i++
	   }
	:: atomic {
		i < BATCH && child != ZOMBIE && zombies == 0 ->
		children = (child == CLONED || child == RUNNING || living + STUCK > 0 ->
			REAPED_LEFT : REAPED_NONE);
		break
	   }
	od
}

/* ---- spawn.c, payload.c ---- */

/* The exec is waited for, but a stop signal that is pending ends the child. */
inline look_after()
{
	if
	:: child != CLONED || report_in_pipe
#ifndef BUG_WAITS_FOR_EXEC
	:: child == CLONED && !report_in_pipe && ((pending & TERM) || DUE(time_limit)) ->
		kill_sent = true;
		payload_send(KILL);
		(child != CLONED || report_in_pipe)
#endif
	fi
}

/* A child that has reported is ended and reaped. One that was killed has started, and is dead. */
inline spawn()
{
	if
	:: true ->
		atomic {
			child_pending = 0;
			report_in_pipe = false;
			in_time = false;
			child = CLONED;
			run payload()
		}
		look_after();
		started = !report_in_pipe;
		if
		:: !started ->
			payload_send(KILL);
			atomic { child == ZOMBIE -> child = REAPED; status = NOT_RUN; true_status = NOT_RUN }
		:: else
		fi
	:: true -> started = false; child = NONE; status = NO_CHILD; true_status = NO_CHILD
	fi
}

/* A text is tried by /bin/sh, once. */
inline start_otherwise()
{
	if
	:: child == REAPED && report_says_text -> spawn()
	:: else
	fi
}

inline payload_start()
{
	spawn();
	if
	:: !started -> start_otherwise()
	:: else
	fi
}

/* ---- init.c ---- */

inline begin_grace()
{
	phase = PHASE_DONE;
	plan = PLAN_NONE;
	stage_until = NEVER;
	forward_let_all_go();
	term_owed = false; /* nobody is left whom it was for */
	if
	:: ANYBODY ->
		ending_begin(PLAN_GRACE);
		phase = PHASE_LEFTOVERS
	:: else
	fi
}

inline collect()
{
	reaper_collect();
	atomic {
#ifdef BUG_NO_RETRY
		retry = NEVER;
#else
		retry = (children == REAPED_ERROR -> RETRY : NEVER);
#endif
		if
		:: phase == PHASE_PAYLOAD && ended -> begin_grace()
		:: phase == PHASE_LEFTOVERS -> ending_waits()
		:: else
		fi
	}
}

inline on_signal()
{
	if
	:: sig == CHLD -> collect()
	:: atomic {
		sig != CHLD ->
		if
#ifdef BUG_GONE
		:: phase == PHASE_PAYLOAD || sig != TERM -> forward_to_payload(sig)
		:: phase == PHASE_LEFTOVERS && sig == TERM -> forward_to_plan(sig)
#else
		:: phase == PHASE_PAYLOAD -> forward_to_payload(sig)
		:: phase == PHASE_LEFTOVERS -> forward_to_plan(sig)
#endif
		fi
	   }
	fi
}

inline on_time_limit()
{
	atomic {
		assert(phase != PHASE_PAYLOAD || !in_time);
		time_limit = NEVER;
		timed_out = true;
		must_end = (phase == PHASE_LEFTOVERS || (STOP_PLAN && !GRACE_WAITS));
		if
		:: phase == PHASE_PAYLOAD -> forward_stop()
		:: else ->
#ifndef BUG_LIMIT_GUARDED
			guarded = 0; /* no copy of a stop signal */
#endif
			ending_further()
		fi
	}
}

inline on_deadlines()
{
#if LIMIT < NEVER
	if
	:: DUE(time_limit) ->
#ifndef BUG_LIMIT_FIRST
		collect(); /* who has ended in time has ended in time */
#endif
		if
		:: phase != PHASE_DONE -> on_time_limit()
		:: else
		fi
	:: else
	fi;
#endif
	atomic {
		if
		:: phase == PHASE_PAYLOAD -> forward_look()
		:: else
		fi;
		ending_step();
		sig = 0;
		from = ORIGIN_OUTSIDE;
		furthered = false;
		if
		:: phase == PHASE_LEFTOVERS && plan == PLAN_NONE -> phase = PHASE_DONE; again = false
		:: else -> again = (phase != PHASE_DONE && /* then it changes nothing */
			(children == REAPED_MORE_NOW || DUE(retry) ||
			(phase == PHASE_LEFTOVERS && DUE(look))))
		fi
	};
	if
	:: again -> again = false; collect()
	:: else
	fi
}

inline handle_event()
{
	signals_take(forward_waiting);
	if
	:: sig != 0 -> on_signal()
	:: else
	fi;
#ifdef BUG_DEADLINES_WAIT
	if
	:: sig == 0 -> on_deadlines()
	:: else
	fi
#else
	on_deadlines()
#endif
}

inline finish()
{
	assert(status == true_status);
	atomic {
		term_owed = false;
		finished = true
	}
}

proctype init_main()
{
	payload_start();
	timed_out = (kill_sent && DUE(time_limit)); /* start_payload */
	if
	:: started ->
		phase = PHASE_PAYLOAD; /* settle */
#ifndef BUG_NO_FIRST_COLLECT
		collect()
#endif
	:: else -> phase = PHASE_DONE
	fi;
	do
	:: phase != PHASE_DONE -> handle_event()
	:: else -> break
	od;
	finish()
}

/* ---- the world ---- */

inline end_of_child(code)
{
	atomic {
		child = ZOMBIE;
		true_status = code;
		in_time = RUNS(time_limit);
		child_pending = 0;
		pending = pending | CHLD
	}
}

/* What the kernel and the program do with signals that wait for them. */
#define KILLED (child_pending & KILL)
#define TERMED (child_pending & TERM)

proctype payload()
{
	/* child() of spawn.c: after signals_restore a TERM is deadly, until the program handles it */
	if
	:: atomic {
		!KILLED -> child = RUNNING;
		child_blocks = false;
		if
		:: child_handles = false
		:: child_handles = true
		fi
	   }
#ifdef STARTS
	:: atomic {
		!KILLED -> report_in_pipe = true;
		if
		:: report_says_text = true
		:: report_says_text = false
		fi
	   };
		if
		:: !KILLED -> end_of_child(NOT_RUN); goto over
		:: TERMED -> end_of_child(BY_TERM); goto over
		:: KILLED -> end_of_child(BY_KILL); goto over
		fi
	:: TERMED && !KILLED -> end_of_child(BY_TERM); goto over
	:: true -> /* a slow disk, a filter that asks somebody, for ever */
		do
		:: TERMED && !KILLED -> end_of_child(BY_TERM); goto over
		:: KILLED -> end_of_child(BY_KILL); goto over
		od
#endif
	:: KILLED -> end_of_child(BY_KILL); goto over
	fi;
	do
	:: KILLED -> end_of_child(BY_KILL); break
	:: TERMED && !KILLED && !child_blocks && !child_handles -> end_of_child(BY_TERM); break
	:: atomic { TERMED && !KILLED && !child_blocks && child_handles ->
		child_pending = child_pending & ~TERM }
	:: !KILLED -> end_of_child(EXITED); break
	:: !KILLED -> skip
#ifdef BLOCKS
	:: !KILLED -> child_blocks = !child_blocks
#endif
	od;
over:
	skip
}

proctype flood()
{
end:	do
	:: atomic { FLOOD_ON && !(pending & HUP) -> pending = pending | HUP }
	od
}

proctype senders_inside()
{
end:	do
	:: atomic { INSIDE_ON && !(pending & USR) -> pending = pending | USR }
	:: atomic { INSIDE_TERM_ON && !(pending & TERM) ->
		pending = pending | TERM; term_from = ORIGIN_INSIDE }
	od
}

/* Whatever it was that sent it in init's name, init alone has that pid. */
proctype init_itself()
{
end:	do
	:: atomic { !(pending & TERM) -> pending = pending | TERM; term_from = ORIGIN_SELF }
	od
}

proctype senders_of_rt()
{
	byte left = RTS;
	bit n = 0;
end:	do
	:: atomic { left > 0 && nfull(queue) ->
		queue!n; n = 1 - n; left--; pending = pending | RT }
	od
}

/* The engine. A TERM that comes while one from inside is pending is lost in that one: the kernel's
 * doing, which no init can help. */
proctype engine()
{
	byte left = TERMS;
end:	do
	:: atomic { left > 0 && !finished ->
		left--;
		if
		:: pending & TERM
		:: else ->
			pending = pending | TERM;
			term_from = ORIGIN_OUTSIDE;
			term_owed = true
		fi
	   }
	od
}

/* Leftovers need not end by a TERM; under WAIT all end at some time. */
proctype others()
{
end:	do
	:: atomic { living > 0 -> living--; zombies++; pending = pending | CHLD }
	:: strangers > 0 -> strangers--
#ifndef WAIT
	:: (living > 0 || strangers > 0) && !killed -> skip
#endif
	:: atomic { STORM_ON && !killed && !finished && living + zombies < 2 -> living++ }
	od
}

#define TICK(t) t = (RUNS(t) -> t - 1 : t)

proctype clock()
{
end:	do
	:: atomic {
		RUNS(next_look) || RUNS(stage_until) || RUNS(guarded) || RUNS(look) || RUNS(retry) ||
		RUNS(time_limit) ||
		RUNS(hold_until[0]) || RUNS(hold_until[1]) || RUNS(hold_until[2]) ->
		TICK(next_look);
		TICK(stage_until);
		TICK(guarded);
		TICK(look);
		TICK(retry);
		TICK(time_limit);
		TICK(hold_until[0]);
		TICK(hold_until[1]);
		TICK(hold_until[2])
	   }
	od
}

init {
	atomic {
		run init_main();
		run clock();
		run engine();
		if
		:: FLOOD_ON -> run flood()
		:: else
		fi;
		if
		:: INSIDE_ON || INSIDE_TERM_ON -> run senders_inside()
		:: else
		fi;
		if
		:: OWN_ON -> run init_itself()
		:: else
		fi;
		if
		:: RTS > 0 -> run senders_of_rt()
		:: else
		fi;
		if
		:: STORM_ON || LEFTOVERS + STRANGERS > 0 -> run others()
		:: else
		fi
	}
}

/* ---- what must hold, for ever and in every order of things; asserts are above ---- */

/* A TERM from outside is acted on, whatever else comes. */
ltl term { [](term_owed -> <>!term_owed) }

/* The payload's death is learnt of, whatever else comes. */
ltl child { [](child == ZOMBIE -> <>(child != ZOMBIE)) }

/* A signal that is held is decided. */
ltl held { [](held != 0 -> <>(held == 0)) }

/* Who was dead before init was is reaped. */
ltl inherited { <>(old_reaped || finished) }

/* A plan that says KILL ends the payload. */
ltl stop { [](plan == PLAN_STOP -> <>(plan != PLAN_STOP)) }

/* After the payload the end comes. */
ltl over { [](ended -> <>(finished || !ended)) }

/* The time limit comes, whatever else comes. */
ltl due { <>(timed_out || finished) }

/* And ends all, where a plan that says KILL follows. */
ltl limit { [](must_end -> <>finished) }
