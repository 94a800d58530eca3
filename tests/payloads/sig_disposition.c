/*
 * sig_disposition HOW SIG [COMMAND [ARG]...]
 *
 * A payload to which signal SIG is
 *   default, ignored, caught   by disposition
 *   blocked    in both of its threads, and nobody takes it
 *   half       blocked in one of its two threads, with its default action
 *   signalfd   read from a signalfd and blocked in both of its threads
 *   sigwait    awaited by one thread in rt_sigtimedwait and blocked in the other; with COMMAND it
 *              executes that when it has taken one
 *   leaderless blocked in the thread that is left when the first, which did not block it, has ended
 *   passing    blocked for a moment, in which it sends one to PID 1; then by disposition default
 * Prints `ready`, then `got SIG code CODE pid PID value VALUE` for each that it takes, `pending
 * SIG` when the blocked one has come, `got` and `barrier` for signal 64, which it always catches.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>

#include "raw.h"

enum { BARRIER = 64 };

/* Well within the time that cinit holds a signal for. */
#define MOMENT_NS 20000000

#ifdef SA_RESTORER
void restorer(void);
__asm__(".text\nrestorer:\n\tmov $15, %eax\n\tsyscall\n");
#endif

static int sig;
static char **command; /* NULL: none */
static pthread_barrier_t begun;

static void print(int number, int code, int pid, long long value)
{
	dprintf(1, "got %d code %d pid %d value %lld\n", number, code, pid, value);
}

static void handler(int number, siginfo_t *si, void *context)
{
	int saved = errno;

	(void)context;
	print(number, si->si_code, si->si_pid, (long long)(intptr_t)si->si_value.sival_ptr);
	if (number == BARRIER)
		dprintf(1, "barrier\n");
	errno = saved;
}

static void catch (int number)
{
	struct raw_action action = {.handler = (uintptr_t)handler,
				    .flags = SA_SIGINFO | SA_RESTART,
				    .mask = ALL_SIGNALS};
#ifdef SA_RESTORER
	action.flags |= SA_RESTORER;
	action.restorer = restorer;
#endif
	raw_action(number, &action, NULL);
}

/* Main handles all that is not SIG's, so that the barrier cannot overtake SIG in another thread; in
 * `half` it is the other thread that does. The masks are set once both threads run: musl's
 * pthread_create unblocks signals of its own. */
static void begin(uint64_t mask)
{
	raw_mask(SIG_SETMASK, mask);
	pthread_barrier_wait(&begun);
}

static void *idle(void *mask)
{
	begin(*(uint64_t *)mask);
	for (;;)
		pause();
	return NULL;
}

static void *await(void *mask)
{
	uint64_t set = raw_bit(sig);
	siginfo_t si;

	begin(*(uint64_t *)mask);
	for (;;)
		if (syscall(SYS_rt_sigtimedwait, &set, &si, NULL, sizeof set) > 0) {
			print(si.si_signo, si.si_code, si.si_pid,
			      (long long)(intptr_t)si.si_value.sival_ptr);
			if (command) {
				raw_mask(SIG_SETMASK, 0);
				execvp(command[0], command);
			}
		}
	return NULL;
}

static _Noreturn void pass(void)
{
	raw_mask(SIG_BLOCK, raw_bit(sig));
	syscall(SYS_kill, 1, sig);
	nanosleep(&(struct timespec){.tv_nsec = MOMENT_NS}, NULL);
	raw_mask(SIG_SETMASK, 0);
	dprintf(1, "ready\n");
	for (;;)
		pause();
}

static _Noreturn void read_fd(bool take)
{
	uint64_t set = raw_bit(sig);
	struct signalfd_siginfo si;
	struct pollfd fd = {.fd = (int)syscall(SYS_signalfd4, -1, &set, sizeof set, 0),
			    .events = POLLIN};

	for (;;) {
		if (poll(&fd, 1, -1) != 1)
			continue;
		if (!take) {
			dprintf(1, "pending %d\n", sig);
			fd.fd = -1;
		}
		if (read(fd.fd, &si, sizeof si) == sizeof si)
			print((int)si.ssi_signo, si.ssi_code, (int)si.ssi_pid,
			      (long long)si.ssi_ptr);
	}
}

/* The kernel keeps a leader that has ended as a zombie while other threads live. */
static bool leader_has_ended(void)
{
	char path[64], state = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/self/task/%d/stat", getpid());
	f = fopen(path, "re");
	if (f && fscanf(f, "%*d %*s %c", &state) != 1)
		state = 0;
	if (f)
		fclose(f);
	return state == 'Z';
}

static void *outlive(void *unused)
{
	(void)unused;
	while (!leader_has_ended())
		sched_yield();
	dprintf(1, "ready\n");
	read_fd(false);
}

/* Not by pthread_exit, which blocks all signals first. */
static _Noreturn void end_leader(void)
{
	pthread_t thread;

	raw_mask(SIG_SETMASK, raw_bit(sig));
	if (pthread_create(&thread, NULL, outlive, NULL))
		exit(2);
	raw_mask(SIG_SETMASK, 0);
	for (;;)
		syscall(SYS_exit, 0);
}

int main(int argc, char **argv)
{
	const char *how = argc >= 3 ? argv[1] : "";
	pthread_t thread;

	if (argc < 3)
		return 2;
	sig = atoi(argv[2]);
	command = argc > 3 ? argv + 3 : NULL;
	catch (BARRIER);
	if (strcmp(how, "caught") == 0)
		catch (sig);
	else
		raw_disposition(sig, strcmp(how, "ignored") == 0 ? SIG_IGN : SIG_DFL);
	if (strcmp(how, "leaderless") == 0)
		end_leader();
	if (strcmp(how, "passing") == 0)
		pass();
	bool waits = strcmp(how, "sigwait") == 0;
	bool half = strcmp(how, "half") == 0;
	bool takes = strcmp(how, "signalfd") == 0;
	bool blocks = strcmp(how, "blocked") == 0;
	bool handles = !waits && !half && !takes && !blocks;
	uint64_t own = handles ? 0 : half ? raw_bit(sig) | raw_bit(BARRIER) : raw_bit(sig);
	uint64_t others = half ? 0 : ALL_SIGNALS;
	raw_mask(SIG_SETMASK, ALL_SIGNALS);
	pthread_barrier_init(&begun, NULL, 2);
	if (pthread_create(&thread, NULL, waits ? await : idle, &others))
		return 2;
	begin(own);
	dprintf(1, "ready\n");
	if (takes || blocks)
		read_fd(takes);
	for (;;)
		pause();
}
