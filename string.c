/* The string functions that are used here, as short as they can be: libc's are made for long
 * strings, and each is several times the size. */
#include <string.h>

size_t strlen(const char *s)
{
	const char *end = s;

	while (*end)
		end++;
	return (size_t)(end - s);
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n && *a && *a == *b; n--) {
		a++;
		b++;
	}
	return n ? (unsigned char)*a - (unsigned char)*b : 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, (size_t)-1);
}

char *strchr(const char *s, int c)
{
	while (*s != (char)c)
		if (!*s++)
			return NULL;
	return (char *)s;
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	char *t = to;

	for (const char *f = from; n; n--)
		*t++ = *f++;
	return to;
}

void *memset(void *to, int c, size_t n)
{
	for (char *t = to; n; n--)
		*t++ = (char)c;
	return to;
}
