# --boot without a machine: tests/engines/qemu.bats boots some.
load helper

refusal='cinit: --boot has no effect: cinit is not the PID 1 of a machine'

# As if it were a machine: strace answers for the kernel, and nothing is mounted or ended. Its root
# is empty, so that it finds neither the console nor the mounts of the real one.
start_machine() { # start_machine ANSWER ARGS…: what mount(2) and its like return
	local root
	root=$(mktemp -d "$BATS_TEST_TMPDIR/root.XXXXXX")
	cp "$CINIT" "$root/cinit"
	cp "$tests"/payloads/bin/{exitwith,sig_disposition} "$root/"
	strace_options=(-f -e "inject=mount,umount2,swapoff,sync,mkdirat,socket:$1")
	traced reboot:retval=0 start -p "${with[@]}" -- chroot "$root" /cinit "${@:2}"
}

@test "--boot in a container: one warning, and the payload's status" {
	local mode
	for mode in "${modes[@]}"; do
		run -7 "$mode" --boot=poweroff,fail:reboot sh -c 'echo lives; exit 7'
		assert_output "$refusal"$'\n'lives
		run -7 "$mode" -q -B halt sh -c 'exit 7'
		assert_output ''
	done
}

# In mounts of their own: others may mount something meanwhile.
@test "--boot in a container mounts nothing and sets no variable" {
	local user=()
	((EUID == 0)) || user=(--user --map-root-user)
	run -0 unshare "${user[@]}" --mount bash -c '
		look() {
			launch -s -p -- "$@" sh -c "cut -d \" \" -f 4- /proc/self/mountinfo | sort; env -u _ | sort"
		}
		look "$1" >"$2" && look "$1" -q --boot=halt | diff "$2" -' - "$CINIT" "$BATS_TEST_TMPDIR/without"
	assert grep -q proc "$BATS_TEST_TMPDIR/without"
}

@test "--boot without CAP_SYS_BOOT: one warning, and the payload's status" {
	traced reboot:error=EPERM start_pid1 --boot=halt sh -c 'exit 7'
	await_end
	assert_status 7
	assert_output "$refusal"
}

@test "--boot as another process than PID 1 does not ask for a reboot" {
	traced - start_cinit --boot=halt true
	await_end
	assert_status 0
	refute grep reboot "$trace"
}

@test "without --boot nothing asks for a reboot" {
	traced - start_pid1 true
	await_end
	assert_status 0
	refute grep -E 'reboot|mount|sync' "$trace"
}

@test "--boot in a container: a payload that cannot be started gets no shell" {
	run -127 pid1 --boot=halt /nowhere/payload
	assert_line --index 1 --partial /nowhere/payload
	assert_equal "${#lines[@]}" 2
}

@test "--boot: words before it are a command, but in a machine" {
	run -0 pid1 echo --boot=halt words
	assert_output -- '--boot=halt words'
}

@test "--boot takes an action and an action for a failure" {
	local wrong
	for wrong in '' off 'poweroff,' poweroff,reboot fail:reboot poweroff,fail: halt,fail:halting; do
		refuses 'takes ACTION: .*poweroff, reboot or halt; ACTION,fail:ACTION' "--boot=$wrong" true
	done
}

@test "--boot: each mount that is refused is a warning, and the payload runs" {
	start_machine error=EPERM --boot=poweroff /sig_disposition caught 10
	await 'cinit: unable to mount tmpfs on /run: EPERM'
	await 'cinit: unable to bring up the interface lo: EPERM'
	await '^ready$'
	outside PWR
	await 'cinit: unable to unmount '
	await 'cinit: ended with status 143, now poweroff'
}

@test "--boot: a machine that does not end keeps its PID 1, and Ctrl-Alt-Del tries again" {
	start_machine retval=0 --boot=poweroff,fail:halt --expect=3 /exitwith 4
	await 'cinit: ended with status 4, now halt'
	await 'unable to halt: nothing happened; Ctrl-Alt-Del tries again'
	outside TERM
	outside INT
	await 'unable to halt: nothing happened'
	alive "$init"
}

@test "--boot: fail: is for a status that is not expected" {
	start_machine retval=0 --boot=poweroff,fail:halt --expect=3 /exitwith 3
	await 'cinit: ended with status 0, now poweroff'
}

@test "--boot: a payload that cannot be started, and no terminal: the end" {
	start_machine retval=0 --boot=poweroff,fail:halt /missing
	await /missing
	await 'cinit: ended with status 127, now halt'
}

# Each exec begins 300 ms late; cinit looks after a start ten times a second.
@test "--boot: the shell in the place of a payload that cannot be started may be slow to start" {
	local root=$BATS_TEST_TMPDIR/root user=()
	((EUID == 0)) || user=(--user --map-root-user)
	mkdir -p "$root/bin"
	cp "$CINIT" "$root/cinit"
	cp "$tests/payloads/bin/sigreport" "$root/bin/sh"
	start -- tty_pty strace -f -o /dev/null -e inject=execve:delay_enter=300000 \
		-e inject=reboot,mount,umount2,swapoff,sync,mkdirat:retval=0 -e inject=socket:error=EPERM \
		unshare "${user[@]}" --pid --fork /usr/sbin/chroot "$root" /cinit --boot=poweroff /missing
	await '/bin/sh instead, on the console'
	await '^ready'
}

@test "--boot: SIGPWR stops the payload and powers off, SIGINT reboots" {
	local sig action
	for sig in PWR:poweroff INT:reboot; do
		action=${sig#*:}
		start_machine retval=0 --boot=halt /sig_disposition default 10
		await '^ready$'
		outside "${sig%:*}"
		await 'cinit: ended with status'
		[[ $line == "cinit: ended with status 143, now $action" ]] || fail "$line"
	done
}

@test "--boot: a signal from inside ends the machine with --inside=forward only" {
	start_machine retval=0 --boot=halt --inside=drop /sig_disposition default 10
	await '^ready$'
	inside PWR
	inside INT
	outside USR1
	await 'cinit: ended with status 138, now halt'
	start_machine retval=0 --boot=halt --inside=forward /sig_disposition default 10
	await '^ready$'
	inside PWR
	await 'cinit: ended with status 143, now poweroff'
}

@test "--boot: Ctrl-Alt-Del that is rewritten is the payload's" {
	start_machine retval=0 --boot=halt --rewrite=INT:USR1 /sig_disposition default 10
	await '^ready$'
	outside INT
	await 'cinit: ended with status 138, now halt'
}

@test "--boot: SIGINT ends --pause, and reboots" {
	start_machine retval=0 --boot=halt --pause -v
	await 'unable to bring up'
	outside INT
	await 'cinit: ended with status 0, now reboot'
}
