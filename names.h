/* The words of the command line: names of signals, times. */
#ifndef NAMES_H
#define NAMES_H

#define SIGNAL_MAX   64 /* the last real-time signal */
#define STANDARD_MAX 31 /* up to here signals that are pending merge; from 32 on they queue */
#define RT_FIRST     34 /* SIGRTMIN as glibc counts it, and so most payloads; musl's is 35 */

/* "SIGTERM", "SIGRTMIN+3"; valid until the next call. */
const char *signal_name(int sig);

/* The number for "TERM", "SIGTERM", "15", "RTMIN+3", "RTMAX-1", and 0 for "0", in upper or lower
 * case; -EINVAL for any other text. */
int signal_number(const char *name);

/* All names, for a message. */
#define SIGNAL_NAMES_SIZE 256
const char *signal_names(char buf[static SIGNAL_NAMES_SIZE]);

#define TIME_MAX_MS 86400000 /* a day */

/* Milliseconds of a time: a number and ms, s (or nothing), m or h. -EINVAL if text is no time, or a
 * longer one than TIME_MAX_MS. */
int time_ms(const char *text);

#endif
