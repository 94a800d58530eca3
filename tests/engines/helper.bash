# The vocabulary of the engine tests. The same behaviours are asked of every engine: NAME.bats is a
# link to the file "behaviours", and NAME is the engine (see "box").

# shellcheck shell=bash

bats_require_minimum_version 1.5.0
# shellcheck source=tests/assertions.bash
source "${BASH_SOURCE[0]%/*}/../assertions.bash"

readonly WAIT_S=100 # far more than anything takes: only a failing test waits that long

box() { "$BATS_TEST_DIRNAME/box" "$@"; }

# New containers by the engine's own command line, for what "box" has no word for.
docker() { /usr/bin/docker "$@"; } # of the daemon's package: see "box"
docker_run() { docker run --rm --network none --name "$BOX" "$@"; }
podman_run() { podman run --rm --network none --name "$BOX" "$@"; }

# The engine's record of a container that has ended, and was not made with --rm.
assert_exit_code() { # assert_exit_code ENGINE CONTAINER CODE
	assert_equal "$($1 container inspect --format '{{.State.Status}} {{.State.ExitCode}}' "$2")" \
		"exited $3"
}

# Talks with what is behind the last coproc; it must print "ready".
listen() {
	exec {screen}<&"${COPROC[0]}" {keyboard}>&"${COPROC[1]}"
	box_pid=$COPROC_PID
	seen=
	await ready
}

# box_start COMMAND [ARG]...: a container to talk with; the command must print "ready".
box_start() {
	coproc { exec "$BATS_TEST_DIRNAME/box" run "$@" 2>&1; }
	listen
}

# The same on a terminal; the engine's client is in its foreground, as behind a shell's prompt.
box_start_on_terminal() {
	coproc { exec "$WORK/pty" "$BATS_TEST_DIRNAME/box" run -it "$@" 2>&1; }
	listen
}

# await TEXT: reads on until a line holds TEXT. All that was read so far is in $seen.
await() {
	local line
	while IFS= read -r -t "$WAIT_S" -u "$screen" line; do
		seen+=${line%$'\r'}$'\n'
		[[ $line == *"$1"* ]] && return
	done
	fail "waited in vain for '$1' after:"$'\n'"$seen"
}

assert_seen() { # assert_seen TIMES TEXT
	assert_equal "$(grep -c -F -e "$2" <<<"$seen") x $2" "$1 x $2"
}

assert_order() { # assert_order TEXT...: $seen holds them one after the other
	local text rest=$seen
	for text; do
		[[ $rest == *"$text"* ]] || fail "no '$text' at its place in:"$'\n'"$seen"
		rest=${rest#*"$text"}
	done
}

type_keys() { printf '%b' "$1" >&"$keyboard"; }

# repeat_until SECONDS TEXT COMMAND...: again every so many seconds, until the text comes.
repeat_until() {
	local line end=$((SECONDS + WAIT_S))
	while ((SECONDS < end)); do
		"${@:3}"
		while IFS= read -r -t "$1" -u "$screen" line; do
			seen+=${line%$'\r'}$'\n'
			[[ $line == *"$2"* ]] && return
		done
	done
	fail "no '$2' after:"$'\n'"$seen"
}

# In the first second of a stage a plan takes no signal.
signal_until() { repeat_until 0.25 "$2" box signal "$1"; } # signal_until SIGNAL TEXT

# A client that was not yet listening has missed a window change.
enlarge_terminal_until() { repeat_until 1 "$1" kill -USR1 "$box_pid"; } # enlarge_terminal_until TEXT

# Waits for the end of the container that was started; the rest of what it says goes to $seen.
assert_box_status() {
	local line status=0
	while IFS= read -r -t "$WAIT_S" -u "$screen" line || { status=$?; false; }; do
		seen+=${line%$'\r'}$'\n'
	done
	((status <= 128)) || fail "the container goes on, after:"$'\n'"$seen"
	status=0
	wait "$box_pid" || status=$?
	assert_equal "$status" "$1"
}

setup() {
	ENGINE=$(basename "$BATS_TEST_FILENAME" .bats) # or what a test sets
	BOX=box-$BATS_SUITE_TEST_NUMBER-$$
	export ENGINE BOX
}

teardown() {
	[[ ${box_pid:-} ]] || return 0
	box remove &>/dev/null || true
	kill "$box_pid" 2>/dev/null || true
	wait "$box_pid" || true
}
