load helper

# ---- origins: a payload that TERM would end is ended from outside and by the kernel alone ----

@test "kill from inside is dropped, from outside it ends the payload" {
	start_pid1 sig_disposition default 15
	await ready
	enter sig_send kill 1 15
	survives
	sig_send kill "$init" 15
	ended_by 15
}

@test "tgkill from inside is dropped, from outside it ends the payload" {
	start_pid1 sig_disposition default 15
	await ready
	enter sig_send tgkill 1 15
	survives
	sig_send tgkill "$init" 15
	ended_by 15
}

@test "pidfd_send_signal from inside is dropped, from outside it ends the payload" {
	start_pid1 sig_disposition default 15
	await ready
	enter sig_send pidfd 1 15
	survives
	sig_send pidfd "$init" 15
	ended_by 15
}

@test "the payload's own kill is dropped" {
	start_pid1 bash -c 'kill -TERM 1; read -r answer; echo "got $answer"'
	await 'dropped SIGTERM'
	tell answer
	await '^got answer$'
}

@test "sigqueue counts as from inside, whatever sender it claims" {
	start_pid1 sig_disposition default 15
	await ready
	enter sig_send queue 1 15 -1 0 7
	survives
	enter sig_send queue 1 15 -60 0 7
	survives
	enter sig_send queue 1 15 -2 1 7
	survives
}

@test "sigqueue from outside reaches a payload that handles it" {
	start_pid1 sig_disposition caught 15
	await ready
	sig_send queue "$init" 15 -1 0 7
	await '^got 15 code -1 pid 0 value 7$'
}

@test "what the kernel sends by itself is delivered" {
	start_pid1 sig_disposition default 15
	await ready
	enter sig_send sigio 1 15 || true
	ended_by 15
}

@test "a timer that was set before cinit was executed is delivered" {
	# ALRM blocked, so that it waits for cinit if it is faster.
	start -p -b 14 -- python3 -c '
import os, signal, sys
signal.setitimer(signal.ITIMER_REAL, 0.05)
os.execv(sys.argv[1], sys.argv[1:])' "$CINIT" sig_disposition default 14
	ended_by 14
}

@test "the parent's death signal counts as from outside" {
	start_pid1 --parent-death=USR1 sig_disposition caught 10
	await ready
	kill -KILL "$job"
	# Nobody else ends it now.
	local result=0
	await '^got 10 ' || result=$?
	kill -KILL "$init"
	((result == 0))
}

@test "kill(0) by another namespace of the same process group counts as from outside" {
	# launch takes the signal too, and stays.
	start -- setsid --wait sh -c '
		trap "" USR1
		launch -p -- "$@" &
		read -r go
		launch -p -- sig_send group 10
		wait $!' - "$CINIT" sig_disposition default 10
	await ready
	tell go
	ended_by 10
}

@test "a real-time signal that finds the queue full counts as from outside" {
	with=(-l sigpending=0)
	start_pid1 sig_disposition default 40
	await ready
	enter sig_send kill 1 40 || true
	ended_by 40
}

@test "not PID 1: every sender counts as outside" {
	start_cinit sig_disposition default 15
	await ready
	sig_send queue "$init" 12 -1 1 1
	ended_by 12
}

@test "cinit's own signals are not delivered" {
	start_pid1 --status-fd=1 sig_disposition caught 10
	await ready
	enter sig_send queue 1 10 -1 1 5
	await '^got 10 code -1 pid 1 value 5$'
	survives
}

# ---- --inside ----

@test "by default a payload with a handler gets a signal from inside and outside" {
	start_pid1 sig_disposition caught 15
	await ready
	enter sig_send kill 1 15
	await '^got 15 '
	outside TERM
	await '^got 15 '
}

@test "--inside=forward delivers what the payload does not handle" {
	start_pid1 --inside=forward sig_disposition default 15
	await ready
	enter sig_send kill 1 15 || true
	ended_by 15
}

@test "--inside=drop drops what the payload handles, from inside only" {
	start_pid1 --inside=drop sig_disposition caught 15
	await ready
	enter sig_send kill 1 15
	survives
	refute_output --partial 'got 15'
	outside TERM
	await '^got 15 '
}

@test "signals that are harmless by default come through from inside" {
	local sig
	start_pid1 --status-fd=1 sig_disposition default 1
	await ready
	for sig in CONT URG WINCH; do
		inside "$sig"
		await "\"SIG$sig\",\"origin\":\"inside\".*\"action\":\"delivered\""
	done
}

@test "SIGKILL and SIGSTOP from inside do nothing" {
	start_pid1 sig_disposition default 15
	await ready
	enter sig_send kill 1 9
	enter sig_send kill 1 19
	survives
}

@test "SIGKILL from outside ends everything" {
	start_pid1 sh -c 'sleep 1000 & exec sig_disposition default 15'
	await ready
	local namespace
	namespace=$(readlink "/proc/$init/ns/pid")
	outside KILL
	ended_by 9
	run bash -c 'find /proc/[0-9]*/ns/pid -lname "$1" 2>/dev/null' - "$namespace"
	refute_output
}

@test "the first drop of a signal is a warning that names the sender and the remedy" {
	start_pid1 sig_disposition default 15
	await ready
	enter bash -c 'echo "from $$" >&2; kill -TERM 1' 2>"$BATS_TEST_TMPDIR/sender"
	await 'dropped SIGTERM from pid ([0-9]+) .*--inside=forward'
	assert_equal "from ${BASH_REMATCH[1]}" "$(<"$BATS_TEST_TMPDIR/sender")"
}

@test "the second drop of the same signal is silent, another signal's first is not" {
	start_pid1 sig_disposition default 15
	await ready
	inside TERM
	inside TERM
	inside USR1
	survives
	assert_equal "$(grep -c 'dropped SIGTERM' <<<"$output")" 1
	assert_equal "$(grep -c 'dropped SIGUSR1' <<<"$output")" 1
}

@test "--inside=drop does not warn" {
	start_pid1 --inside=drop sig_disposition default 15
	await ready
	inside TERM
	survives
	refute_output --partial dropped
}

@test "nothing is read from /proc before a signal from inside arrives" {
	strace_options=(-e 'trace=open,openat,readlink,readlinkat')
	traced - start_pid1 sig_disposition caught 15
	await ready
	outside TERM
	await '^got 15 '
	run -1 grep '/proc/[0-9]\|/proc/self"' "$trace"
	inside TERM
	await '^got 15 '
	grep '/proc/[0-9]' "$trace"
}

# ---- what the payload makes of them ----

@test "a signal that one of two threads leaves to its default action is dropped" {
	start_pid1 sig_disposition half 15
	await ready
	inside TERM
	await dropped
	survives
}

@test "a signal that all threads block is delivered" {
	start_pid1 sig_disposition blocked 15
	await ready
	inside TERM
	await '^pending 15$'
}

@test "a signal that is read from a signalfd is delivered" {
	start_pid1 sig_disposition signalfd 15
	await ready
	inside TERM
	await '^got 15 '
}

@test "a signal that a thread waits for in sigwait is delivered" {
	start_pid1 sig_disposition sigwait 15
	await ready
	eventually in_sigwait
	inside TERM
	await '^got 15 '
}

@test "a busy payload without a handler is protected like an idle one" {
	start_pid1 --status-fd=1 sh -c 'echo ready; while :; do :; done'
	await ready
	inside USR1
	await '"SIGUSR1","origin":"inside".*"action":"dropped"'
}

@test "a payload in a thousand groups is protected like one in none" {
	((EUID == 0)) || skip 'needs root'
	start -p -- setpriv --groups "$(seq -s , 4000000001 4000001000)" "$CINIT" --status-fd=1 sig_disposition default 15
	await ready
	inside TERM
	await '"SIGTERM","origin":"inside".*"action":"dropped"'
	survives
}

@test "an ignored signal is delivered" {
	start_pid1 --status-fd=1 sig_disposition ignored 15
	await ready
	inside TERM
	await '"SIGTERM","origin":"inside".*"action":"delivered"'
	survives
}

@test "a nested cinit, which sits in sigtimedwait, gets signals from inside and ends its payload by them" {
	start_pid1 "$CINIT" sig_disposition default 15
	await ready
	inside TERM || true # its sender may be killed with the rest
	ended_by 15
}

# A shell does not become its last command if more may follow.
@test "bash -c and dash -c get INT from inside, but not TERM" {
	local shell
	for shell in bash dash; do
		start_pid1 --status-fd=1 "$shell" -c 'sig_disposition default 15; exit 3'
		await ready
		inside TERM
		await '"SIGTERM","origin":"inside".*"action":"dropped"'
		inside INT
		await '"SIGINT","origin":"inside".*"action":"delivered"'
	done
}

@test "bash with a trap gets TERM from inside" {
	start_pid1 bash -c 'trap "echo trapped; exit 4" TERM; echo ready; while :; do read -r; done'
	await ready
	inside TERM || true # its sender may be killed with the rest
	await trapped
	await_end
	assert_status 4
}

@test "a thread that has ended does not count, though it is the first and left the signal to its default" {
	start_pid1 sig_disposition leaderless 1
	await ready
	inside HUP
	await '^pending 1$'
}

@test "what a payload does not block, wait for or catch any more after it has become another program is dropped" {
	start_pid1 sig_disposition sigwait 1 sig_disposition default 1
	await ready
	eventually in_sigwait
	inside HUP
	await '^got 1 '
	await ready
	inside HUP
	await 'dropped SIGHUP'
	survives
}

# ---- signals that are blocked at the moment ----

@test "a signal that is blocked is held, and delivered if it stays so" {
	start_pid1 --status-fd=1 sig_disposition blocked 15
	await ready
	inside TERM
	await '"SIGTERM","origin":"inside".*"action":"held"'
	await_all '"SIGTERM","origin":"inside".*"action":"delivered"' '^pending 15$'
}

@test "a signal that the payload stops to block and leaves to its default action is dropped" {
	local _
	for _ in {1..20}; do # on a busy machine it may be unblocked again before cinit looks
		start_pid1 --status-fd=1 sig_disposition passing 15
		await '"SIGTERM","origin":"inside".*"action":"dropped"'
		survives
		[[ $output != *'"action":"held"'* ]] || return 0
	done
	fail 'never held'
}

@test "while a signal is held the others go on" {
	start_pid1 --status-fd=1 sig_disposition blocked 15
	await ready
	kill -STOP "$init"
	eventually is_stopped "$init"
	enter sig_send kill 1 15
	outside 64
	kill -CONT "$init"
	await '"SIGTERM".*"action":"held"'
	await '"SIGRTMIN\+30".*"action":"delivered"'
	refute_output --partial 'pending 15'
	await '^pending 15$'
}

# send_while_stopped COMMAND…: what they send is pending when cinit looks. It comes lowest first.
send_while_stopped() {
	local command
	await ready
	kill -STOP "$init"
	eventually is_stopped "$init"
	for command in "$@"; do
		$command
	done
	kill -CONT "$init"
}

@test "real-time signals behind one that is held keep their order" {
	local value
	start_pid1 sig_disposition signalfd 40
	send_while_stopped 'enter sig_send queue 1 40 -1 4711 3' 'enter sig_send queue 1 40 -1 4711 1' \
		'enter sig_send queue 1 40 -1 4711 2'
	for value in 3 1 2; do
		await '^got '
		assert_equal "$line" "got 40 code -1 pid 4711 value $value"
	done
}

@test "a real-time signal that the payload would take at once does not overtake one that is held" {
	start_pid1 --status-fd=1 sig_disposition blocked 40
	send_while_stopped 'inside 40' 'inside 64'
	await '"SIGRTMIN\+6".*"action":"held"'
	await '"SIGRTMIN\+30".*"action":"held"'
	await '"SIGRTMIN\+6".*"action":"delivered"'
	await '"SIGRTMIN\+30".*"action":"delivered"'
}

@test "what is rewritten to a real-time signal does not overtake one that is held" {
	start_pid1 --status-fd=1 --rewrite=USR1:40 --rewrite=USR2:64 sig_disposition blocked 40
	send_while_stopped 'inside USR1' 'inside USR2'
	await '"(SIGUSR.)".*"action":"delivered"'
	assert_equal "${BASH_REMATCH[1]}" SIGUSR1
	await '^barrier$'
}

@test "a real-time signal does not overtake two of another number, of which one is held and one waits" {
	start_pid1 --status-fd=1 sig_disposition blocked 40
	send_while_stopped 'inside 40' 'inside 40' 'inside 64'
	await '"SIGRTMIN\+6".*"action":"delivered"'
	await '"SIGRTMIN\+(6|30)".*"action":"delivered"'
	assert_equal "${BASH_REMATCH[1]}" 6
	await '"SIGRTMIN\+30".*"action":"delivered"'
}

@test "a real-time signal that is held does not keep one from outside waiting, nor a stop signal of its number" {
	start_pid1 --status-fd=1 --stop-on=40 --stop=wait:1h,KILL sig_disposition blocked 40
	send_while_stopped 'inside 40' 'outside 40' 'outside 64'
	await '"origin":"inside".*"action":"held"'
	await '"origin":"outside".*"action":"stage"'
	await '"SIGRTMIN\+30".*"action":"delivered"'
	refute_output --partial 'pending 40'
	await '^pending 40$'
}

@test "a second stop signal from inside merges with one that is held" {
	start_pid1 --status-fd=1 --stop-on=40 sig_disposition blocked 40
	send_while_stopped 'inside 40' 'inside 40'
	await '^pending 40$'
	outside 64
	await '"SIGRTMIN\+30"'
	assert_equal "$(grep -c '"SIGRTMIN+6".*"delivered"' <<<"$output")" 1
}

@test "a signal whose block has lasted is not held again beside another that is held" {
	local _
	for _ in {1..30}; do # it is trusted to last for an eighth of a second
		start_pid1 --status-fd=1 python3 -SIc 'import os, signal, time
signal.pthread_sigmask(signal.SIG_BLOCK, {1, 15})
os.kill(1, 15)
while not signal.sigpending(): time.sleep(0.01)
os.kill(1, 1)
os.kill(1, 15)
time.sleep(1000)'
		await '"SIGTERM".*"action":"delivered"'
		await_all '"SIGHUP".*"action":"held"' '"SIGTERM".*"action"'
		[[ $output != *SIGTERM*delivered*SIGTERM*held* ]] || continue
		return 0
	done
	fail 'held each time'
}

@test "a signal that is taken, after it was open twice behind a real-time one that is held, is delivered" {
	local _
	for _ in {1..20}; do # on a busy machine it may be decided before it is taken
		start_pid1 --status-fd=1 python3 -SIc 'import os, signal, time
signal.pthread_sigmask(signal.SIG_BLOCK, {40})
os.kill(1, 40)
os.kill(1, 41)
end = time.monotonic() + 0.05
while time.monotonic() < end: pass
signal.signal(41, lambda *_: None)
while True: pass'
		await '"SIGRTMIN\+7".*"action":"(delivered|dropped)"'
		[[ $line != *'"delivered"'* ]] || return 0
	done
	fail 'dropped each time'
}

@test "real-time signals that are held go in the order in which they came" {
	local number sent=()
	start_pid1 --status-fd=1 sigreport
	await ready
	for number in 9 8 7 6; do
		inside $((34 + number))
		await "\"SIGRTMIN\\+$number\".*\"held\""
	done
	await '"SIGRTMIN\+6".*"delivered"'
	mapfile -t sent < <(sed -nE 's/.*"SIGRTMIN\+(.)".*"delivered".*/\1/p' <<<"$output")
	assert_equal "${sent[*]}" '9 8 7 6'
}

@test "a signal from outside is delivered at once, and one of its number that is held with it" {
	# Looks that take long hold it until the other has come.
	traced openat,open:delay_exit=200000 start_pid1 --status-fd=1 sig_disposition signalfd 15
	await ready
	enter sig_send kill 1 15
	await '"origin":"inside".*"action":"held"'
	outside TERM
	await_all '"origin":"outside".*"action":"delivered"' '^got 15 '
	kill "$tracer"
	sleep 0.3 # in which the one that was held would have come
	outside USR1
	ended_by 10
	assert_equal "$(grep -c '^got 15 ' <<<"$output")" 1
}

# As on a busy machine, where somebody else has the CPU for a while.
@test "a look at the payload that takes long is no reason to deliver" {
	traced 'openat,open,read:delay_exit=5000' start_pid1 sig_disposition default 1
	await ready
	inside HUP
	await 'dropped SIGHUP'
	survives
}

@test "a payload that has the CPU, or waits for it, with the signal blocked for longer is not ended" {
	run -3 pid1 -q python3 -SIc 'import os, signal, time
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
os.kill(1, signal.SIGTERM)
end = time.monotonic() + 0.4
while time.monotonic() < end: pass
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
time.sleep(1)
os._exit(3)'
}

@test "one that sleeps for a moment after that, with the signal still blocked, is not ended" {
	run -3 pid1 -q python3 -SIc 'import os, signal, time
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
os.kill(1, signal.SIGTERM)
end = time.monotonic() + 0.4
while time.monotonic() < end: pass
time.sleep(0.05)
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
time.sleep(1)
os._exit(3)'
}

# The second delay is one of the shell itself, which its tracer stops.
@test "a shell that waits long in vfork for its child to be executed, or in it for its tracer, is not ended" {
	local delay
	strace_options=(-f)
	for delay in execve:delay_enter=400000 vfork:delay_exit=400000; do
		traced "$delay" start_pid1 -q sh -c 'kill -TERM 1; /bin/sleep 0.5; exit 3'
		await_end
		assert_status 3
	done
}

# ---- doubt delivers ----

@test "a look that takes longer than a signal is held does not decide alone, for a payload that runs" {
	traced openat:delay_exit=40000 start_pid1 sh -c 'echo ready; while :; do :; done'
	await ready
	inside HUP
	await 'dropped SIGHUP'
}

@test "without /proc a signal from inside is delivered" {
	start_pid1_after 'mount -t tmpfs none /proc' sig_disposition default 15
	await ready
	inside TERM || true # its sender may be killed with the rest
	ended_by 15
}

@test "with another namespace's /proc a signal from inside is delivered" {
	start_pid1_after 'umount /proc' sig_disposition default 15
	await ready
	inside TERM || true # its sender may be killed with the rest
	ended_by 15
}

@test "with a /proc that hides the payload a signal from inside is delivered" {
	((EUID == 0)) || return 0 # a second user is needed
	start_pid1_after 'mount -t proc -o hidepid=2,gid=65533 proc /proc &&
		set -- setpriv --bounding-set=-sys_ptrace "$@"' \
		setpriv --reuid=1000 --clear-groups "$(type -P sig_disposition)" default 15
	await ready
	inside TERM || true # its sender may be killed with the rest
	ended_by 15
}

# The same lines as the kernel's, but for the last: whether the payload sleeps or runs is not to be seen.
@test "with a /proc whose files lack a line a signal from inside is delivered" {
	start_pid1_after 'mount -t tmpfs none /proc && ln -s 1 /proc/self
	mkdir -p $(for pid in {2..20}; do echo "/proc/$pid/task/$pid"; done)
	for pid in {2..20}; do
		printf "%s\n" "State: S" "PPid: 1" "SigPnd: 0" "ShdPnd: 0" "SigBlk: 0" "SigIgn: 0" "SigCgt: 0" \
			>"/proc/$pid/task/$pid/status"
		echo "0 0x0" >"/proc/$pid/task/$pid/syscall"
	done' sig_disposition default 15
	await ready
	inside TERM || true # its sender may be killed with the rest
	ended_by 15
}

@test "a signal that is held when the payload ends is dropped with it" {
	with=(-b 15)
	start_pid1 --status-fd=1 python3 -SIc 'import os; os.kill(1, 15); os.kill(1, 10); os._exit(7)'
	await_end
	assert_status 7
	told
	assert_line --regexp '^signal name=SIGTERM origin=inside sender=[0-9]+ action=held$'
	assert_line --regexp '^signal name=SIGTERM origin=inside sender=[0-9]+ action=dropped$'
}

@test "a shell that forks at this moment is protected all the same" {
	for shell in dash bash; do
		for _ in {1..15}; do
			run pid1 "$shell" -c 'kill -TERM 1; sleep 0.01; exit 7'
			assert_status 7
		done
	done
}

@test "the inside rule's SIGTERM continues a stopped payload that catches it" {
	start_pid1 sig_disposition caught 15
	await ready
	kill -STOP "$(payload_pid)"
	eventually is_stopped "$(payload_pid)"
	inside TERM
	await '^got 15 '
}
