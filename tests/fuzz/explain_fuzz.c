/* A file of any content must be explained without a crash: for each errno that makes explain.c
 * look into the file, and when asked whether it is a script. The file is a memfd, found by its
 * name in /proc. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../explain.h"
#include "../../report.h"

#define ASSERT(condition) ((condition) ? (void)0 : abort())

static void explain(const struct exec_failure *f)
{
	char msg[EXPLAIN_SIZE], pathname[PATH_MAX];
	int code = explain_exec(f, msg);
	size_t size = strnlen(msg, sizeof msg);

	ASSERT(code == EXIT_NOT_FOUND || code == EXIT_CANNOT_RUN);
	ASSERT(size > strlen("unable to run ") && size < sizeof msg);
	for (size_t i = 0; i < size; i++)
		ASSERT((unsigned char)msg[i] >= ' ' && msg[i] != 127);
	if (explain_is_script(f, pathname))
		ASSERT(strlen(pathname) < PATH_MAX);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const int errors[] = {ENOEXEC, ENOENT, ELIBBAD, EACCES, ELOOP, ETXTBSY};
	static char name[32], dir[32], text[PATH_MAX];
	static char *argv[] = {text, NULL};
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("program", MFD_CLOEXEC);
		ASSERT(fd >= 0);
		snprintf(dir, sizeof dir, "/proc/self/fd");
		snprintf(name, sizeof name, "%s/%d", dir, fd);
	}
	ASSERT(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		explain(&(struct exec_failure){.file = name, .element = -1, .err = errors[i]});
	explain(&(struct exec_failure){
		.file = strrchr(name, '/') + 1, .path = dir, .element = -1, .err = ENOENT});

	/* The same bytes as the command and as the PATH. */
	size = size < sizeof text ? size : sizeof text - 1;
	memcpy(text, data, size);
	text[size] = 0;
	if (size < 64) {
		explain(&(struct exec_failure){
			.file = text, .path = text, .element = -1, .err = ENOENT});
		explain(&(struct exec_failure){.file = text, .element = -1, .err = ENOENT});
		explain(&(struct exec_failure){
			.file = "x", .path = text, .err = EACCES, .element = 1});
	}
	explain(&(struct exec_failure){.file = text, .element = -1, .err = ENAMETOOLONG});
	explain(&(struct exec_failure){.file = text, .argv = argv, .envp = argv, .err = E2BIG});
	return 0;
}
