/* What is in a file that was to be executed: the kernel's formats are ELF and "#!" (binfmt_elf.c,
 * binfmt_script.c), and whatever binfmt_misc has been told. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "explain_parts.h"
#include "sys.h"

/* TEXT is what shells run by /bin/sh. */
enum kind { ELF, SCRIPT, TEXT, OTHER };

static const char no_interpreter[] = "#! without an interpreter";

/* Never waits, whatever the file is. */
static void open_file(struct file *f, const char *path)
{
	memset(f->head, 0, sizeof f->head);
	f->fd = sys_open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0);
	f->size = sys_read(f->fd, f->head, HEAD_SIZE);
}

/* ---- "#!" and text ---- */

static bool begins(const struct file *f, const char *with)
{
	return text_after(f->head, with) != NULL;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Its name begins behind blanks and ends before a blank, a newline or a NUL. */
static const char *interpreter_of(const char *head, size_t *length)
{
	const char *name = head + 2;

	while (is_blank(*name))
		name++;
	const char *end = name;
	while (*end && *end != '\n' && !is_blank(*end))
		end++;
	*length = (size_t)(end - name);
	return name;
}

/* load_script() takes no interpreter whose name is cut off by the end of the head, nor a line
 * without one. But where a NUL stands in place of the name, or the end of the file, it tries "". */
static enum kind kind_of_script(const char *head, const char **words)
{
	size_t length;
	const char *name = interpreter_of(head, &length);

	*words = "script";
	if (*name == '\n')
		*words = no_interpreter;
	else if (name + length == head + HEAD_SIZE)
		*words = "#! line too long";
	else
		return SCRIPT;
	return TEXT;
}

static enum kind kind_of_text(const struct file *f, const char **words)
{
	const char *end = f->head;

	while (*end && *end != '\n')
		end++;
	*words = "not a program: unknown binary format";
	if (!*end && end < f->head + f->size)
		return OTHER;
	*words = f->size == 0                  ? "empty file"
		 : begins(f, "\xef\xbb\xbf#!") ? "UTF-8 byte order mark before #!"
					       : "text without #!";
	return TEXT;
}

/* words gets those for a message. */
static enum kind kind_of(const struct file *f, const char **words)
{
	*words = "not readable";
	if (f->size < 0)
		return OTHER;
	if (begins(f, "\177ELF"))
		return ELF;
	return begins(f, "#!") ? kind_of_script(f->head, words) : kind_of_text(f, words);
}

static enum finding follow_script(struct explanation *x, const struct file *f)
{
	size_t length;
	const char *name = interpreter_of(f->head, &length);
	bool crlf = length > 0 && name[length - 1] == '\r';

	if (length == 0)
		return explain_say(x, no_interpreter);
	length -= crlf;
	memcpy(x->path, name, length);
	x->path[length] = 0;
	explain_say(x, "#! interpreter '%s'", x->path);
	if (crlf)
		return explain_say(x, "line ends in CRLF, not LF");
	x->role = SCRIPT_INTERPRETER;
	return FOLLOW;
}

/* ---- any file ---- */

/* A file that is open for writing gives no lease for reading (fcntl(2)). */
static bool is_open_for_writing(const struct file *f)
{
	return sys(SYS_FCNTL, f->fd, F_SETLEASE, F_RDLCK) == -EAGAIN;
}

static enum finding look_into(struct explanation *x, const struct file *f)
{
	static const char needs[][22] = {
		[COMMAND] = ", needs /bin/sh",
		[SCRIPT_INTERPRETER] = ", not a program",
		[ELF_INTERPRETER] = ", not an ELF program",
	};
	const char *words;
	enum kind kind = kind_of(f, &words);

	if (x->err == ETXTBSY && is_open_for_writing(f))
		return explain_say(x, "open for writing");
	if (kind == ELF)
		return explain_elf(x, f);
	if (kind == SCRIPT && x->role != ELF_INTERPRETER)
		return follow_script(x, f);
	/* The ELF interpreter's format gives ELIBBAD, or EIO for a file shorter than a header. */
	if (x->err == ENOEXEC || (x->role == ELF_INTERPRETER && f->size >= 0))
		return explain_say(x, "%s%s", words, kind == OTHER ? "" : needs[x->role]);
	return FINE;
}

enum finding explain_format(struct explanation *x)
{
	struct file f;

	open_file(&f, x->path);
	enum finding found = look_into(x, &f);
	sys_close(f.fd);
	return found;
}

bool explain_is_text(const char *path)
{
	const char *words;
	struct file f;

	open_file(&f, path);
	sys_close(f.fd);
	return kind_of(&f, &words) == TEXT;
}
