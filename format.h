/* Text: a small formatter, quoting, numbers in text. Nothing is written anywhere from here. */
#ifndef FORMAT_H
#define FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* A format knows %s, %d, %u, %x, %o, and the last four with ll; no flags, no widths. What does not
 * fit is cut; the result always ends with a null byte. Returns its length.
 *
 * A NULL text is nothing. A text in single quotes, '%s', comes from outside: each control character
 * in it becomes a '?', and it is cut with "..." after QUOTE_MAX bytes, so that the rest of the line
 * survives. */
#define QUOTE_MAX                  250
#define LIKE_PRINTF(format, first) __attribute__((__format__(__printf__, format, first)))
size_t format(char *buf, size_t size, const char *text, ...) LIKE_PRINTF(3, 4);
size_t format_args(char *buf, size_t size, const char *text, va_list args);

/* A text under construction. What does not fit is cut; one byte stays free for its end. */
struct text {
	char *at;
	size_t size, length;
};
void text_put_char(struct text *t, char c);
void text_put(struct text *t, const char *s);
void text_put_number(struct text *t, long long n);

/* What stands in text behind prefix, or NULL if it does not begin with that. */
char *text_after(const char *text, const char *prefix);

#define DEC_SIZE 24 /* for the decimal digits of any number */

/* "ENOENT"; "errno 200" for a number without a name here, valid until the next call. */
const char *errno_name(int err);

/* A decimal number at *s, which is then behind its digits; -1 if there is none, or if it is not
 * below limit (then *s is somewhere in it). */
long long number_at(const char **s, long long limit);

#endif
