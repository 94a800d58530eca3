/* --boot: cinit as the PID 1 of a machine, started by the kernel (rdinit=, init=). What a container
 * engine does around a container is done here: mounts and a console before the payload, a clean
 * file system and reboot(2) after it. Without --boot nothing here does anything. */
#ifndef BOOT_H
#define BOOT_H

#include <signal.h>
#include <stdbool.h>

#define CONSOLE_SIZE 64 /* the name of a terminal */

struct options;

enum boot_action { BOOT_NONE, BOOT_POWEROFF, BOOT_REBOOT, BOOT_HALT };

struct boot {
	enum boot_action action;    /* at the end; BOOT_NONE: no --boot */
	enum boot_action on_fail;   /* for a status other than 0; BOOT_NONE: as action */
	enum boot_action asked;     /* by Ctrl-Alt-Del or SIGPWR, instead of these */
	bool on;                    /* we are a machine's PID 1, and have begun */
	int failed;                 /* the exit code of a payload that could not be started */
	char console[CONSOLE_SIZE]; /* the payload's terminal; "": it gets our fds 0 to 2 */
};

/* Reads "ACTION[,fail:ACTION]" with the actions poweroff, reboot and halt. 0 or -EINVAL. */
int boot_parse(const char *arg, struct boot *b);

/* True if we are the PID 1 of a machine and may reboot it. Ctrl-Alt-Del is a SIGINT to us from then
 * on. False in a container: reboot(2) wants CAP_SYS_BOOT (EPERM), and knows the call that is made
 * here in the initial PID namespace only (EINVAL). */
bool boot_is_machine(void);

/* Before the payload: mounts, fds 0 to 2, environment, the interface lo, a stop plan if there is
 * none. What fails is a warning. In a container one warning is all. */
void boot_begin(struct options *o);

/* Makes the stop signal of a signal by which the machine is to end: SIGINT (reboot) and SIGPWR
 * (power-off). From inside only with --inside=forward. */
void boot_turn(struct options *o, siginfo_t *si);

/* The payload could not be started, for which cinit would exit with code. Returns the options for
 * the start of a shell in its place; NULL with "fail:", without a terminal or a shell. */
const struct options *boot_rescue(struct options *o, int code);

/* Ends cinit: exits with code, or ends the machine. */
_Noreturn void boot_exit(const struct options *o, int code);

#endif
