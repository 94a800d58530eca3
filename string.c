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

int strcmp(const char *a, const char *b)
{
	for (; *a && *a == *b; a++)
		b++;
	return (unsigned char)*a - (unsigned char)*b;
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
