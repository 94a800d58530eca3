# shellcheck shell=bash
# The vocabulary of the tests. Every .bats file begins with `load helper`.
#
#   $CINIT           the binary under test
#   $CINIT_FLAGS     options put before those of the test (`--reap=init` in the second pass)
#   ${with[@]}       options for payloads/launch.c, which starts cinit from a clean state:
#                    with=(-i 17) ignores SIGCHLD, with=(-n 5) inherits fd 5, …
#
# One cinit to its end; use with bats' `run`:
#   cinit ARGS…         as an ordinary process
#   pid1 ARGS…          as PID 1 of a new PID namespace with its own /proc
#   Both exit with 128+n when cinit died by signal n; with=(-r) adds a line `exited N` or `killed N`
#   on stderr that tells the two apart. Hanging cinits are killed after 20 s: status 124.
#
# One cinit in the background, seen through its stdout and stderr, driven through its stdin:
#   start_cinit ARGS…   as an ordinary process; $init is its pid
#   start_pid1 ARGS…    as PID 1 of a new PID namespace; $init is its pid seen from outside
#   await REGEX         reads its lines until one matches (10 s at most); $line, ${BASH_REMATCH[@]}
#   tell LINE           writes a line to its stdin
#   hang_up             closes its stdin
#   outside SIG         sends it a signal from outside its namespace
#   inside SIG          sends it a signal from a process inside, as `docker exec … kill 1` does
#   payload_pid         prints the pid of its first child
#   await_end           reads to the end of its output, sets $status, $output (all of it), ${lines[@]}
#   eventually CMD…     repeats CMD until it succeeds (10 s at most)
#   no_zombies          succeeds when it has reaped all its dead children
#
# Faults:
#   traced FAULT start_…     starts it under strace with `-e inject=FAULT`, or `-` for none; the trace goes
#                            to $trace; its descendants are traced too after strace_options=(-f)
#
#   assert_status N     $status is N
#   told                makes $output its status events (--status-fd=2), one a line in the form
#                       `event key=value …`; all are checked against docs/events.md
#   alive PID, gone PID a zombie is gone
#   payload programs (payloads/*.c) are in PATH.
#
# A process started by these is dead, with all its descendants, when the test is over.

bats_require_minimum_version 1.5.0
load /usr/lib/bats/bats-support/load.bash
load /usr/lib/bats/bats-assert/load.bash

tests=${BASH_SOURCE[0]%/*}
[[ $tests == /* ]] || tests=$PWD/$tests
CINIT=${CINIT:-${tests%/*}/cinit}
[[ $CINIT == /* ]] || CINIT=$PWD/$CINIT
CINIT_FLAGS=${CINIT_FLAGS-}
PATH=$tests/payloads/bin:$PATH
with=() strace_options=()
AWAIT_SECONDS=10

cinit() {
	# shellcheck disable=SC2086 # CINIT_FLAGS is a list of words
	launch "${with[@]}" -- "$CINIT" $CINIT_FLAGS "$@"
}

pid1() {
	# shellcheck disable=SC2086
	launch -p "${with[@]}" -- "$CINIT" $CINIT_FLAGS "$@"
}

start() {
	local fifos options=()
	forget
	fifos=$(mktemp -d "$BATS_TEST_TMPDIR/start.XXXXXX")
	mkfifo "$fifos"/{in,out,pid}
	[[ ! ${hold-} ]] || options+=(-H "$hold")
	# Opened for both, so that neither opening waits for the other side.
	exec {in_fd}<>"$fifos/in" {pid_fd}<>"$fifos/pid" {keep_fd}<>"$fifos/out"
	launch -w "$fifos/pid" "${options[@]}" "$@" <"$fifos/in" >"$fifos/out" 2>&1 &
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
	# shellcheck disable=SC2086
	start "${with[@]}" -- "$CINIT" $CINIT_FLAGS "$@"
}

start_pid1() {
	# shellcheck disable=SC2086
	start -p "${with[@]}" -- "$CINIT" $CINIT_FLAGS "$@"
}

await() {
	local deadline=$((SECONDS + AWAIT_SECONDS))
	while ((SECONDS <= deadline)) && IFS= read -r -t "$AWAIT_SECONDS" -u "$out_fd" line; do
		output+="${output:+$'\n'}$line"
		[[ $line =~ $1 ]] && return
	done
	fail "no line matches '$1' in:"$'\n'"$output"
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

inside() {
	local user=()
	((EUID == 0)) || user=(--user --preserve-credentials)
	# The end of PID 1 may take the sender along, once the signal is sent.
	nsenter "${user[@]}" --pid --target "$init" bash -c "kill -s $1 1" || (($? == 137))
}

payload_pid() {
	local children
	# No newline at its end.
	read -r children _ <"/proc/$init/task/$init/children" || [[ $children ]]
	echo "$children"
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

# Attached from outside while launch holds cinit back: so the tracer is no child of PID 1.
traced() {
	local options=("${strace_options[@]}" -o "$BATS_TEST_TMPDIR/trace")
	[[ $1 == - ]] || options+=(-e "inject=$1")
	# shellcheck disable=SC2034 # read by tests
	trace=$BATS_TEST_TMPDIR/trace
	hold=$BATS_TEST_TMPDIR/hold
	[[ -p $hold ]] || mkfifo "$hold"
	"${@:2}"
	exec {tracer_fd}< <(exec strace "${options[@]}" -p "$init" 2>&1 >/dev/null </dev/null)
	tracer=$!
	read -r -t "$AWAIT_SECONDS" -u "$tracer_fd" line || line='no answer'
	[[ $line == *attached* ]] || fail "strace: $line"
	# For both, so that opening waits for nobody.
	exec {hold_fd}<>"$hold"
	echo >&"$hold_fd"
	hold=''
}

await_end() {
	while IFS= read -r -t 20 -u "$out_fd" line || [[ $line ]]; do
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

told() {
	run -0 python3 -SI "$tests/events.py" "${tests%/*}/docs/events.md" <<<"$output"
}

gone() {
	! alive "$1"
}

alive() {
	[[ $(ps -o state= -p "$1") == [!Z]* ]]
}

teardown() {
	forget
}
