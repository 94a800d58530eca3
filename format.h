/* Text: a small formatter, quoting, numbers in text. Nothing is written anywhere from here. */
#ifndef FORMAT_H
#define FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* A format knows %s, %c, %d, %u, %x, %o, %% and the lengths l and ll; no flags, no widths. A NULL
 * text is nothing. What does not fit is cut. The result always ends with a null byte. */
#define LIKE_PRINTF(format, first) __attribute__((__format__(__printf__, format, first)))
void format(char *buf, size_t size, const char *text, ...) LIKE_PRINTF(3, 4);
void format_args(char *buf, size_t size, const char *text, va_list args);

/* Decimal digits of n, in buf; returns where they start. */
#define DEC_SIZE 24
char *format_dec(char buf[static DEC_SIZE], long long n);
#define DEC(n) format_dec((char[DEC_SIZE]){0}, (n))

/* Text from outside for a message: in single quotes, each control character a '?', and cut with
 * "..." where it is long, so that the rest of the line survives. */
#define QUOTE_SIZE 256
char *format_quote(char buf[static QUOTE_SIZE], const char *text);
#define QUOTE(text) format_quote((char[QUOTE_SIZE]){0}, (text))

/* "ENOENT"; "errno 200" for a number without a name here, valid until the next call. */
const char *errno_name(int err);

/* A decimal number at *s, which is then behind its digits; -1 if there is none, or if it is not
 * below limit (then *s is somewhere in it). */
long long number_at(const char **s, long long limit);

#endif
