# Faults, each with what is to become of it. deep/inject has every call with each of its errors.
load helper

# What every fault must end in: the payload's status, or 125 (126 and 127 when it is the exec that
# failed) and a line that says why.
assert_survived() {
	case $status in
	42) ;;
	125 | 126 | 127) [[ $output =~ (^|$'\n')cinit:\ .*.: ]] ;;
	*) false ;;
	esac || fail "$1: status $status, output '$output'"
}

# The whole life of a cinit: spawn, a forwarded signal, the end. Its payload is not traced.
life() {
	local with=("${with[@]}" -l nofile=64) # each is closed, and traced, where close_range is refused
	traced "$1" "${@:2}" sigreport
	if await ready 2>/dev/null; then
		outside USR1 2>/dev/null || true # a child that may run is ended where its start is unknown
		eventually took USR1
		tell 'exit 42'
	fi
	await_end
}

# The same without a signal, with the child traced up to the exec; `exitwith` itself makes too few
# system calls to be hurt.
short_life() {
	local with=("${with[@]}" -l nofile=64)
	strace_options=(-f)
	traced "$1" "${@:2}" exitwith 42
	await_end
}

# took SIG: it is no longer pending.
took() {
	local pending
	pending=$(sed -n 's/^ShdPnd:\t/0x/p' "/proc/$init/status" 2>/dev/null)
	((!(${pending:-0} >> ($(kill -l "$1") - 1) & 1)))
}

@test "a refused CLONE_VM falls back to a plain fork" {
	local error
	for error in EPERM EINVAL ENOSYS; do
		short_life clone:error=$error:when=1 start_pid1
		assert_status 42
		assert_output ''
	done
}

# no_process ERROR REASON: 125 and one line when no process can be made.
no_process() {
	local start
	for start in "${starts[@]}"; do
		short_life "clone,clone3,fork,vfork:error=$1" "$start"
		assert_refused "unable to .*: $2"
	done
}

@test "no process left for the /bin/sh of a text file: that is said, and nothing about the file" {
	local start
	echo 'echo started' >"$BATS_TEST_TMPDIR/text"
	chmod +x "$BATS_TEST_TMPDIR/text"
	for start in "${starts[@]}"; do
		traced clone:error=EAGAIN:when=2 "$start" "$BATS_TEST_TMPDIR/text"
		await_end
		assert_refused 'EAGAIN: too many processes'
	done
}

@test "no process left (EAGAIN) is reported, and not waited for" {
	no_process EAGAIN '(EAGAIN|[Rr]esource temporarily unavailable)'
}

@test "no memory for a process (ENOMEM) is reported, and not waited for" {
	no_process ENOMEM '(ENOMEM|[Oo]ut of memory)'
}

@test "a refused pipe is reported" {
	short_life pipe,pipe2:error=ENFILE start_pid1
	assert_refused 'unable to '
}

@test "no free fd is reported" {
	with=(-l nofile=3)
	run pid1 exitwith 42
	assert_refused 'unable to .*: EMFILE$'
	refuses 'unable to .*: EMFILE$' exitwith 42
}

@test "any number of free fds leads to a clear end" {
	local limit
	for limit in {0..9}; do
		with=(-l "nofile=$limit")
		run pid1 exitwith 42
		assert_survived "nofile=$limit"
		with+=(-c 0 -c 1)
		run pid1 exitwith 42
		assert_survived "nofile=$limit with 0 and 1 closed"
	done
}

@test "under a limit of no fds at all the message reaches a file" {
	local said=$BATS_TEST_TMPDIR/said
	run -0 sh -c '"$@" 2>"$0" || true' "$said" launch -s -p -l nofile=0 -- "$CINIT" exitwith 42
	run -0 cat "$said"
	assert_output "cinit: unable to start 'exitwith': pipe: EMFILE"
}

@test "small memory limits do no harm" {
	with=(-l as=1000000 -l data=131072 -l stack=131072)
	run pid1 exitwith 42
	assert_status 42
}

@test "a limit on file sizes does no harm" {
	with=(-l fsize=0)
	run pid1 -v exitwith 42 2>"$BATS_TEST_TMPDIR/log"
	assert_status 42
}

# kill_fails ERROR: when a forwarded signal cannot be delivered, nothing else happens.
kill_fails() {
	local start
	for start in start_pid1 start_cinit; do
		traced "kill,tkill,tgkill,rt_sigqueueinfo,pidfd_send_signal:error=$1" "$start" "${@:2}" sigreport
		await ready
		outside USR1
		eventually took USR1
		outside 40
		eventually took 40
		tell 'exit 42'
		await_end
		assert_status 42
		refute_output --partial 'got 10'
	done
}

@test "EPERM from a delivery is not fatal" {
	kill_fails EPERM
	kill_fails EPERM --group
}

@test "ESRCH from a delivery is not fatal" {
	kill_fails ESRCH
	kill_fails ESRCH --group
}

@test "EAGAIN from a delivery is not fatal" {
	kill_fails EAGAIN
}

@test "where signals cannot be queued a real-time signal still arrives" {
	traced rt_sigqueueinfo,pidfd_send_signal:error=EAGAIN start_pid1 sigreport
	await ready
	python3 - "$init" <<-'END'
		import ctypes, sys
		ctypes.CDLL(None).sigqueue(int(sys.argv[1]), 34, ctypes.c_void_p(5))
	END
	await '^got 34 '
}

@test "where limits cannot be read no room is made in the queue, and what is queued arrives" {
	traced prlimit64:error=EPERM start_cinit sigreport
	await ready
	sig_send queue "$init" 40 -1 0 7
	await '^got 40 .* value 7'
	tell 'exit 42'
	await_end
	assert_status 42
	assert_equal "$(grep -c RLIMIT_SIGPENDING "$trace")" 1
}

@test "no room for queued signals: real-time signals still arrive" {
	with=(-l sigpending=0)
	start_pid1 sigreport
	await ready
	outside 40
	await '^got 40 '
}

# one_fault FAULT: whatever cinit uses it for, there is another way.
one_fault() {
	local start
	for start in start_pid1 start_cinit; do
		life "$1" "$start"
		assert_status 42
		assert_output --partial 'got 10 '
	done
}

@test "new system calls that are refused are done without" {
	local error
	for error in ENOSYS EPERM; do
		one_fault "pidfd_open,pidfd_send_signal,clone3,close_range,openat2,process_mrelease:error=$error"
	done
}

@test "a refused prctl is a line: orphans escape then" {
	traced prctl:error=EPERM start_cinit exitwith 42
	await_end
	assert_status 42
	assert_output --regexp '^cinit: unable to become a subreaper: EPERM'
}

@test "a refused parent death signal is a line: the command would outlive a SIGKILL of cinit" {
	strace_options=(-f)
	traced prctl:error=ENOSYS start_cinit exitwith 42
	await_end
	assert_status 42
	assert_line 'cinit: unable to tie the command to cinit: ENOSYS; SIGKILL of cinit leaves it running'
}

@test "a refused prctl with --parent-death is 125 and a line" {
	local start
	for start in "${starts[@]}"; do
		traced prctl:error=EPERM "$start" --parent-death=TERM exitwith 42
		await_end
		assert_refused 'unable to .*--parent-death: EPERM'
	done
}

cpu_ticks() {
	awk '{print $14 + $15}' "/proc/$init/stat"
}

# refused_for_good CALL COMMAND…: neither an end nor a hang nor a busy loop.
refused_for_good() {
	traced "$1:error=EPERM" "${@:2}"
	await ready
	sleep 0.5 # of which a loop would leave its mark
	(($(cpu_ticks) < 25)) || fail "$(cpu_ticks) ticks"
}

@test "a refused close: the start does not wait for the end of its own pipe" {
	local start
	for start in "${starts[@]}"; do
		traced close:error=EPERM "$start" exitwith 7
		await_end
		assert_status 7
	done
}

@test "a refused clock_gettime: plans go on at once" {
	local start
	for start in "${starts[@]}"; do
		refused_for_good clock_gettime "$start" --stop=USR1:1m,INT:1m,KILL sigreport
		outside TERM
		await_end
		assert_status 137
	done
}

@test "a refused clock_gettime: no time limit can be kept, and that is 125" {
	traced clock_gettime:error=EPERM start_cinit --time-limit=1m echo started
	await_end
	assert_refused 'tell the time for --time-limit'
}

@test "a refused rt_sigtimedwait: the payload's end ends cinit, and a line tells" {
	local start
	for start in "${starts[@]}"; do
		refused_for_good rt_sigtimedwait "$start" sigreport
		tell 'exit 42'
		await_end
		assert_status 42
		assert_output --partial 'cinit: '
	done
}

@test "a refused rt_sigtimedwait: signals reach the payload" {
	refused_for_good rt_sigtimedwait start_cinit sigreport
	outside TERM
	await '^got 15 '
	outside USR1
	await '^got 10 '
	tell 'exit 42'
	await_end
	assert_status 42
}

@test "what is interrupted is done again, and nobody hears of it" {
	traced wait4:error=EINTR:when=1 start_cinit exitwith 42
	await_end
	assert_status 42
	assert_output ''
	traced write:error=EINTR:when=1 start_cinit --version
	await_end
	assert_status 0
	assert_output --regexp '^cinit [0-9.]+$'
}

@test "a report of the child that cannot be read: 125, and the child is ended" {
	traced read:error=EIO:when=1+ start_cinit sleep 1000
	await_end
	assert_refused 'pipe: EIO'
}

@test "a refused wait4: no busy loop, and SIGTERM is delivered" {
	local start
	for start in "${starts[@]}"; do
		refused_for_good wait4 "$start" sigreport
		outside TERM
		await '^got 15 '
		assert_output --partial 'cinit: '
	done
}

@test "the child stopped after its report of a failed exec does not hang it" {
	local start
	strace_options=(-f)
	with=(-c 2) # else it is not the child's that is the first write
	for start in "${starts[@]}"; do
		traced write:signal=SIGSTOP:when=1 "$start" no-such-command
		await_end
		assert_status 127
	done
}

# dies_early FAULT ARGS…: FAULT ends cinit while what it has started has not yet asked the kernel to watch it.
dies_early() {
	leaves_descendants
	strace_options=(-f -e inject=prctl:delay_enter=1000000:when=1)
	traced "$1" start_cinit "${@:2}" touch "$BATS_TEST_TMPDIR/started"
	eventually gone "$tracer" # all whom it has traced have ended
	grep -q 'PR_SET_PDEATHSIG, SIGKILL' "$trace"
	[[ ! -e $BATS_TEST_TMPDIR/started ]]
}

@test "SIGKILL of cinit in the first moment: the payload is not executed" {
	dies_early ppoll:signal=SIGKILL:when=2
}

@test "SIGKILL of cinit in the first moment with --namespace: the payload is not executed" {
	dies_early fcntl:signal=SIGKILL:when=2 --namespace # the first may be launch's
}

@test "refused ioctls are done without" {
	one_fault ioctl:error=ENOTTY
	one_fault ioctl:error=EPERM
}

@test "a /proc of another PID namespace changes nothing" {
	start -p -- sh -c "umount -l /proc && exec '$CINIT' sigreport"
	await ready
	outside USR1
	await '^got 10 '
	tell 'exit 42'
	await_end
	assert_status 42
}

@test "no /proc changes nothing" {
	start -p -- sh -c "mount -t tmpfs none /proc && exec '$CINIT' sigreport"
	await ready
	outside USR1
	await '^got 10 '
	tell 'exit 42'
	await_end
	assert_status 42
}

@test "a closed stderr takes nothing but the message" {
	with=(-c 2)
	run -127 cinit no-such-command
	assert_output ''
	run pid1 -v exitwith 42
	assert_status 42
}

@test "a closed stderr: no message goes to an fd that took its number" {
	cd "$BATS_TEST_TMPDIR"
	with=(-c 0 -c 1 -c 2 -n 3)
	run -127 pid1 -v no-such-command 3>log
	assert [ ! -s log ]
}

# full_pipe COMMAND…: with a pipe as stderr that has no room and is not read.
full_pipe() {
	python3 -c '
import fcntl, os, sys
r, w = os.pipe()
fcntl.fcntl(w, fcntl.F_SETFL, os.O_NONBLOCK)
try:
    while True: os.write(w, b"x" * int(sys.argv[1]))
except BlockingIOError:
    fcntl.fcntl(w, fcntl.F_SETFL, 0)
os.dup2(w, 2)
os.execvp(sys.argv[2], sys.argv[2:])' "$@"
}

@test "a full stderr never blocks it" {
	local chunk
	# Chunks of 4097 leave less room than a line may need, but some.
	for chunk in 1 4097; do
		run full_pipe "$chunk" launch -- "$CINIT" -vvv exitwith 42
		assert_status 42
		run -127 full_pipe "$chunk" launch -- "$CINIT" -vvv no-such-command
		run full_pipe "$chunk" launch -p -- "$CINIT" -vvv exitwith 42
		assert_status 42
	done
}

@test "a stderr that nobody reads is not fatal" {
	mkfifo "$BATS_TEST_TMPDIR/log"
	exec 6<>"$BATS_TEST_TMPDIR/log" 7>"$BATS_TEST_TMPDIR/log" 6>&-
	run launch -p -- "$CINIT" -vvv exitwith 42 2>&7
	assert_status 42
	run launch -- "$CINIT" -vvv exitwith 42 2>&7
	assert_status 42
	exec 7>&-
}

@test "a stderr on a full disk is not fatal" {
	run bash -c "launch -p -- '$CINIT' -vvv exitwith 42 2>/dev/full"
	assert_status 42
}

@test "all standard fds closed: the payload runs" {
	with=(-c 0 -c 1 -c 2)
	run pid1 exitwith 42
	assert_status 42
	run cinit exitwith 42
	assert_status 42
}
