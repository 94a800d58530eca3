/* A seccomp filter of the kernel, inherited as in a container. It tells cinit from the payload by
 * the address that calls: so it hits all processes of cinit, the child before its exec too, and no
 * other program. */
#define _GNU_SOURCE
#include "inject.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Both halves of an address; x86-64 is little-endian. */
enum {
	NUMBER = offsetof(struct seccomp_data, nr),
	LOW = offsetof(struct seccomp_data, instruction_pointer),
	HIGH = LOW + sizeof(uint32_t),
};

/* Where the code of a program lies that is not moved when it is loaded. */
static void find_code(const char *file, uint32_t *from, uint32_t *to)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	Elf64_Ehdr head;
	Elf64_Phdr part;

	if (fd < 0 || pread(fd, &head, sizeof head, 0) != sizeof head || head.e_type != ET_EXEC)
		die("not a static program at a fixed address");
	*to = 0;
	for (int i = 0; i < head.e_phnum; i++) {
		off_t at = (off_t)head.e_phoff + i * (off_t)sizeof part;
		if (pread(fd, &part, sizeof part, at) != sizeof part)
			die(file);
		if (part.p_type == PT_LOAD && part.p_flags & PF_X) {
			*from = (uint32_t)part.p_vaddr;
			*to = (uint32_t)(part.p_vaddr + part.p_memsz);
		}
	}
	if (!*to)
		die("no code");
	close(fd);
}

void refuse_by_filter(const char *file, const struct fault *f)
{
	uint32_t from, to, number = (uint32_t)f->call, error = (uint32_t)f->value;

	find_code(file, &from, &to);
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NUMBER),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 6),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, HIGH),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, LOW),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, from, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, to, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {sizeof code / sizeof *code, code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
		die("seccomp");
}
