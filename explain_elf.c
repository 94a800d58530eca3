/* An ELF program, and the way to its ELF interpreter. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "explain_parts.h"
#include "sys.h"

/* A machine: a processor, its word and its byte order. */
enum arch {
	I386,
	X86_64,
	X32,
	ARM,
	AARCH64,
	RISCV64,
	RISCV32,
	PPC64LE,
	PPC64,
	S390X,
	LOONGARCH64,
	OTHER,
};

#define OUR_ORDER (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB)

#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

/* A kernel for one machine of a family may run the programs of another. */
enum family { NO_FAMILY, FAMILY_X86, FAMILY_ARM };

static const struct {
	uint16_t machine;
	uint8_t class, order, family;
	char name[16];
} arches[] = {
	[I386] = {EM_386, ELFCLASS32, ELFDATA2LSB, FAMILY_X86, "i386"},
	[X86_64] = {EM_X86_64, ELFCLASS64, ELFDATA2LSB, FAMILY_X86, "x86-64"},
	[X32] = {EM_X86_64, ELFCLASS32, ELFDATA2LSB, FAMILY_X86, "x32"},
	[ARM] = {EM_ARM, ELFCLASS32, ELFDATA2LSB, FAMILY_ARM, "arm"},
	[AARCH64] = {EM_AARCH64, ELFCLASS64, ELFDATA2LSB, FAMILY_ARM, "aarch64"},
	[RISCV64] = {EM_RISCV, ELFCLASS64, ELFDATA2LSB, NO_FAMILY, "riscv64"},
	[RISCV32] = {EM_RISCV, ELFCLASS32, ELFDATA2LSB, NO_FAMILY, "riscv32"},
	[PPC64LE] = {EM_PPC64, ELFCLASS64, ELFDATA2LSB, NO_FAMILY, "ppc64le"},
	[PPC64] = {EM_PPC64, ELFCLASS64, ELFDATA2MSB, NO_FAMILY, "ppc64"},
	[S390X] = {EM_S390, ELFCLASS64, ELFDATA2MSB, NO_FAMILY, "s390x"},
	[LOONGARCH64] = {EM_LOONGARCH, ELFCLASS64, ELFDATA2LSB, NO_FAMILY, "loongarch64"},
	[OTHER] = {.name = "another machine"},
};

/* e_machine as it stands in the file. */
static enum arch arch_of(const struct file *f, uint16_t machine)
{
	const uint8_t class = (uint8_t)f->head[EI_CLASS], order = (uint8_t)f->head[EI_DATA];
	enum arch a = 0;

	if (order != OUR_ORDER)
		machine = (uint16_t)(machine << 8 | machine >> 8);
	while (a < OTHER && (arches[a].machine != machine || arches[a].class != class ||
			     arches[a].order != order))
		a++;
	return a;
}

/* False at the end of the file as well. */
static bool read_at(const struct file *f, uint64_t offset, void *buf, size_t size)
{
	long at = (long)offset;

	return at >= 0 && (uint64_t)at == offset && sys(SYS_lseek, f->fd, at, SEEK_SET) == at &&
	       sys_read(f->fd, buf, size) == (long)size;
}

static bool is_wide(const struct file *f)
{
	return f->head[EI_CLASS] == ELFCLASS64;
}

/* The header as one of 64 bits. Up to e_machine those of 32 bits are the same. */
static Elf64_Ehdr header_of(const struct file *f)
{
	Elf64_Ehdr wide;
	Elf32_Ehdr narrow;

	memcpy(&wide, f->head, sizeof wide);
	if (!is_wide(f)) {
		memcpy(&narrow, f->head, sizeof narrow);
		wide.e_phoff = narrow.e_phoff;
		wide.e_phentsize = narrow.e_phentsize;
		wide.e_phnum = narrow.e_phnum;
	}
	return wide;
}

/* A program header as one of 64 bits; false if the file ends before it does. */
static bool read_segment(const struct file *f, uint64_t at, Elf64_Phdr *segment)
{
	Elf32_Phdr narrow;

	if (is_wide(f))
		return read_at(f, at, segment, sizeof *segment);
	if (!read_at(f, at, &narrow, sizeof narrow))
		return false;
	segment->p_type = narrow.p_type;
	segment->p_offset = narrow.p_offset;
	segment->p_filesz = narrow.p_filesz;
	return true;
}

/* True, and said, if the program is for another machine: than that of the program whose ELF
 * interpreter it is, else than ours. The kernel then gives ENOEXEC; any other error comes from
 * executing the emulator that binfmt_misc has for that machine. */
static bool say_machine(struct explanation *x, enum arch a)
{
	const char *name = arches[a].name;

	if (x->role == ELF_INTERPRETER)
		return a != x->arch && explain_say(x, "built for %s, the program for %s", name,
						   arches[x->arch].name) == SAID;
	if (a == MACHINE || (x->err != ENOEXEC && arches[a].family != NO_FAMILY &&
			     arches[a].family == arches[MACHINE].family))
		return false;
	explain_say(x, "built for %s, this machine is %s", name, arches[MACHINE].name);
	if (x->err != ENOEXEC)
		explain_say(x, "its emulator (binfmt_misc) gives %s", errno_name(x->err));
	return true;
}

/* The libc whose ELF interpreter has this name, for a message. */
static const char *libc_of(char *path)
{
	static const struct {
		char name[9], libc[10];
	} names[] = {
		{"ld-musl-", " of musl"},
		{"ld-linux", " of glibc"},
		{"ld64.so.", " of glibc"},
		{"ld.so.1", " of glibc"},
	};
	const char *name = explain_last_name(path);

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (text_after(name, names[i].name))
			return names[i].libc;
	return "";
}

static const char invalid[] = "invalid ELF program";
static const char cut_off[] = "ELF program cut off";

/* Goes on to the ELF interpreter, if there is one. */
static enum finding follow_elf(struct explanation *x, const struct file *f, const Elf64_Ehdr *h)
{
	Elf64_Phdr segment = {.p_type = PT_NULL};
	uint64_t at = h->e_phoff;

	for (unsigned n = h->e_phnum; n > 0 && segment.p_type != PT_INTERP; n--) {
		if (!read_segment(f, at, &segment))
			return FINE;
		at += h->e_phentsize;
	}
	if (segment.p_type != PT_INTERP || segment.p_filesz > PATH_MAX)
		return FINE;
	if (!read_at(f, segment.p_offset, x->path, (size_t)segment.p_filesz))
		return explain_say(x, cut_off);
	x->path[segment.p_filesz] = 0;
	explain_say(x, "ELF interpreter '%s'%s", x->path, libc_of(x->path));
	x->role = ELF_INTERPRETER;
	return FOLLOW;
}

/* The end of a wide header that is cut off reads as zeros, which fault_of() does not take. */
static bool is_valid_ident(const struct file *f)
{
	const char class = f->head[EI_CLASS], order = f->head[EI_DATA];

	return f->size >= (long)sizeof(Elf32_Ehdr) &&
	       (class == ELFCLASS32 || class == ELFCLASS64) &&
	       (order == ELFDATA2LSB || order == ELFDATA2MSB);
}

/* What load_elf_binary() of fs/binfmt_elf.c finds wrong with a program for this machine; NULL for
 * nothing. */
static const char *fault_of(const struct file *f, const Elf64_Ehdr *h)
{
	const size_t size = is_wide(f) ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	Elf64_Phdr last;

	if (h->e_type == ET_REL)
		return "object file, not linked";
	if ((h->e_type != ET_EXEC && h->e_type != ET_DYN) || h->e_phentsize != size || !h->e_phnum)
		return invalid;
	if (!read_segment(f, h->e_phoff + (h->e_phnum - 1u) * size, &last))
		return cut_off;
	return NULL;
}

enum finding explain_elf(struct explanation *x, const struct file *f)
{
	const Elf64_Ehdr h = header_of(f);
	const enum arch a = arch_of(f, h.e_machine);
	const char *fault = invalid;

	if (is_valid_ident(f)) {
		if (say_machine(x, a))
			return SAID;
		fault = fault_of(f, &h);
	}
	if (!fault && x->err == ENOEXEC)
		fault = invalid;
	if (fault)
		return explain_say(x, "%s", fault);
	if (x->role == ELF_INTERPRETER)
		return FINE;
	x->arch = a;
	return follow_elf(x, f, &h);
}
