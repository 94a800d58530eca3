# shellcheck shell=bash
# The vocabulary of the tests. Every .bats file begins with `load helper`.
#
#   $CINIT           the binary under test
#   ${with[@]}       options for payloads/launch.c, which starts cinit from a clean state:
#                    with=(-i 17) ignores SIGCHLD, with=(-n 5) inherits fd 5, …
#
# Both ways of use: "${modes[@]}" are pid1 and cinit, "${starts[@]}" are start_pid1 and start_cinit. None of
# them has a controlling terminal (terminal.bats has its own).
#
# One cinit to its end; use with bats' `run`:
#   cinit ARGS…         as an ordinary process
#   pid1 ARGS…          as PID 1 of a new PID namespace with its own /proc
#   Both exit with 128+n when cinit died by signal n; with=(-r) adds a line `exited N` or `killed N`
#   on stderr that tells the two apart. Hanging cinits are killed after a minute: status 124.
#
# One cinit in the background, seen through its stdout and stderr, driven through its stdin:
#   start_cinit ARGS…   as an ordinary process; $init is its pid
#   start_pid1 ARGS…    as PID 1 of a new PID namespace; $init is its pid seen from outside
#   await REGEX         reads its lines until one matches (30 s at most); $line, ${BASH_REMATCH[@]}
#   await_all REGEX…    until each of these has matched a line, in any order
#   tell LINE           writes a line to its stdin
#   hang_up             closes its stdin
#   outside SIG         sends it a signal from outside its namespace
#   enter COMMAND…      runs COMMAND in its namespace, as `docker exec` does
#   inside SIG          sends it a signal from a process inside, as `docker exec … kill 1` does
#   payload_pid         prints the pid of its first child
#   await_end           reads to the end of its output, sets $status, $output (all of it), ${lines[@]}
#   eventually CMD…     repeats CMD until it succeeds (30 s at most)
#   survives            the payload, a sig_disposition, is there; what was sent before has been dealt with
#   ended_by N          the payload ends by signal N, and cinit with 128+N
#   in_sigwait          one of the payload's threads sits in sigwait
#   start_pid1_after COMMANDS ARGS…   start_pid1 by way of shell commands
#   no_zombies          succeeds when it has reaped all its dead children
#   pass_guard          waits until a further stop signal counts as one
#   within_guard CMD…   CMD takes less time than that, since it said guard_begins; it is repeated where the
#                       machine stood still
#
# Faults:
#   traced FAULT start_…     starts it under strace with `-e inject=FAULT`, or `-` for none; the trace goes
#                            to $trace; its descendants are traced too after strace_options=(-f)
#   attach_tracer OPTION…                    strace to the cinit that runs
#
#   assert_status N     $status is N
#   refuses REGEX ARGS… cinit with these arguments: status 125, and one line on stderr that matches
#   assert_refused REGEX  the same of the $status and the $output that there are
#   told                makes $output its status events (--status-fd=2), one a line in the form
#                       `event key=value …`; all are checked against docs/events.md
#   stage PLAN N SIGNAL prints the event of a stage in that form
#   alive PID, gone PID a zombie is gone
#   is_stopped PID, is_asleep PID
#   time_is_up          of the timeout(1) that was started
#   leaves_descendants  for setup: what cinit leaves behind is left alone, the test looks for it
#   await_daemon        the pid of the end_daemon that is printed next is the last of ${strays[@]}
#   assert_all_gone     these are gone
#   payload programs (payloads/*.c) are in PATH.
#   AWAIT_SECONDS=N in the environment: 30 s become N, and the minute of a cinit twice that, for a slow machine.
#
# A process started by these is dead, with all its descendants, when the test is over.

bats_require_minimum_version 1.5.0

tests=${BASH_SOURCE[0]%/*}
[[ $tests == /* ]] || tests=$PWD/$tests
# shellcheck source=tests/assertions.bash
source "$tests/assertions.bash"
CINIT=${CINIT:-${tests%/*}/cinit}
[[ $CINIT == /* ]] || CINIT=$PWD/$CINIT
# python3 of the packages, not a version manager's, which takes ten times as long to start.
PATH=$tests/payloads/bin:/usr/bin:$PATH
with=() strace_options=() strays=()
AWAIT_SECONDS=${AWAIT_SECONDS:-30}

modes=(pid1 cinit)
starts=(start_pid1 start_cinit)

cinit() {
	launch -s "${with[@]}" -- "$CINIT" "$@"
}

pid1() {
	launch -s -p "${with[@]}" -- "$CINIT" "$@"
}

start() {
	local fifos options=()
	forget
	fifos=$(mktemp -d "$BATS_TEST_TMPDIR/start.XXXXXX")
	mkfifo "$fifos"/{in,out,pid}
	[[ ! ${hold-} ]] || options+=(-H "$hold")
	# Opened for both, so that neither opening waits for the other side.
	exec {in_fd}<>"$fifos/in" {pid_fd}<>"$fifos/pid" {keep_fd}<>"$fifos/out"
	launch -s -w "$fifos/pid" "${options[@]}" "$@" <"$fifos/in" >"$fifos/out" 2>&1 &
	job=$!
	output=
	exec {out_fd}<"$fifos/out"
	read -r -t "$AWAIT_SECONDS" -u "$pid_fd" init || {
		fail 'cinit did not start'
		return 1
	}
	exec {pid_fd}<&- {keep_fd}>&-
}

start_cinit() {
	start "${with[@]}" -- "$CINIT" "$@"
}

start_pid1() {
	start -p "${with[@]}" -- "$CINIT" "$@"
}

# PID 1 that comes to cinit by way of shell commands.
start_pid1_after() {
	start -p "${with[@]}" -- bash -c "$1"' && exec "$@"' - "$CINIT" "${@:2}"
}

await() {
	local deadline=$((SECONDS + AWAIT_SECONDS))
	while ((SECONDS <= deadline)) && IFS= read -r -t "$AWAIT_SECONDS" -u "$out_fd" line; do
		output+="${output:+$'\n'}$line"
		[[ $line =~ $1 ]] && return
	done
	fail "no line matches '$1' in:"$'\n'"$output"
}

await_all() {
	local wanted=("$@") i
	while ((${#wanted[@]})); do
		await "$(IFS='|' && echo "${wanted[*]}")" || return
		for i in "${!wanted[@]}"; do
			[[ ! $line =~ ${wanted[i]} ]] || unset "wanted[$i]"
		done
	done
}

tell() {
	printf '%s\n' "$1" >&"$in_fd"
}

hang_up() {
	exec {in_fd}>&-
	in_fd=
}

outside() {
	kill -s "$1" "$init"
}

enter() {
	local user=()
	((EUID == 0)) || user=(--user --preserve-credentials)
	nsenter "${user[@]}" --pid --target "$init" "$@"
}

inside() {
	# The end of PID 1, or its grace plan, may take the sender along, once the signal is sent.
	enter bash -c "kill -s $1 1" || (($? == 137 || $? == 143))
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

payload_pid() {
	local children
	# No newline at its end.
	read -r children _ <"/proc/$init/task/$init/children" || true
	[[ $children ]] && echo "$children"
}

eventually() {
	local deadline=$((SECONDS + AWAIT_SECONDS))
	until "$@"; do
		if ((SECONDS > deadline)); then
			fail "not within $AWAIT_SECONDS s: $*"
			return 1
		fi
		sleep 0.01
	done
}

no_zombies() {
	local child state
	for child in $(<"/proc/$init/task/$init/children"); do
		# It may be gone by now.
		read -r _ _ state _ 2>/dev/null <"/proc/$child/stat" || continue
		[[ $state != Z ]] || return
	done
}

# Within the first second of a stage a stop signal is taken for a copy of the one before, by the clock.
pass_guard() {
	sleep 1.1
}

guard_begins() {
	begun=${EPOCHREALTIME/[.,]/}
}

within_guard() {
	local begun try
	for try in {1..20}; do
		"$@"
		((${EPOCHREALTIME/[.,]/} - begun >= 1000000)) || return 0
	done
	fail "$try tries took too long: $*"
}

attach_tracer() {
	exec {tracer_fd}< <(exec strace "$@" -p "$init" 2>&1 >/dev/null </dev/null)
	tracer=$!
	read -r -t "$AWAIT_SECONDS" -u "$tracer_fd" line || line='no answer'
	[[ $line == *attached* ]] || fail "strace: $line"
}

# Attached from outside while launch holds cinit back: so the tracer is no child of PID 1.
traced() {
	local options=("${strace_options[@]}" -o "$BATS_TEST_TMPDIR/trace")
	[[ $1 == - ]] || options+=(-e "inject=$1")
	# shellcheck disable=SC2034 # read by tests
	trace=$BATS_TEST_TMPDIR/trace
	hold=$BATS_TEST_TMPDIR/hold
	[[ -p $hold ]] || mkfifo "$hold"
	"${@:2}"
	attach_tracer "${options[@]}"
	# For both, so that opening waits for nobody.
	exec {hold_fd}<>"$hold"
	echo >&"$hold_fd"
	hold=''
}

await_end() {
	while IFS= read -r -t 120 -u "$out_fd" line || [[ $line ]]; do
		output+="${output:+$'\n'}$line"
	done
	mapfile -t lines <<<"$output"
	status=0
	wait "$job" || status=$?
	job=
}

# Ends what `start` began.
forget() {
	if [[ ${job-} ]]; then
		kill -TERM "$job" 2>/dev/null || true
		wait "$job" || true
	fi
	if [[ ${tracer-} ]]; then
		kill "$tracer" 2>/dev/null || true
	fi
	local fd
	for fd in "${in_fd-}" "${out_fd-}" "${tracer_fd-}" "${hold_fd-}"; do
		[[ ! $fd ]] || exec {fd}>&-
	done
	job='' tracer='' in_fd='' out_fd='' tracer_fd='' hold_fd='' init=''
}

assert_status() {
	# shellcheck disable=SC2154 # set by run
	assert_equal "$status" "$1"
}

refuses() {
	run --separate-stderr cinit "${@:2}"
	assert_equal "$output" ''
	output=$stderr
	assert_refused "$1"
}

assert_refused() {
	assert_status 125
	[[ $output =~ ^cinit:\ [^$'\n']*$1[^$'\n']*$ ]] || fail "not one line with '$1':"$'\n'"$output"
}

told() {
	run -0 python3 -SI "$tests/events.py" "${tests%/*}/docs/events.md" <<<"$output"
}

stage() {
	echo "stage plan=$1 stage=$2 signal=$3"
}

gone() {
	! alive "$1"
}

alive() {
	[[ $(ps -o state= -p "$1") == [!Z]* ]]
}

is_stopped() {
	[[ $(ps -o state= -p "$1") == T ]]
}

is_asleep() {
	[[ $(ps -o state= -p "$1") == S ]]
}

# What comes before it has seen its fork return ends timeout alone, though the child may be there for long.
time_is_up() {
	eventually is_asleep "$init"
	outside ALRM
}

# By STARTED_BY teardown knows what the test has started with `launch -k`.
leaves_descendants() {
	with=(-k)
	export STARTED_BY=$BATS_TEST_TMPDIR
}

await_daemon() {
	await '^daemon ([0-9]+)'
	strays+=("${BASH_REMATCH[1]}")
}

assert_all_gone() {
	local pid
	for pid in "${strays[@]}"; do
		assert gone "$pid"
	done
}

# Those that leaves_descendants spared.
end_strays() {
	local left
	mapfile -t left < <(grep -lsxzF "STARTED_BY=$STARTED_BY" /proc/[0-9]*/environ | cut -d / -f 3)
	((${#left[@]} == 0)) || kill -KILL "${left[@]}" 2>/dev/null || true
}

teardown() {
	[[ ! ${STARTED_BY-} ]] || end_strays
	forget
}
