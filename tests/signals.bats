load helper

# Runs a command in cinit's PID namespace, as `docker exec` does.
from_inside() {
	local user=()
	((EUID == 0)) || user=(--user --preserve-credentials)
	nsenter "${user[@]}" --pid --target "$init" "$@"
}

# The payload is still there; all that was sent to cinit before has been dealt with: signal 64
# comes out of the queue last.
survives() {
	outside 64
	await '^barrier$'
}

ended_by() {
	await_end
	assert_status $((128 + $1))
}

# One of the payload's threads sits in rt_sigtimedwait.
in_sigwait() {
	local payload
	payload=$(payload_pid)
	grep -qE '^(128|137) 0x' "/proc/$payload"/task/*/syscall
}

# PID 1 that comes to cinit by way of a shell command.
start_pid1_after() {
	# shellcheck disable=SC2086 # CINIT_FLAGS is a list of words
	start -p "${with[@]}" -- bash -c "$1"' && exec "$@"' - "$CINIT" $CINIT_FLAGS "${@:2}"
}

# ---- origins: a payload that TERM would end is ended from outside and by the kernel alone ----

@test "kill from inside is dropped, from outside it ends the payload" {
	start_pid1 sig_disposition default 15
	await ready
	from_inside sig_send kill 1 15
	survives
	sig_send kill "$init" 15
	ended_by 15
}

@test "tgkill from inside is dropped, from outside it ends the payload" {
	start_pid1 sig_disposition default 15
	await ready
	from_inside sig_send tgkill 1 15
	survives
	sig_send tgkill "$init" 15
	ended_by 15
}

@test "pidfd_send_signal from inside is dropped, from outside it ends the payload" {
	start_pid1 sig_disposition default 15
	await ready
	from_inside sig_send pidfd 1 15
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
	from_inside sig_send queue 1 15 -1 0 7
	survives
	from_inside sig_send queue 1 15 -60 0 7
	survives
	from_inside sig_send queue 1 15 -2 1 7
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
	from_inside sig_send sigio 1 15 || true
	ended_by 15
}

@test "a timer that was set before cinit was executed is delivered" {
	# ALRM blocked, so that it waits for cinit if it is faster.
	# shellcheck disable=SC2086
	start -p -b 14 -- python3 -c '
import os, signal, sys
signal.setitimer(signal.ITIMER_REAL, 0.05)
os.execv(sys.argv[1], sys.argv[1:])' "$CINIT" $CINIT_FLAGS sig_disposition default 14
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
	# shellcheck disable=SC2086,SC2016
	start -- setsid --wait sh -c '
		trap "" USR1
		launch -p -- "$@" &
		read -r go
		launch -p -- sig_send group 10
		wait $!' - "$CINIT" $CINIT_FLAGS sig_disposition default 10
	await ready
	tell go
	ended_by 10
}

@test "a real-time signal that finds the queue full counts as from outside" {
	with=(-l sigpending=0)
	start_pid1 sig_disposition default 40
	await ready
	from_inside sig_send kill 1 40 || true
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
	from_inside sig_send queue 1 10 -1 1 5
	await '^got 10 code -1 pid 1 value 5$'
	survives
}

# ---- --inside ----

@test "by default a payload with a handler gets a signal from inside and outside" {
	start_pid1 sig_disposition caught 15
	await ready
	from_inside sig_send kill 1 15
	await '^got 15 '
	outside TERM
	await '^got 15 '
}

@test "--inside=forward delivers what the payload does not handle" {
	start_pid1 --inside=forward sig_disposition default 15
	await ready
	from_inside sig_send kill 1 15 || true
	ended_by 15
}

@test "--inside=drop drops what the payload handles, from inside only" {
	start_pid1 --inside=drop sig_disposition caught 15
	await ready
	from_inside sig_send kill 1 15
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
	from_inside sig_send kill 1 9
	from_inside sig_send kill 1 19
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
	from_inside bash -c 'echo "from $$" >&2; kill -TERM 1' 2>"$BATS_TEST_TMPDIR/sender"
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

@test "an ignored signal is delivered" {
	start_pid1 --status-fd=1 sig_disposition ignored 15
	await ready
	inside TERM
	await '"SIGTERM","origin":"inside".*"action":"delivered"'
	survives
}

@test "a nested cinit gets signals from inside and ends its payload by them" {
	# shellcheck disable=SC2086
	start_pid1 "$CINIT" $CINIT_FLAGS sig_disposition default 15
	await ready
	inside TERM || true # its sender may be killed with the rest
	ended_by 15
}

@test "a nested cinit without signalfd sits in sigtimedwait and gets them too" {
	strace_options=(-f)
	# shellcheck disable=SC2086
	traced 'signalfd4:error=ENOSYS' start_pid1 "$CINIT" $CINIT_FLAGS --reap=init \
		sig_disposition default 15
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

# ---- doubt delivers ----

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
	start_pid1_after 'mount -t proc -o hidepid=2 proc /proc &&
		set -- setpriv --bounding-set=-sys_ptrace "$@"' \
		setpriv --reuid=1000 --clear-groups "$(type -P sig_disposition)" default 15
	await ready
	inside TERM || true # its sender may be killed with the rest
	ended_by 15
}

# ---- delivery ----

@test "real-time signals keep value, sender and order" {
	local value
	start_pid1 sigreport
	await ready
	kill -STOP "$init"
	for value in 3 1 2; do
		from_inside sig_send queue 1 40 -1 4711 "$value"
	done
	from_inside sig_send queue 1 35 -60 12 9
	kill -CONT "$init"
	await '^got 35 code -60 pid 12 value 9$'
	for value in 3 1 2; do
		await '^got 40 '
		[[ $line == "got 40 code -1 pid 4711 value $value" ]]
	done
}

@test "a standard signal keeps value and sender too" {
	start_cinit sigreport -c
	await ready
	sig_send queue "$init" 10 -1 4711 -5
	await '^got 10 code -1 pid 4711 value -5$'
}

# The queue is one for all processes of a user, and a full one costs others their siginfo: so cinit's
# share is small. The payload's is larger, so that cinit can always send on.
limit_queue() {
	prlimit --pid "$init" --sigpending=1000:
}

@test "a shell that forks at this moment is protected all the same" {
	for shell in dash bash; do
		for _ in {1..15}; do
			run pid1 "$shell" -c 'kill -TERM 1; sleep 0.01; exit 7'
			assert_status 7
		done
	done
}

@test "100,000 queued signals arrive once each and in order" {
	start_pid1 sig_count 40 100000
	await ready
	limit_queue
	sig_send stream "$init" 40 1 100000
	await_end
	assert_output --partial 'all 100000 in order'
}

@test "100,000 queued signals arrive once each and in order, not PID 1" {
	start_cinit sig_count 40 100000
	await ready
	limit_queue
	sig_send stream "$init" 40 1 100000
	await_end
	assert_output --partial 'all 100000 in order'
}

@test "a payload whose queue is full gets the signal without its value" {
	start_pid1 prlimit --sigpending=0 sigreport -c
	await ready
	sig_send queue "$init" 40 -1 4711 5
	await '^got 40 code 0 pid 0 value 0$'
}

@test "a payload that may not be signalled ends nothing" {
	((EUID == 0)) || return 0 # a second user is needed
	start_pid1_after 'set -- setpriv --bounding-set=-kill "$@"' --status-fd=1 \
		setpriv --reuid=1000 --clear-groups "$(type -P sig_disposition)" caught 15
	await ready
	outside TERM
	await '"SIGTERM".*"action":"failed"'
}

@test "SIGTERM ends a stopped payload" {
	start_pid1 sig_disposition default 15
	await ready
	stopped() {
		[[ $(ps -o state= -p "$(payload_pid)") == T ]]
	}
	kill -STOP "$(payload_pid)"
	eventually stopped
	outside TERM
	ended_by 15
}

@test "the inside rule's SIGTERM continues a stopped payload that catches it" {
	start_pid1 sig_disposition caught 15
	await ready
	kill -STOP "$(payload_pid)"
	inside TERM
	await '^got 15 '
}

# ---- --rewrite ----

# rewrites FROM:TO SENT GOT
rewrites() {
	start_pid1 --rewrite="$1" sigreport
	await ready
	outside "$2"
	await '^got ([0-9]+) '
	assert_equal "${BASH_REMATCH[1]}" "$3"
}

@test "--rewrite takes names and numbers" {
	rewrites TERM:QUIT 15 3
	rewrites SIGHUP:sigusr2 1 12
	rewrites 12:10 12 10
	rewrites winch:IOT 28 6
}

@test "--rewrite counts real-time signals as glibc does" {
	rewrites RTMIN:RTMAX 34 64
	rewrites SIGRTMIN+3:RTMAX-1 37 63
	rewrites RTMAX-30:33 34 33
	rewrites RTMIN+30:RTMIN+0 64 34
}

@test "--rewrite to 0 drops" {
	start_pid1 -r TERM:0 -r HUP:0 sig_disposition default 15
	await ready
	outside TERM
	outside HUP
	survives
}

@test "--rewrite to KILL kills the payload and not cinit" {
	start_pid1 -r TERM:KILL sig_disposition caught 15
	await ready
	outside TERM
	ended_by 9
	refute_output --partial 'did not send'
}

@test "--rewrite keeps value and sender" {
	start_pid1 -r USR1:RTMIN+1 sigreport
	await ready
	from_inside sig_send queue 1 10 -1 4711 6
	await '^got 35 code -1 pid 4711 value 6$'
}

@test "--rewrite decides by what is delivered from inside" {
	start_pid1 -r USR1:TERM sig_disposition caught 15
	await ready
	inside USR1
	await '^got 15 '
	inside USR2
	await 'dropped SIGUSR2'
}

@test "a drop is told by the name of what would have been delivered" {
	start_pid1 -r USR1:USR2 sig_disposition caught 15
	await ready
	inside USR1
	await 'dropped SIGUSR2'
}

@test "a name that is none lists those that are" {
	local bad
	for bad in FOO:TERM TERM:FOO TERM:65 RTMIN+31:TERM TERM:RTMAX-31 SIG15:TERM TERM: :TERM; do
		run cinit --rewrite="$bad" true
		assert_status 125
		assert_output --partial 'HUP INT QUIT'
		assert_output --partial 'RTMIN[+n] RTMAX[-n] 1-64'
		assert_equal "${#lines[@]}" 1
	done
}

@test "what cinit cannot see or keeps for itself cannot be rewritten" {
	local sig
	for sig in KILL STOP CHLD 0; do
		run cinit --rewrite="$sig:TERM" true
		assert_status 125
	done
	run cinit --rewrite=TERM true
	assert_status 125
	assert_output --partial FROM:TO
}

# ---- the end ----

@test "not PID 1: dies by the payload's signal without a core file" {
	# shellcheck disable=SC2086
	run python3 -c '
import os, resource, sys
hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
for sig in 1, 3, 6, 11, 15, 40:
    payload = ["sh", "-c", f"ulimit -c 0; kill -{sig} $$"]
    pid = os.spawnvp(os.P_NOWAIT, sys.argv[1], [*sys.argv[1:], *payload])
    status = os.waitpid(pid, 0)[1]
    print(os.WTERMSIG(status), os.WCOREDUMP(status))' "$CINIT" $CINIT_FLAGS
	assert_output "$(printf '%s False\n' 1 3 6 11 15 40)"
}

@test "a sent SIGSEGV is the payload's, not a fault" {
	start_pid1 sig_disposition caught 11
	await ready
	outside SEGV
	await '^got 11 '
	refute_output --partial 'in init'
}

@test "a fault in cinit is one line and its death, as PID 1" {
	with=(-r)
	start_pid1 sig_disposition default 15
	await ready
	eventually grep -q '^SigCgt:.*[1-9a-f]' "/proc/$init/status" # it guards against faults
	sig_fault "$init"
	ended_by 11
	assert_output --regexp 'cinit: SIGSEGV [^'$'\n'']*address 0x0:'
	assert_output --partial 'killed 11'
}

@test "a fault in cinit is one line and its death, not PID 1" {
	with=(-r)
	start_cinit sig_disposition default 15
	await ready
	sig_fault "$init"
	await '^cinit: SIGSEGV .*address 0x0:'
	await_end
	assert_output --partial 'killed 11'
}

@test "a fault after many sent ones is a fault still" {
	with=(-r)
	start_pid1 sig_disposition caught 11
	await ready
	for _ in 1 2 3; do
		outside SEGV
		await '^got 11 '
	done
	eventually grep -q '^SigCgt:.*[1-9a-f]' "/proc/$init/status" # it guards against faults
	sig_fault "$init"
	ended_by 11
	assert_output --partial 'killed 11'
}

# ---- the documented table ----

@test "docs/signals.md is what cinit does" {
	run --separate-stderr "$tests/signal-table"
	assert_success
	assert_equal "$output" "$(<"$tests/../docs/signals.md")"
}
