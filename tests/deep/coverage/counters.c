/* Coverage without libc: gcc's counters lie in one place (counters.ld), and a file takes that place
 * in every process of cinit, so that all of them count into it, however they end. Linked with
 * --wrap=main. Called by the name "dump" it writes the counts as gcov's .gcda files instead. */
#include <fcntl.h>
#include <sys/mman.h>

#include "../../../sys.h"

struct gcov_info;
void __gcov_info_to_gcda(const struct gcov_info *info, void (*file)(const char *, void *),
			 void (*dump)(const void *, unsigned, void *),
			 void *(*allocate)(unsigned, void *), void *arg);

extern const struct gcov_info *const __start_gcov_info[],
	*const __stop_gcov_info[];            /* by the linker */
extern char counters_begin[], counters_end[]; /* counters.ld */

int __real_main(int argc, char **argv, char **envp);
int __wrap_main(int argc, char **argv, char **envp);
_Noreturn void abort(void);
void *mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);

_Noreturn void abort(void)
{
	sys_exit(134);
}

void *mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	return (void *)sys(SYS_mmap, at, size, prot, flags, fd, offset);
}

static void open_file(const char *name, void *fd)
{
	*(int *)fd = sys_open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (*(int *)fd < 0)
		abort();
}

static void write_file(const void *data, unsigned size, void *fd)
{
	if (sys_write(*(int *)fd, data, size) != (long)size)
		abort();
}

static void *allocate(unsigned size, void *fd)
{
	(void)fd;
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* Where the file cannot be had (another root, no fd left), this process does not count. */
int __wrap_main(int argc, char **argv, char **envp)
{
	int fd = sys_open(COUNTERS, O_RDWR | O_CLOEXEC, 0);

	if (fd >= 0) {
		mmap(counters_begin, (size_t)(counters_end - counters_begin),
		     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
		sys_close(fd);
	}
	if (argc != 1 || argv[0][0] != 'd' || argv[0][1] != 'u')
		return __real_main(argc, argv, envp);
	for (const struct gcov_info *const *info = __start_gcov_info; info < __stop_gcov_info;
	     info++)
		__gcov_info_to_gcda(*info, open_file, write_file, allocate, &fd);
	return 0;
}
