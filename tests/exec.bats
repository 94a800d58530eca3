load helper

# What the line says when a command cannot be executed. Root reaches and executes more than others:
# the tests that need a refusal by mode give up the capabilities for that.

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	corpus=$BATS_TEST_DIRNAME/fuzz/corpus
}

# program NAME: an executable file with the content of stdin.
program() {
	cat >"$1"
	chmod 755 "$1"
}

# fails CODE REGEX COMMAND…: with one line about the command, and this exit code.
fails() {
	run "-$1" cinit -- "${@:3}"
	explained "$2" "$3"
}

# explained REGEX COMMAND: the line, after `run`.
explained() {
	assert_equal "${#lines[@]}" 1
	[[ $output == "cinit: unable to run $2: "* ]] || fail "$output"
	[[ $output =~ $1 ]] || fail "$output"
}

# corpus_fails CODE REGEX FILE: the same for a file of the corpus.
corpus_fails() {
	program "$3" <"$corpus/$3"
	fails "$1" "$2" "./$3"
}

# bound COMMAND…: by the modes of files, even as root.
bound() {
	if ((EUID == 0)); then
		setpriv --bounding-set=-dac_override,-dac_read_search "$@"
	else
		"$@"
	fi
}

# namespace COMMAND…: with mounts and a root of its own.
namespace() {
	local user=()
	((EUID == 0)) || user=(--user --map-root-user)
	unshare "${user[@]}" --mount "$@"
}

# scratch COMMAND…: in an image that has cinit and the files here, nothing else.
scratch() {
	cp "$CINIT" cinit
	# shellcheck disable=SC2086
	namespace chroot . /cinit $CINIT_FLAGS -- "$@"
}

# The name that cinit has for this machine.
machine() {
	case $(uname -m) in
	x86_64) echo x86-64 ;;
	i?86) echo i386 ;;
	arm*) echo arm ;;
	*) uname -m ;;
	esac
}

# ---- not found ----

@test "a command that is in no directory of PATH is not found, and the PATH is shown" {
	PATH=$PWD:/nowhere:$PATH fails 127 "not found in PATH $PWD:/nowhere:" no-such-command
}

@test "a close match in another case is proposed" {
	program python-app </dev/null
	PATH=$PWD:$PATH fails 127 "did you mean $PWD/python-app\?$" Python-App
}

@test "a close match with an extension is proposed" {
	program migrate.sh </dev/null
	PATH=$PWD:$PATH fails 127 "did you mean $PWD/migrate.sh\?$" migrate
}

@test "a close match with a version number is proposed" {
	program snake3 </dev/null
	PATH=$PWD:$PATH fails 127 "did you mean $PWD/snake3\?$" snake
}

@test "a close match that is not executable is not proposed" {
	touch migrate.sh
	run -127 cinit -- ./migrate
	refute_output --partial 'did you mean'
}

@test "a pathname that does not exist is not found, and a close match is proposed" {
	program server.py </dev/null
	fails 127 'does not exist: did you mean ./server.py\?$' ./server
}

@test "a missing directory on the way is named" {
	mkdir opt
	fails 127 'opt/app: does not exist' opt/app/bin/run
}

@test "a path component that is no directory is named" {
	touch file
	fails 127 '\./file/: ENOTDIR$' ./file/run
}

@test "a symlink loop is named" {
	ln -s two one
	ln -s one two
	fails 127 'symlink to two: ELOOP$' ./one
}

@test "a dangling symlink is shown with its target" {
	ln -s /opt/gone app
	fails 127 'symlink to /opt/gone: does not exist' ./app
}

@test "a dangling symlink found in PATH is shown with its target" {
	ln -s /opt/gone app
	PATH=$PWD:$tests/payloads/bin fails 127 "$PWD/app: symlink to /opt/gone: does not exist" app
}

@test "a pathname that is too long is cut in the message" {
	local name
	name=$(printf '%05000d' 0)
	run -127 cinit -- "./$name"
	assert_output --regexp '^cinit: unable to run \./0{100,500}: ./: ENAMETOOLONG$'
}

@test "an empty command is named as such" {
	fails 127 'unable to run : does not exist$' ''
}

@test "control characters do not break the line" {
	run -127 cinit -- $'./a\nb\e[31m'
	assert_equal "${#lines[@]}" 1
	assert_output --partial './a?b?[31m'
}

# ---- found, but not to be executed ----

@test "a directory is named as such" {
	mkdir app
	fails 126 ': directory$' ./app
}

@test "a file without execute permission is shown with its mode" {
	program app </dev/null
	chmod 640 app
	fails 126 'no execute permission for user [0-9]+ \(mode 0640,' ./app
}

@test "a file without execute permission in PATH is found" {
	program app </dev/null
	chmod 644 app
	mv app unexecutable-app
	PATH=$PATH:$PWD fails 126 "$PWD/unexecutable-app: no execute permission for user [0-9]+ \(mode 0644," \
		unexecutable-app
}

@test "a file that others may execute is shown with its owner" {
	program app </dev/null
	chmod 601 app
	run -126 bound "$CINIT" -- ./app
	explained "no execute permission for user $EUID \(mode 0601, owner $EUID:" ./app
}

@test "a directory that may not be searched is named" {
	mkdir -p locked/bin
	program locked/bin/app </dev/null
	chmod 600 locked
	run -126 bound "$CINIT" -- locked/bin/app
	chmod 700 locked
	explained "locked/: no execute permission for user $EUID \(mode 0600," locked/bin/app
}

@test "a directory of PATH that may not be searched hides no other cause" {
	mkdir locked
	chmod 600 locked
	PATH=$PWD/locked:$PATH run -127 bound "$CINIT" -- no-such-command
	explained 'not found in PATH' no-such-command
	program unexecutable-app </dev/null
	chmod 644 unexecutable-app
	PATH=$PWD/locked:$PATH:$PWD run -126 bound "$CINIT" -- unexecutable-app
	explained "$PWD/unexecutable-app: no execute permission" unexecutable-app
	ln -s /opt/gone dangling-app
	PATH=$PWD:$PWD/locked:$PATH run -126 bound "$CINIT" -- dangling-app
	explained "$PWD/dangling-app: symlink to /opt/gone: does not exist" dangling-app
}

@test "a noexec mount is named" {
	mkdir mnt
	echo '#!/bin/sh' | program app
	run -126 namespace bash -c 'mount -t tmpfs -o noexec none mnt && cp -p app mnt && "$@"' - \
		"$CINIT" -- mnt/app
	explained 'on a noexec mount' mnt/app
}

@test "a FIFO as the command does not hang" {
	mkfifo -m 755 fifo
	fails 126 'not a regular file' ./fifo
}

@test "a device as the command is named as such" {
	fails 126 'not a regular file' /dev/null
}

@test "file capabilities beyond the bounding set are named" {
	# struct vfs_cap_data, revision 2, effective: CAP_NET_RAW.
	local set='import os; os.setxattr("app", "security.capability",
		bytes([1, 0, 0, 2, 0, 32] + [0] * 14))'
	cp "$(type -P true)" app
	run -126 namespace bash -c 'python3 -c "$1" && shift && setpriv --bounding-set=-net_raw "$@"' - \
		"$set" "$CINIT" -- ./app
	explained 'EPERM: refused by file capabilities,' ./app
}

# ---- formats ----

@test "a program for another machine is named with both" {
	local arch here
	here=$(machine)
	for arch in x86-64 i386 arm aarch64 riscv64 ppc64le s390x loongarch64; do
		[[ $arch == "$here" ]] ||
			corpus_fails 126 "built for $arch, this machine is $here$" "elf-$arch"
	done
}

@test "a invalid ELF program is named as such" {
	corpus_fails 126 'invalid ELF program' elf-header-truncated
	corpus_fails 126 'invalid ELF program' elf-magic-only
}

@test "an object file is named as such" {
	echo 'int x;' | gcc -xc -c -o part.o -
	chmod +x part.o
	fails 126 'invalid ELF program' ./part.o
}

@test "an ELF interpreter that is missing is named with its libc" {
	echo 'int main(void) { return 0; }' | program main.c
	gcc -Wl,--dynamic-linker=/lib/ld-musl-none.so.1 -o app main.c
	fails 127 'ELF interpreter /lib/ld-musl-none.so.1 of musl: does not exist' ./app
	gcc -Wl,--dynamic-linker=/lib/ld-linux-none.so.2 -o app main.c
	fails 127 'ELF interpreter /lib/ld-linux-none.so.2 of glibc: does not' ./app
}

@test "an ELF interpreter that is no program is named" {
	echo 'int main(void) { return 0; }' | program main.c
	printf '%080d' 0 | program linker
	gcc -Wl,--dynamic-linker="$PWD/linker" -o app main.c
	fails 126 "ELF interpreter $PWD/linker: text" ./app
	true >linker
	fails 126 "ELF interpreter $PWD/linker: empty" ./app
}

@test "a dynamic program in a scratch image misses its ELF interpreter" {
	echo 'int main(void) { return 0; }' | program main.c
	gcc -o app main.c
	run -127 scratch /app
	explained 'ELF interpreter /[^ ]* of glibc: ' /app
}

@test "a missing #! interpreter is named" {
	printf '#! /opt/bin/perl -w\n' | program app
	fails 127 '#! interpreter /opt/bin/perl: /opt/bin: does' ./app
}

@test "a #! interpreter with another name is proposed" {
	program perl5 </dev/null
	echo "#!$PWD/perl" | program app
	fails 127 "interpreter $PWD/perl: does not exist: did you mean $PWD/perl5\?$" ./app
}

@test "a relative #! interpreter is named" {
	echo '#!bin/sh' | program app
	fails 127 '#! interpreter bin/sh: bin: does not exist' ./app
}

@test "the CRLF at the end of a #! line is named" {
	printf '#!/bin/sh\r\necho\r\n' | program app
	fails 127 '#! interpreter /bin/sh: line ends in CRLF, not LF' ./app
}

@test "a #! interpreter that is not executable is shown with its mode" {
	touch sh
	chmod 644 sh
	echo "#!$PWD/sh" | program app
	fails 126 "#! interpreter $PWD/sh: no execute permission for user [0-9]+ \(mode 0644," ./app
}

@test "the ELF interpreter of a #! interpreter is named" {
	echo 'int main(void) { return 0; }' | program main.c
	gcc -Wl,--dynamic-linker=/lib/ld-musl-none.so.1 -o perl main.c
	echo "#!$PWD/perl" | program app
	fails 127 "#! interpreter $PWD/perl: ELF interpreter /lib/ld-musl-none" ./app
}

@test "too many nested #! interpreters are named" {
	echo "#!$PWD/app" | program app
	fails 127 'ELOOP: #! nested too deep' ./app
}

@test "a #! line that is too long is named" {
	corpus_fails 126 '#! line too long' script-line-too-long
}

@test "a #! line without an interpreter is named" {
	corpus_fails 126 '#! interpreter : does not exist' script-no-interpreter
}

@test "a byte order mark is named" {
	corpus_fails 126 'UTF-8 byte order mark' byte-order-mark-script
}

@test "an empty file is named as such" {
	corpus_fails 126 'empty file' empty
}

@test "a binary file of another kind is named as such" {
	corpus_fails 126 'not a program' windows-program
	corpus_fails 126 'not a program' utf-16-little-endian
}

@test "a text without #! is run by /bin/sh with its arguments" {
	echo 'echo "$# $1"; exit 7' | program app
	run -7 cinit -- ./app 'a b'
	assert_output '1 a b'
}

@test "a text without #! in PATH is run by /bin/sh" {
	echo 'echo ran' | program text-app
	PATH=$PATH:$PWD run -0 cinit -- text-app
	assert_output ran
}

@test "a text without #! in a scratch image needs a /bin/sh" {
	echo 'exit 7' | program app
	run -126 scratch /app
	explained 'text without #!, needs /bin/sh' /app
}

# ---- status events ----

@test "the status event carries the message" {
	run -127 cinit --status-fd=1 -- ./no-such
	assert_line --regexp '"event":"exec_failed".*"message":"unable to run ./no-such: does not'
}
