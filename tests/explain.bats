load helper

# What the line says when a command cannot be executed. Root reaches and executes more than others:
# the tests that need a refusal by mode give up the capabilities for that.

setup() {
	local dir searchable='' dirs=()
	cd "$BATS_TEST_TMPDIR" || return
	corpus=$BATS_TEST_DIRNAME/fuzz/corpus/explain
	# Directories of PATH that may not be searched are the matter of some tests only.
	IFS=: read -ra dirs <<<"$PATH"
	for dir in "${dirs[@]}"; do
		[[ ! -x $dir/ ]] || searchable+=${searchable:+:}$dir
	done
	PATH=$searchable
}

teardown() {
	forget
	chmod -R u+rwx . # so that bats can remove it
}

# program NAME: an executable file with the content of stdin.
program() {
	cat >"$1"
	chmod 755 "$1"
}

# dynamic NAME INTERPRETER: a program with this ELF interpreter.
dynamic() {
	echo 'int main(void) { return 0; }' >main.c
	gcc -Wl,--dynamic-linker="$2" -o "$1" main.c
}

# fails CODE REGEX COMMAND…: with one line about the command, and this exit code.
fails() {
	run "-$1" cinit -- "${@:3}"
	explained "$2" "$3"
}

# explained REGEX COMMAND: the line, after `run`.
explained() {
	assert_equal "${#lines[@]}" 1
	[[ $output == "cinit: unable to run '$2': "* ]] || fail "$output"
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

# bound_fails CODE REGEX COMMAND…: the same as fails, bound.
bound_fails() {
	run "-$1" bound "$CINIT" -- "${@:3}"
	explained "$2" "$3"
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

# like_sh NAME: a file that sh, env and cinit execute alike.
like_sh() {
	local wanted
	program "$1"
	wanted=$(sh -c "./$1 'a  b'" 2>&1)
	assert_equal "$(env "./$1" 'a  b' 2>&1)" "$wanted"
	run -0 cinit -- "./$1" 'a  b'
	assert_output "$wanted"
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
	PATH=$PWD:/nowhere:$PATH fails 127 "not found in PATH '$PWD:/nowhere:" no-such-command
}

@test "a close match in another case is proposed" {
	program python-app </dev/null
	PATH=$PWD:$PATH fails 127 "did you mean '$PWD/python-app'\?$" Python-App
}

@test "a close match with an extension is proposed" {
	program migrate.sh </dev/null
	PATH=$PWD:$PATH fails 127 "did you mean '$PWD/migrate.sh'\?$" migrate
}

@test "a close match with a version at its end is proposed" {
	program snake3 </dev/null
	program lizard3.11 </dev/null
	PATH=$PWD:$PATH fails 127 "did you mean '$PWD/snake3'\?$" snake
	PATH=$PWD:$PATH fails 127 "did you mean '$PWD/lizard3.11'\?$" lizard3
}

@test "a close match without the version is proposed" {
	program snake </dev/null
	PATH=$PWD:$PATH fails 127 "did you mean '$PWD/snake'\?$" snake3.12
}

@test "what is less close is not proposed" {
	local name
	for name in snake3a snake.old snake.3. snake-3 snakes xsnake SNAKE3 snake3.sh; do
		program "$name" </dev/null
	done
	PATH=$PWD:$PATH fails 127 "not found in PATH '[^']*'$" snake
	program sha25 </dev/null
	PATH=$PWD:$PATH fails 127 "not found in PATH '[^']*'$" sha2
}

@test "a close match that is not executable is not proposed" {
	touch migrate.sh
	mkdir Migrate
	fails 127 'does not exist$' ./migrate
}

@test "a pathname that does not exist is not found, and a close match is proposed" {
	program server.py </dev/null
	fails 127 "does not exist: did you mean './server.py'\?$" ./server
}

@test "a missing directory on the way is named" {
	mkdir opt
	program opt/app.sh </dev/null
	fails 127 "'opt/app': does not exist$" opt/app/bin/run
}

@test "a path component that is no directory is named" {
	touch file
	fails 127 "run': '\./file': not a directory$" ./file/run
}

@test "a slash behind a file is said once to be wrong" {
	program file </dev/null
	fails 127 "'\./file/': '\./file': not a directory$" ./file/
}

@test "a symlink loop is named" {
	ln -s two one
	ln -s one two
	fails 127 "symlink to '(one|two)': ELOOP$" ./one
}

@test "a dangling symlink is shown with its target" {
	ln -s /opt/gone app
	fails 127 "unable to run '\./app': symlink to '/opt/gone': does not exist$" ./app
}

@test "a dangling symlink found in PATH is shown with its target" {
	ln -s /opt/gone app
	PATH=$PWD:$tests/payloads/bin fails 127 \
		"'$PWD/app': symlink to '/opt/gone': does not exist$" app
}

@test "of a chain of symlinks the last is shown, with the target that is missing" {
	mkdir bin
	ln -s bin usr
	ln -s bin/second first
	ln -s ../third bin/second
	ln -s usr/gone third
	fails 127 "'\./first': '\./bin/\.\./third': symlink to 'usr/gone': does not exist$" ./first
}

@test "a dangling symlink to a directory on the way is shown with its target" {
	ln -s /opt/gone/lib dir
	fails 127 "'\./dir': symlink to '/opt/gone/lib': '/opt/gone': does not exist$" ./dir/app
}

@test "a symlink into a directory that may not be searched leads to that directory" {
	mkdir locked
	program locked/app </dev/null
	ln -s locked/app app
	chmod 600 locked
	bound_fails 126 "symlink to 'locked/app': permission denied: '\./locked': no execute" ./app
}

@test "a pathname that is too long is cut in the message" {
	local name
	name=$(printf '%05000d' 0)
	run -127 cinit -- "./$name"
	assert_output --regexp "^cinit: unable to run '\./0{100,300}\.\.\.': ENAMETOOLONG$"
}

@test "a name of a command that is too long does not swallow the cause" {
	run -127 cinit -- "$(printf '%0255d' 0)"
	assert_output --regexp "^cinit: unable to run '0{200,255}\.\.\.': not found in PATH '"
}

@test "an empty command is named as such" {
	fails 127 "unable to run '': empty name$" ''
}

@test "control characters do not break the line" {
	run -127 cinit -- $'./a\nb\e[31m'
	assert_equal "${#lines[@]}" 1
	assert_output --partial "'./a?b?[31m'"
}

@test "a command line in one word is taken apart in a hint" {
	local hint='one word with blanks; give the arguments as words of their own$'
	fails 127 "not found in PATH '[^']*': $hint" 'echo hi there'
	fails 127 "does not exist: $hint" '/bin/echo hi'
	fails 127 "'ls ': does not exist: $hint" 'ls /'
	run -127 cinit -- "sh -c $(printf '%0300d' 0)"
	assert_output --regexp "ENAMETOOLONG: $hint"
}

@test "a directory of PATH that may not be searched does not keep the hint back" {
	mkdir locked
	chmod 600 locked
	PATH=$PWD/locked:$PATH bound_fails 126 \
		"permission denied: .*: one word with blanks; give the arguments as words of their own$" 'echo hi'
}

@test "blanks in the name of a file that exists give no hint" {
	echo "#!/nowhere/sh" | program 'my app'
	fails 127 "'/nowhere': does not exist$" './my app'
}

@test "an option in place of the command gives a hint" {
	fails 127 "not found in PATH '[^']*': options go before the --$" -v sleep 1
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
	PATH=$PATH:$PWD fails 126 \
		"'$PWD/unexecutable-app': no execute permission for user [0-9]+ \(mode 0644," unexecutable-app
}

@test "a file that others may execute is shown with its owner" {
	program app </dev/null
	chmod 601 app
	bound_fails 126 "no execute permission for user $EUID \(mode 0601, owner $EUID:" ./app
}

@test "an access control list that forbids to execute is not blamed on the mode" {
	((EUID == 0)) || skip 'no other user'
	# struct posix_acl_xattr_entry: tag, permissions, id. User 54321 may read, all others execute.
	local acl='import os, struct; os.setxattr("app", "system.posix_acl_access", struct.pack("<I", 2) +
		b"".join(struct.pack("<HHI", *e) for e in ((1, 7, 2**32 - 1), (2, 4, 54321),
			(4, 5, 2**32 - 1), (16, 5, 2**32 - 1), (32, 5, 2**32 - 1))))'
	chmod 755 .
	program app </dev/null
	cp "$CINIT" cinit
	python3 -c "$acl" || skip 'no access control lists here'
	run -126 setpriv --reuid=54321 --regid=54321 --clear-groups ./cinit -- ./app
	explained 'EACCES: refused by an ACL, a security module or seccomp$' ./app
}

@test "a directory that may not be searched is named" {
	mkdir -p locked/bin
	program locked/bin/app </dev/null
	chmod 600 locked
	bound_fails 126 \
		"permission denied: 'locked': no execute permission for user $EUID \(mode 0600," locked/bin/app
}

@test "a directory of PATH that may not be searched is named when the command is nowhere else" {
	mkdir locked
	chmod 600 locked
	PATH=$PWD/locked:$PATH bound_fails 126 \
		"found nowhere else in PATH: permission denied: '$PWD/locked': no execute permission .*\(mode 0600," no-such-command
}

@test "a directory of PATH that may not be searched hides no file that may not be executed" {
	mkdir locked
	chmod 600 locked
	program unexecutable-app </dev/null
	chmod 644 unexecutable-app
	PATH=$PWD/locked:$PATH:$PWD bound_fails 126 \
		"'$PWD/unexecutable-app': no execute permission" unexecutable-app
}

@test "a directory of PATH that may not be searched gives the status, not a dangling symlink" {
	mkdir locked
	chmod 600 locked
	ln -s /opt/gone dangling-app
	PATH=$PWD:$PWD/locked:$PATH bound_fails 126 "permission denied: '$PWD/locked'" dangling-app
}

@test "of two files in PATH the one that gave the status is explained" {
	mkdir missing forbidden
	echo '#!/nowhere/sh' | program missing/two-apps
	echo '#!/bin/sh' | program forbidden/two-apps
	chmod 644 forbidden/two-apps
	PATH=$PWD/missing:$PWD/forbidden:$PATH fails 126 \
		"'$PWD/forbidden/two-apps': no execute permission" two-apps
	PATH=$PWD/forbidden:$PWD/missing:$PATH fails 126 \
		"'$PWD/forbidden/two-apps': no execute permission" two-apps
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

@test "a program that is open for writing is named as such" {
	cp "$(type -P true)" app
	exec {writer}>>app
	fails 126 "'./app': open for writing$" ./app
}

@test "a #! interpreter that is open for writing is named" {
	cp "$(type -P true)" interpreter
	echo "#!$PWD/interpreter" | program app
	exec {writer}>>interpreter
	fails 126 "#! interpreter '$PWD/interpreter': open for writing$" ./app
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

@test "a look that a seccomp filter refuses is no missing permission" {
	echo '#!/nowhere/sh' | program app
	chmod 700 app
	traced faccessat:error=EPERM start_cinit -- ./app
	await_end
	assert_status 127
	explained "#! interpreter '/nowhere/sh': '/nowhere': does not exist$" ./app
	traced newfstatat:error=ENOSYS start_cinit -- ./app
	await_end
	explained 'ENOENT: an interpreter or emulator does not exist' ./app
}

# ---- formats ----

@test "a program for another machine is named with both" {
	local arch here
	here=$(machine)
	for arch in x86-64 i386 x32 arm aarch64 riscv64 ppc64le ppc64 s390x loongarch64; do
		[[ $arch == "$here" ]] ||
			corpus_fails 126 "built for $arch, this machine is $here$" "elf-$arch"
	done
}

@test "a program for an unknown machine is named as such" {
	corpus_fails 126 'built for another machine, this machine is ' elf-unknown-machine
	corpus_fails 126 'built for another machine, this machine is ' elf-mips-big-endian
}

@test "a program whose emulator is missing is named with its machine" {
	local arch=aarch64 register
	[[ $(machine) != aarch64 ]] || arch=x86-64
	program app <"$corpus/elf-$arch"
	# offset 18: e_machine.
	register=':cinit-test:M:18:\\x'$(od -An -tx1 -j18 -N1 app | tr -d ' ')'\\x00::/nowhere/emulator:'
	unshare --user --map-root-user --mount mount -t binfmt_misc none /proc/sys/fs/binfmt_misc ||
		skip 'no binfmt_misc in a namespace'
	run -127 unshare --user --map-root-user --mount bash -c '
		mount -t binfmt_misc none /proc/sys/fs/binfmt_misc &&
		echo -e "$1" >/proc/sys/fs/binfmt_misc/register && shift && "$@"' - \
		"$register" "$CINIT" -- ./app
	explained "built for $arch, this machine is .*: its emulator \(binfmt_misc\) gives ENOENT$" ./app
}

@test "an invalid ELF program is named as such" {
	corpus_fails 126 'invalid ELF program' elf-header-truncated
	corpus_fails 126 'invalid ELF program' elf-magic-only
	corpus_fails 126 'invalid ELF program' elf-bad-class
}

@test "an object file is named as such" {
	echo 'int x;' | gcc -xc -c -o part.o -
	chmod +x part.o
	fails 126 'object file, not linked$' ./part.o
}

@test "an ELF program that is cut off is named as such" {
	head -c 100 "$(type -P true)" | program short
	fails 126 'ELF program cut off$' ./short
	dynamic whole "/$(printf '%0100d' 0)"
	head -c 800 whole | program shorter
	fails 126 'ELF program cut off$' ./shorter
}

@test "an ELF interpreter that is missing is named with its libc" {
	dynamic app /lib/ld-musl-none.so.1
	fails 127 "ELF interpreter '/lib/ld-musl-none.so.1' of musl: does not exist" ./app
	dynamic app /lib/ld-linux-none.so.2
	fails 127 "ELF interpreter '/lib/ld-linux-none.so.2' of glibc: does not" ./app
}

@test "an ELF interpreter that is no program is named" {
	dynamic app "$PWD/linker"
	printf '%080d' 0 | program linker
	fails 126 "ELF interpreter '$PWD/linker': text without #!, not an ELF program$" ./app
	true >linker
	fails 126 "ELF interpreter '$PWD/linker': empty file, not an ELF program$" ./app
	printf '#!/bin/sh\n%080d\n' 0 >linker
	fails 126 "ELF interpreter '$PWD/linker': script, not an ELF program$" ./app
}

@test "an ELF interpreter for another machine is named with both" {
	local arch=aarch64
	[[ $(machine) != aarch64 ]] || arch=x86-64
	dynamic app "$PWD/linker"
	program linker <"$corpus/elf-$arch"
	fails 126 "ELF interpreter '$PWD/linker': built for $arch, the program for $(machine)$" ./app
}

@test "a dynamic program in a scratch image misses its ELF interpreter" {
	echo 'int main(void) { return 0; }' | program main.c
	gcc -o app main.c
	run -127 scratch /app
	explained "ELF interpreter '/[^ ]*' of glibc: " /app
}

@test "a missing #! interpreter is named" {
	printf '#! /opt/bin/perl -w\n' | program app
	fails 127 "#! interpreter '/opt/bin/perl': '/opt/bin': does" ./app
}

@test "a #! interpreter with another name is proposed" {
	program perl5 </dev/null
	echo "#!$PWD/perl" | program app
	fails 127 "interpreter '$PWD/perl': does not exist: did you mean '$PWD/perl5'\?$" ./app
}

@test "a relative #! interpreter is named" {
	echo '#!bin/sh' | program app
	fails 127 "#! interpreter 'bin/sh': 'bin': does not exist" ./app
}

@test "the CRLF at the end of a #! line is named" {
	printf '#!/bin/sh\r\necho\r\n' | program app
	fails 127 "#! interpreter '/bin/sh': line ends in CRLF, not LF" ./app
}

@test "a #! interpreter that is not executable is shown with its mode" {
	touch sh
	chmod 644 sh
	echo "#!$PWD/sh" | program app
	fails 126 "#! interpreter '$PWD/sh': no execute permission for user [0-9]+ \(mode 0644," ./app
}

@test "a #! interpreter that is text is named as such" {
	echo 'echo ran' | program sh
	echo "#!$PWD/sh" | program app
	fails 126 "#! interpreter '$PWD/sh': text without #!, not a program$" ./app
}

@test "the ELF interpreter of a #! interpreter is named" {
	dynamic perl /lib/ld-musl-none.so.1
	echo "#!$PWD/perl" | program app
	fails 127 "#! interpreter '$PWD/perl': ELF interpreter '/lib/ld-musl-none" ./app
}

@test "too many nested #! interpreters are named" {
	echo "#!$PWD/app" | program app
	fails 127 "unable to run './app': ELOOP: #! nested too deep" ./app
}

@test "a NUL or the end of the file in place of a #! interpreter is named" {
	corpus_fails 126 '#! without an interpreter$' script-magic-only
	printf '#! \0\n' | program nul
	fails 126 '#! without an interpreter$' ./nul
}

@test "a binary file of another kind is named as such" {
	corpus_fails 126 'not a program' windows-program
	corpus_fails 126 'not a program' utf-16-little-endian
	corpus_fails 126 'not a program' macos-program
}

# ---- run by /bin/sh ----

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

@test "an empty file is run by /bin/sh" {
	like_sh empty </dev/null
}

@test "a text with a #! line without an interpreter is run by /bin/sh" {
	printf '#!\necho ran "$0" "$@"' | like_sh bare
	printf '#! \t\necho ran "$0" "$@"' | like_sh blanks
	printf '#!%300s\necho ran "$0" "$@"' '' | like_sh many-blanks
}

@test "a text with a #! line that is too long is run by /bin/sh" {
	printf '#!/%0253d\necho ran "$0" "$@"' 0 | like_sh long
	printf '#!/%0252d\necho ran "$0" "$@"' 0 | program fits
	fails 127 '#! interpreter .*: ENAMETOOLONG$|#! interpreter .*: does not exist$' ./fits
}

@test "a text with a byte order mark is run by /bin/sh" {
	printf '\xef\xbb\xbf:;echo ran "$0" "$@"\necho "$1"\n' | like_sh text
	printf '\xef\xbb\xbf#!/bin/sh\necho ran "$0" "$@"\n' | like_sh script
}

@test "a text with a NUL behind its first line, or far behind, is run by /bin/sh" {
	printf 'echo ran "$0" "$@"; exit\n\0\1\2' | like_sh lines
	printf '\n\0' | like_sh newline
	printf 'echo ran; exit 0 #%0260d\0\n' 0 | like_sh far
}

@test "a file with a NUL near its beginning is not run" {
	printf 'echo \0 ran\n' | program app
	fails 126 'not a program: unknown binary format$' ./app
	printf 'echo ran #%0200d\0\n' 0 | program app
	fails 126 'not a program: unknown binary format$' ./app
}

@test "a text without #! in a scratch image needs a /bin/sh" {
	echo 'exit 7' | program app
	run -126 scratch /app
	explained 'text without #!, needs /bin/sh$' /app
}

@test "a text without #! needs a /bin/sh that is there, though the text is" {
	echo 'exit 7' | program app
	run -126 strace -f -o trace -P /bin/sh -e inject=execve:error=ENOENT "$CINIT" ./app
	assert_line "cinit: unable to run './app': text without #!, needs /bin/sh"
}

@test "a text that looks like a script needs a /bin/sh for a reason that is said" {
	cp "$corpus"/{empty,byte-order-mark-script,script-line-too-long,script-no-interpreter} .
	printf '\xef\xbb\xbfecho\n' >byte-order-mark-text
	chmod 755 ./*
	run -126 scratch /empty
	explained 'empty file, needs /bin/sh$' /empty
	run -126 scratch /byte-order-mark-script
	explained 'UTF-8 byte order mark before #!, needs /bin/sh$' /byte-order-mark-script
	run -126 scratch /byte-order-mark-text
	explained 'text without #!, needs /bin/sh$' /byte-order-mark-text
	run -126 scratch /script-line-too-long
	explained '#! line too long, needs /bin/sh$' /script-line-too-long
	run -126 scratch /script-no-interpreter
	explained '#! without an interpreter, needs /bin/sh$' /script-no-interpreter
}

@test "a text whose name begins with - is no option of the shell" {
	mkdir ./-d
	echo 'echo ran "$1"' | program ./-d/app
	run -0 cinit -- -d/app 1
	assert_output 'ran 1'
}

# ---- limits ----

@test "the limit that is reached is named when there may be no further process" {
	local user=() limited='mount -t tmpfs none /sys/fs/cgroup && mkdir /sys/fs/cgroup/pids &&
		cd /sys/fs/cgroup && echo 77 | tee pids.max >pids/pids.max &&
		echo $count | tee pids.current >pids/pids.current && cd - >/dev/null && exec'
	# A number of processes that no other user has; root has no such limit.
	((EUID != 0)) || user=(setpriv --reuid=54321 --regid=54321 --clear-groups)
	chmod 755 "$BATS_TEST_TMPDIR"
	cp "$CINIT" cinit
	count=77 run -125 namespace bash -c "$limited \"\$@\"" - "${user[@]}" prlimit --nproc=1 ./cinit -- true
	explained 'EAGAIN: too many processes: raise pids.max of the cgroup, which is 77$' true
	count=76 run -125 namespace bash -c "$limited \"\$@\"" - "${user[@]}" prlimit --nproc=1 ./cinit -- true
	explained 'EAGAIN: too many processes: raise ulimit -u, which is 1$' true
}

# ---- status events ----

@test "the status event carries the message" {
	run -127 cinit --status-fd=1 -- ./no-such
	assert_line --regexp '"event":"exec_failed".*"message":"unable to run .\./no-such.: does not'
}
