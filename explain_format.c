/* What is in a file that was to be executed: the kernel's formats are ELF and "#!" (binfmt_elf.c,
 * binfmt_script.c), and whatever binfmt_misc has been told. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "explain_parts.h"
#include "sys.h"

enum kind {
	KIND_SCRIPT,
	/* Text that shells run by /bin/sh: */
	KIND_EMPTY,
	KIND_NO_INTERPRETER,
	KIND_LONG_LINE,
	KIND_BYTE_ORDER_MARK,
	KIND_TEXT,
	/* The rest: */
	KIND_BINARY,
	KIND_UNREADABLE,
	KIND_ELF,
};

/* Never waits, whatever the file is. */
static void open_file(struct file *f, const char *path)
{
	memset(f->head, 0, sizeof f->head);
	f->fd = sys_open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0);
	f->size = sys_read(f->fd, f->head, HEAD_SIZE);
}

/* ---- "#!" and text ---- */

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
static enum kind kind_of_script(const char *head)
{
	size_t length;
	const char *name = interpreter_of(head, &length);

	if (name + length == head + HEAD_SIZE)
		return KIND_LONG_LINE;
	return *name == '\n' ? KIND_NO_INTERPRETER : KIND_SCRIPT;
}

static bool begins(const struct file *f, const char *with)
{
	return strncmp(f->head, with, strlen(with)) == 0;
}

static enum kind kind_of(const struct file *f)
{
	const char *end = f->head;

	if (f->size < 0)
		return KIND_UNREADABLE;
	if (f->size == 0)
		return KIND_EMPTY;
	if (begins(f, "\177ELF"))
		return KIND_ELF;
	if (begins(f, "#!"))
		return kind_of_script(f->head);
	while (*end && *end != '\n')
		end++;
	if (!*end && end < f->head + f->size)
		return KIND_BINARY;
	return begins(f, "\xef\xbb\xbf#!") ? KIND_BYTE_ORDER_MARK : KIND_TEXT;
}

static bool is_text(enum kind kind)
{
	return kind >= KIND_EMPTY && kind <= KIND_TEXT;
}

/* Says that the kernel does not take the file for what it has to be. */
static void say_kind(struct explanation *x, enum kind kind)
{
	static const char kinds[][38] = {
		[KIND_SCRIPT] = "script",
		[KIND_EMPTY] = "empty file",
		[KIND_NO_INTERPRETER] = "#! without an interpreter",
		[KIND_LONG_LINE] = "#! line too long",
		[KIND_BYTE_ORDER_MARK] = "UTF-8 byte order mark before #!",
		[KIND_TEXT] = "text without #!",
		[KIND_BINARY] = "not a program: unknown binary format",
		[KIND_UNREADABLE] = "not readable",
	};
	static const char needs[][22] = {
		[COMMAND] = ", needs /bin/sh",
		[SCRIPT_INTERPRETER] = ", not a program",
		[ELF_INTERPRETER] = ", not an ELF program",
	};

	explain_say(x, "%s%s", kinds[kind],
		    kind == KIND_SCRIPT || is_text(kind) ? needs[x->role] : "");
}

static enum finding follow_script(struct explanation *x, const struct file *f)
{
	size_t length;
	const char *name = interpreter_of(f->head, &length);
	bool crlf = length > 0 && name[length - 1] == '\r';

	if (length == 0) {
		explain_say(x, "#! without an interpreter");
		return SAID;
	}
	length -= crlf;
	memcpy(x->path, name, length);
	x->path[length] = 0;
	explain_name(x, "#! interpreter ", x->path, "");
	if (crlf) {
		explain_say(x, "line ends in CRLF, not LF");
		return SAID;
	}
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
	enum kind kind = kind_of(f);

	if (x->err == ETXTBSY && is_open_for_writing(f)) {
		explain_say(x, "open for writing");
		return SAID;
	}
	if (kind == KIND_ELF)
		return explain_elf(x, f);
	if (kind == KIND_SCRIPT && x->role != ELF_INTERPRETER)
		return follow_script(x, f);
	/* The ELF interpreter's format gives ELIBBAD, or EIO for a file shorter than a header. */
	if (x->err == ENOEXEC || (x->role == ELF_INTERPRETER && kind != KIND_UNREADABLE)) {
		say_kind(x, kind);
		return SAID;
	}
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
	struct file f;

	open_file(&f, path);
	sys_close(f.fd);
	return is_text(kind_of(&f));
}
