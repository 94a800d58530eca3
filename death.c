#include "death.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>

#include "cgroup_payload.h"
#include "names.h"
#include "report.h"
#include "sys.h"

/* A payload that lives shorter than this, in milliseconds, has hardly used memory. It is more than
 * the 4 of a tick (HZ=250): for a deadline before the next tick the kernel sets the hardware's
 * timer anew, which took 25 us of a short life. */
#define SHORT_LIFE_MS 5

void death_expect(struct death *d)
{
	d->due = deadline_in(SHORT_LIFE_MS);
	d->oom_kills = -1;
}

void death_look(struct death *d)
{
	if (deadline_left(d->due) != 0)
		return;
	d->due = NEVER;
	d->oom_kills = cgroup_payload_oom_kills();
}

/* A clean end needs no word. */
void death_tell(const struct death *d, const struct payload *p)
{
	bool killed = WIFSIGNALED(p->status) && WTERMSIG(p->status) == SIGKILL && !p->kill_sent;
	long long kills = d->oom_kills < 0 ? -1 : cgroup_payload_oom_kills();
	bool oom = kills > d->oom_kills;

	if (oom)
		report_warning("%s was killed for want of memory (oom_kill rose from %lld to %lld);"
			       " raise the memory limit",
			       killed ? "the command" : "a process below the command", d->oom_kills,
			       kills);
	else if (killed)
		report_warning("the command was killed by a SIGKILL that cinit did not send");
	if (WIFSIGNALED(p->status) && WCOREDUMP(p->status))
		report_warning("the command was killed by %s and dumped core",
			       signal_name(WTERMSIG(p->status)));
	report_exited(p->status, oom);
}
