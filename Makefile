# cinit: one static file. "make run" shows it at work, "make test" tests it.

PREFIX = /usr/local
VERSION = $(shell sed -n 's/^\#define VERSION "\(.*\)"/\1/p' options.h)
SOURCES = init.c options.c spawn.c explain.c signals.c reaper.c ending.c terminal.c cgroup.c proc.c \
	report.c sys.c string.c
HEADERS = options.h spawn.h explain.h signals.h reaper.h ending.h terminal.h cgroup.h proc.h \
	report.h sys.h

# A musl system's own compiler, else musl-gcc.
CC = $(shell cc -dumpmachine 2>/dev/null | grep -q musl && echo cc || echo musl-gcc)
MACHINE = $(shell $(CC) -dumpmachine | sed 's/-.*//')

# The language, and what keeps the file within its budget: each -fno- saves bytes where the compiler
# would trade them for speed. string.c must not be turned into calls of itself.
BUILD = -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wconversion -Wshadow \
	-fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables -fno-unwind-tables \
	-ffunction-sections -fdata-sections -fno-ident -fno-builtin \
	-fno-tree-loop-distribute-patterns -fno-inline-functions-called-once -fno-jump-tables \
	-fno-thread-jumps -fno-guess-branch-probability -fno-move-loop-invariants -flto
# No vector register is ever in use, so none needs an aligned stack.
BUILD_x86_64 = -mgeneral-regs-only -mpreferred-stack-boundary=3
# Small constants would lie among the variables, and make one writable segment of all.
BUILD_riscv64 = -msmall-data-limit=0
CFLAGS = -Oz

# No libc start-up where sys.h has one. A static-pie build would pull in the dynamic loader through
# Debian's musl-gcc. The two segments share a page of the file, with no padding between them.
LINK = -static -no-pie -s -Wl,-z,noseparate-code,-z,norelro,-z,common-page-size=64 \
	-Wl,--gc-sections,--build-id=none
LINK_x86_64 = -nostartfiles
# The compiler makes calls of these of its own, after the link-time optimizer has dropped them.
LINK_aarch64 = -nostartfiles -Wl,-u,memcpy,-u,memset
LINK_riscv64 = $(LINK_aarch64)

cinit: $(SOURCES) $(HEADERS) Makefile
	$(CC) $(BUILD) $(BUILD_$(MACHINE)) $(CFLAGS) $(CPPFLAGS) $(LINK) $(LINK_$(MACHINE)) $(LDFLAGS) \
		-o $@ $(SOURCES)

# Unit tests have libc around them, and so errno and TLS.
HOSTED = $(filter-out init.c explain.c string.c,$(SOURCES))
build/unit/%: tests/unit/%.c $(SOURCES) $(HEADERS) Makefile
	@mkdir -p build/unit
	$(CC) -std=c11 -D_GNU_SOURCE -DHOSTED -Wall -Wextra -g -Og -fno-pie -static -no-pie -o $@ $< $(HOSTED)

# Undefined behaviour becomes SIGILL: there is no room for a runtime library without libc.
build/cinit-ubsan: $(SOURCES) $(HEADERS) Makefile
	@mkdir -p build
	$(CC) $(BUILD) $(BUILD_$(MACHINE)) -O1 -fsanitize=undefined -fsanitize-undefined-trap-on-error \
		$(LINK) $(LINK_$(MACHINE)) -o $@ $(SOURCES)

install: cinit
	install -D -m 755 cinit $(DESTDIR)$(PREFIX)/bin/cinit
	install -D -m 644 cinit.8 $(DESTDIR)$(PREFIX)/share/man/man8/cinit.8

# A new PID namespace with cinit as PID 1 over CMD, or over a short story.
run:
	examples/story $(CMD)

test:
	tests/run

test-engines:
	tests/engines/run

bench: cinit
	bench/run

lint:
	tests/lint

clean:
	rm -rf cinit build

.PHONY: install run test test-engines bench lint clean
