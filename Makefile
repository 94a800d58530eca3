# cinit: one static file. "make run" shows it at work, "make test" tests it.
#
# CC, CPPFLAGS, CFLAGS and LDFLAGS count from the environment and from the command line. A packager's
# flags come before ours, so that those without which cinit would not run hold.

PREFIX = /usr/local
# For all but ./cinit.
OUT = build
SOURCES = $(sort $(wildcard *.c))
HEADERS = $(sort $(wildcard *.h))

# A musl system's own compiler, else musl-gcc.
ifeq ($(origin CC),default)
CC = $(shell cc -dumpmachine 2>/dev/null | grep -q musl && echo cc || echo musl-gcc)
endif
COMPILER = $(if $(findstring clang,$(shell $(CC) --version 2>/dev/null)),clang,gcc)
MACHINE = $(shell $(CC) -dumpmachine 2>/dev/null | sed 's/-.*//')

# The smallest code, if CFLAGS does not say otherwise. gcc 11 has no -Oz.
SIZE = $(shell $(CC) -Oz -E -x c /dev/null >/dev/null 2>&1 && echo -Oz || echo -Os)
WARN = -Wall -Wextra -Wpedantic -Wconversion -Wshadow

# Must hold:
# - The stack protector reads its canary through a thread pointer that nobody has set.
# - string.c defines memcpy and the like: no loop in it may become a call of itself, and no header
#   may wrap it.
# - Code that may lie anywhere takes 1.7 kB more, tables for an unwinder that is not there 4.5 kB.
BUILD = -std=c11 -D_GNU_SOURCE -fno-stack-protector -fno-builtin -U_FORTIFY_SOURCE \
	-fno-pic -fno-exceptions -fno-unwind-tables -fno-asynchronous-unwind-tables -fno-ident
# -flto: all files are one unit, which saves 1.1 kB. clang would need lld for it.
BUILD_gcc = -fno-tree-loop-distribute-patterns -flto
BUILD_clang = -Wno-unused-command-line-argument
# No vector register is ever in use, so none must be saved, and no stack aligned for it: 0.4 kB.
BUILD_x86_64 = -mgeneral-regs-only
# Without these tables begin at a multiple of 32 bytes, and frames at one of 16: 0.4 kB.
BUILD_gcc_x86_64 = -malign-data=abi -mpreferred-stack-boundary=3
# Vector registers that not every machine has.
BUILD_loongarch64 = -mno-lsx
# Small constants would lie among the variables, and make one writable segment of all.
BUILD_riscv64 = -msmall-data-limit=0

# One read-only segment instead of three, each of which begins a page, saves 6.5 kB. A static PIE
# would pull in the dynamic loader through Debian's musl-gcc.
LINK = -static -no-pie -s -Wl,-z,noseparate-code,--sort-section=name -nostartfiles
# gcc makes calls of these of its own, after it has dropped them as unused.
LINK_gcc = -Wl,-u,memcpy,-u,memset

COMPILE = $(CC) $(SIZE) $(WARN) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(BUILD) $(BUILD_$(COMPILER)) \
	$(BUILD_$(MACHINE)) $(BUILD_$(COMPILER)_$(MACHINE)) $(LINK) $(LINK_$(COMPILER))

cinit $(OUT)/cinit $(OUT)/cinit-ubsan: $(SOURCES) $(HEADERS) Makefile $(OUT)/command
	@! echo '#include <features.h>' | $(COMPILE) -E -dM -x c - 2>&1 | grep -qE '__GLIBC__|not found' || \
		{ echo 'cinit: "$(CC)" is no C compiler for musl: install musl-tools (Debian)' >&2; false; }
	$(COMPILE) $(SANITIZE) -Wl,-Map=$(MAP) -o $@ $(SOURCES)
	@! $(FROM_LIBC) || { echo 'cinit: this came along from libc, and would crash' \
		'without its start-up: use sys(); __stack_chk_fail is the stack protector' >&2; false; }

# Undefined behaviour becomes SIGILL: there is no room for a runtime library without libc.
$(OUT)/cinit-ubsan: private SANITIZE = -O1 -fsanitize=undefined -fsanitize-undefined-trap-on-error

# Changes when the compiler or a flag does.
$(OUT)/command: export COMMAND = $(COMPILE)
$(OUT)/command: FORCE
	@mkdir -p $(@D)
	@echo "$$COMMAND" | cmp -s - $@ || echo "$$COMMAND" >$@

# What was linked from libc, but for the two parts that need no thread-local storage.
MAP = $(OUT)/$(@F).map
FROM_LIBC = grep -oE 'libc\.a\([^)]+\)' $(MAP) | sort -u | grep -vE '\((clone|restore)\.l?o\)'

# Unit tests have libc around them, and so errno and TLS. Some include the source that they test.
UNIT = -std=c11 -D_GNU_SOURCE -DHOSTED -Wall -Wextra -g -o $@ $< $(filter-out init.c string.c \
	$(shell sed -n 's|^\#include "../../\(.*\.c\)"|\1|p' $<),$(SOURCES))
build/unit/%: tests/unit/%.c $(SOURCES) $(HEADERS) Makefile
	@mkdir -p $(@D)
	$(CC) -Og -fno-pie -static -no-pie $(UNIT)
# With glibc, which alone has a sanitizer's runtime library.
build/unit-asan/%: tests/unit/%.c $(SOURCES) $(HEADERS) Makefile
	@mkdir -p $(@D)
	clang -O1 -fsanitize=address,undefined -fno-sanitize-recover=all $(UNIT)
build/unit-msan/%: tests/unit/%.c tests/unit/memory/kernel.c $(SOURCES) $(HEADERS) Makefile
	@mkdir -p $(@D)
	clang -O1 -fsanitize=memory -fno-sanitize-recover=all -c -o $@.o tests/unit/memory/kernel.c
	clang -O1 -fsanitize=memory -fno-sanitize-recover=all \
		$(foreach n,0 1 2 3 4 5 6,-Dsys_$n=told_$n) $(UNIT) $@.o

install: cinit
	install -D -m 755 cinit "$(DESTDIR)$(PREFIX)/bin/cinit"
	install -D -m 644 cinit.8 "$(DESTDIR)$(PREFIX)/share/man/man8/cinit.8"
	install -D -m 644 completions/cinit.bash "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/cinit"
	install -D -m 644 completions/_cinit "$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_cinit"
	install -D -m 644 completions/cinit.fish "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/cinit.fish"

# After a change of the table of options; lint tells when.
completions: cinit
	completions/make

# A new PID namespace with cinit as PID 1 over CMD, or over a short story.
run:
	@examples/story $(value CMD)

test:
	tests/run

test-engines:
	tests/engines/run

# build/NAME/cinit for each machine of packaging/machines.
all-arch:
	packaging/all-arch

# build/release: tarball, binaries, sums, SBOM and notes of a version.
release:
	packaging/release

check-builds:
	tests/check-builds

check-arch:
	tests/all-arch

check-release:
	tests/release

check-packages:
	tests/packaging

check-deep:
	tests/check-deep

bench: cinit
	bench/run

lint:
	tests/lint

clean:
	rm -rf cinit build

FORCE:
.DELETE_ON_ERROR:
.PHONY: all-arch completions release install run test test-engines check-builds check-arch check-release check-packages check-deep bench lint clean FORCE
