/* What cinit says: messages on stderr, status events on --status-fd, exit codes.
 * The only module that writes. A line is one write(2) that does not wait where the kernel lets
 * that be asked for (see report.c): a line that cannot be written now is dropped, because init must
 * outlive a full pipe, a stopped terminal and a closed stderr. */
#ifndef REPORT_H
#define REPORT_H

#include <stdarg.h>
#include <stddef.h>

/* Exit codes of cinit itself, by the convention of shells, env(1) and container engines.
 * Any other code is the payload's. */
enum {
	EXIT_CINIT = 125,      /* bad option, no fork: nothing was started */
	EXIT_CANNOT_RUN = 126, /* the command was found but cannot be run */
	EXIT_NOT_FOUND = 127,  /* the command was not found */
	EXIT_SIGNALLED = 128,  /* + n: the payload was killed by signal n */
};

/* Formats know %s, %c, %d, %u, %x, %o and the lengths l and ll; no flags, no widths. A NULL text is
 * nothing. What does not fit is cut. */
#define LIKE_PRINTF(format, first) __attribute__((__format__(__printf__, format, first)))

/* Writes "cinit: ", the message and a newline to stderr, at most PIPE_BUF bytes, up to which a
 * write to a pipe is atomic (pipe(7)). */
void report(const char *format, ...) LIKE_PRINTF(1, 2);

/* The message alone, into a buffer of size bytes, its null byte included. */
void report_format(char *buf, size_t size, const char *format, ...) LIKE_PRINTF(3, 4);
void report_vformat(char *buf, size_t size, const char *format, va_list args);

/* Writes a status event, {...} and a newline, to the status fd. The format is JSON with ' for ",
 * where %s is a quoted text (null for NULL) and %i is true or false. Bytes that are not UTF-8
 * come as \udc80 to \udcff, the lone surrogates that Python's surrogateescape turns back. */
void report_event(const char *format, ...) LIKE_PRINTF(1, 2);

/* Status events go to fd from now on; -1, the default, drops them. */
void report_status_fd(int fd);

/* Decimal digits of n, in buf; returns where they start. */
#define DEC_SIZE 24
char *report_dec(char buf[static DEC_SIZE], long long n);
#define DEC(n) report_dec((char[DEC_SIZE]){0}, (n))

/* "ENOENT"; "errno 71" for one that is not met here, valid until the next call. */
const char *report_errno(int err);

/* Writes text to stdout, all of it; a failure ends cinit with EXIT_CINIT. */
void report_print(const char *text);

#endif
