# docs/recipes.md: each recipe is taken from the page and run. A block of code begins with a line
# ```LANGUAGE NAME.

# Every test is a subshell.
# shellcheck disable=SC2030,SC2031
load helper

recipes=${tests%/*}/docs/recipes.md

setup() {
	bin=$BATS_TEST_TMPDIR/bin
	mkdir "$bin"
	PATH=$bin:$PATH
	ln -s "$CINIT" "$bin/cinit"
	leaves_descendants
}

# block NAME: prints its code.
block() {
	"$tests/recipe" "$1"
}

# words NAME: the words of its command line, that of cinit without the first, go to ${words[@]}.
words() {
	mapfile -d '' words < <(block "$1" | python3 -SI -c '
import json, re, shlex, sys
code = sys.stdin.read()
lists = re.findall(r"^\s*(?:ENTRYPOINT|CMD|command:|args:) (\[.*\])$", code, re.M)
line = re.search(r"cinit .*-- [^\x27\n]*", code)
words = sum(map(json.loads, lists), []) if lists else shlex.split(line[0])
print(*words[1:], sep="\0", end="\0")')
	((${#words[@]} > 1)) || fail "no command line in '$1'"
}

# The same in less time: seconds and minutes become tenths of a second.
hastened() {
	words "$1"
	mapfile -d '' words < <(printf '%s\0' "${words[@]}" |
		sed -z -E 's/\b([0-9]+)[sm]\b/\100ms/g')
}

# program NAME: the script on stdin is the program of that name.
program() {
	{
		echo '#!/bin/bash'
		cat
	} >"$bin/$1"
	chmod +x "$bin/$1"
}

# A program that stays until SIGTERM, says so, and ends with code 0.
stayer() {
	program "$1" <<-'END'
		name=$(basename "$0")
		trap 'echo "$name got TERM"; exit' TERM
		echo "$name is up"
		while :; do sleep 0.02; done
	END
}

# script FILE NAME: the block is the script /FILE of the image, which then is in $bin.
script() {
	block "$2" >"$bin/$1"
	chmod +x "$bin/$1"
	words=("${words[@]/#\/$1/$bin\/$1}")
}

# With its status events on stdout.
export CINIT_OPTIONS=--status-fd=1

# await_drained SIGNAL NUMBER: the stop plan's delay comes, then the signal, and the payload gets it.
await_drained() {
	await '"stage":1,"signal":null'
	await "\"stage\":2,\"signal\":\"$1\""
	refute grep "^got $2 " <<<"$output"
	await "^got $2 "
}

@test "each block of the page is run here" {
	local name names
	names=$(sed -n 's/^```[a-z]* //p' "$recipes")
	[[ $names ]]
	for name in $names; do
		grep -qE "(hastened|words|script|block|step|for name in) (.* )?$name\b" "$BATS_TEST_FILENAME" ||
			fail "$name is not"
	done
	refute grep -E '^```[a-z]+$' "$recipes"
}

@test "YAML can be read" {
	local name
	for name in github volume shared; do
		block "$name" | /usr/bin/python3 -c 'import sys, yaml; assert len(yaml.safe_load(sys.stdin)) >= 3'
	done
}

# ---- images ----

@test "drain delay: SIGTERM comes after the delay" {
	ln -s "$(type -p sigreport)" "$bin/server"
	hastened drain
	start_pid1 "${words[@]}"
	await ready
	outside TERM
	await_drained SIGTERM 15
	tell 'exit 0'
	await_end
	assert_status 0
}

@test "drain delay: a further stop signal ends it" {
	ln -s "$(type -p sigreport)" "$bin/server"
	words drain
	# So that only the signal can end it.
	start_pid1 "${words[@]/15s/10m}"
	await ready
	outside TERM
	await '"stage"'
	outside TERM
	pass_guard
	refute [ -n "$(grep '^got 15' <<<"$output")" ]
	outside TERM
	await '^got 15 '
	tell 'exit 0'
	await_end
}

@test "another stop signal" {
	program nginx <<<'[[ $* == "-g daemon off;" ]] && exec sigreport'
	hastened quit
	start_pid1 "${words[@]}"
	await ready
	outside QUIT
	await_drained SIGQUIT 3
	tell 'exit 0'
	await_end
	assert_status 0
}

@test "entry point script that ends with exec" {
	program server <<<'[[ -d $DATA ]] && exec sigreport'
	words with-exec
	script entrypoint.sh entrypoint-exec
	DATA=$BATS_TEST_TMPDIR/data
	export DATA
	start_pid1 "${words[@]}"
	await ready
	outside TERM
	await '^got 15 '
	tell 'exit 3'
	await_end
	assert_status 3
}

@test "entry point script that does not" {
	stayer server
	export DATA=$BATS_TEST_TMPDIR/data
	words without-exec
	script entrypoint.sh entrypoint-shell
	start_pid1 "${words[@]}"
	await '^server is up$'
	outside TERM
	await_end
	assert_line 'server got TERM'
	assert_status 0
}

@test "entry point script that has work to do after the server" {
	stayer server
	words after
	script entrypoint.sh entrypoint-after
	start_pid1 "${words[@]}"
	await '^server is up$'
	outside TERM
	await_end
	assert_line 'server got TERM'
	assert_line 'the server has ended with 0'
	assert_status 0
}

@test "two processes: stop ends both" {
	stayer server
	stayer worker
	words two
	script both.sh both
	start_pid1 "${words[@]}"
	await 'is up$'
	await 'is up$'
	outside TERM
	await_end
	assert_line 'server got TERM'
	assert_line 'worker got TERM'
	assert_status 0
}

@test "two processes: the end of one ends the other" {
	stayer server
	program worker <<<'sleep 0.3; exit 3'
	words two
	script both.sh both
	start_pid1 "${words[@]}"
	await '^server is up$'
	await_end
	assert_line 'server got TERM'
	assert_status 3
}

@test "waiting for all" {
	local name
	program start-services <<<'(sleep 0.5; echo "service ends") & exit 4'
	for name in wait wait-then-stop; do
		words "$name"
		run pid1 "${words[@]}"
		assert_status 4
		assert_line 'service ends'
	done
}

@test "waiting for all: stop" {
	program start-services <<<'end_daemon -c; exit 4'
	for name in wait wait-then-stop; do
		words "$name"
		start_pid1 --status-fd=1 "${words[@]}"
		await '"stage"'
		pass_guard
		outside TERM
		await_end
		assert_line 'cleaned up'
		assert_status 4
	done
}

@test "agent sandbox" {
	words sandbox
	start_pid1 --status-fd=1 "${words[@]}"
	await '"spawned"'
	enter end_daemon -c
	enter sh -c '(sleep 0.01 &)'
	eventually no_zombies
	inside TERM
	await '^cinit: dropped SIGTERM'
	outside TERM
	await_end
	assert_line --regexp '"reaped",.*"code":3}$' # it has cleaned up
	assert_status 0
}

@test "agent sandbox: a tool that kills everything" {
	words sandbox
	start_pid1 --status-fd=1 "${words[@]}"
	await '"spawned"'
	enter bash -c 'kill -KILL -1' || true
	await_end
	assert_status 137

	block sandbox-pause | grep -qx 'ENTRYPOINT \["/cinit", "--pause"\]'
	start_pid1 --status-fd=1 --pause
	await '"hello"'
	enter bash -c 'kill -KILL -1' || true
	assert alive "$init"
	inside TERM
	await_end
	assert_status 0
}

@test "an agent's tool: what it leaves behind ends with it" {
	program tool <<<'end_daemon -i; exit 5'
	words tool
	start_cinit "${words[@]}"
	await '^daemon ([0-9]+)'
	local daemon=${BASH_REMATCH[1]}
	await_end
	assert_status 5
	assert gone "$daemon"
}

@test "an agent's tool: ends when the agent is killed" {
	program tool <<<'end_daemon -i; while :; do sleep 1; done'
	words tool
	start_cinit "${words[@]}"
	await '^daemon ([0-9]+)'
	local daemon=${BASH_REMATCH[1]}
	kill -KILL "$job"
	await_end
	assert gone "$daemon"
	assert gone "$init"
}

@test "an agent's tool: has a time limit" {
	export CINIT
	TIME_LIMIT=200ms run "${tests%/*}/examples/agent.py" sleep 1000
	assert_line 'killed by SIGTERM at the time limit'
}

# ---- hosts and CI ----

@test "time limit" {
	program make <<<'end_daemon; trap "" TERM; while :; do sleep 0.02; done'
	local name
	for name in limit jenkins; do
		hastened "$name"
		start_cinit "${words[@]}"
		await '^daemon ([0-9]+)'
		local daemon=${BASH_REMATCH[1]}
		await_end
		assert_status 124
		# launch would end a hanging cinit with 124 as well.
		assert_line --partial '"done","status":124'
		assert gone "$daemon"
	done
}

@test "CI step: nothing stays behind" {
	program make <<<'end_daemon -i; exit 2'
	hastened ci
	start_cinit "${words[@]}"
	await '^daemon ([0-9]+)'
	local daemon=${BASH_REMATCH[1]}
	await_end
	assert_status 2
	assert gone "$daemon"
}

# start_step NAME [exec]: in a script of its own, as CI systems run it.
start_step() {
	hastened "$1"
	echo "${2-} cinit ${words[*]}" >"$BATS_TEST_TMPDIR/step"
	start "${with[@]}" -- bash -e "$BATS_TEST_TMPDIR/step"
}

@test "CI step: it ends when its shell is killed" {
	program make <<<'end_daemon -i; while :; do sleep 0.02; done'
	start_step ci
	await '^daemon ([0-9]+)'
	local daemon=${BASH_REMATCH[1]}
	kill -KILL "$init"
	await_end
	assert gone "$daemon"
}

@test "CI step: in a namespace nothing survives cinit" {
	program make <<<'end_daemon -i; while :; do sleep 0.02; done'
	words ci-namespace
	start_cinit "${words[@]}"
	await '^daemon'
	kill -KILL "$init"
	# The end of its output is the end of the last that holds it.
	run -1 timeout "$AWAIT_SECONDS" grep never <&"$out_fd"
	await_end
	assert_status 137
}

@test "GitHub Actions: a cancelled step ends in good order" {
	stayer make
	block github | grep -q 'run: exec cinit'
	start_step github exec
	await '^make is up$'
	outside INT
	await_end
	assert_line 'make got TERM'
	assert_status 0
}

@test "GitHub Actions: a step that does not end is killed in time" {
	program make <<<'trap "" TERM INT; echo up; while :; do sleep 0.02; done'
	hastened github
	start_cinit "${words[@]}"
	await '^up$'
	outside INT
	await '"stage":2,"signal":"SIGKILL"'
	await_end
	assert_status 137
}

@test "systemd unit" {
	ln -s "$(type -p sigreport)" "$bin/server"
	hastened unit
	block unit | grep -qx 'KillMode=mixed'
	start_cinit "${words[@]}"
	await ready
	outside TERM
	await '^got 15 '
	tell 'exit 0'
	await_end
	assert_status 0
}

# ---- Kubernetes ----

@test "pod with an image volume" {
	ln -s "$(type -p sigreport)" "$bin/server"
	hastened volume
	start_pid1 "${words[@]}"
	await ready
	outside TERM
	await_drained SIGTERM 15
	tell 'exit 0'
	await_end
	assert_status 0
}

in_pod() {
	local user=()
	((EUID == 0)) || user=(--user --preserve-credentials)
	nsenter "${user[@]}" --pid --mount --target "$init" "$@"
}

@test "pod that shares its PID namespace" {
	program server <<<'end_daemon -c; exit 3'
	block shared | grep -q 'shareProcessNamespace: true'
	words shared
	start_pid1 --status-fd=1 --pause
	await '"hello"'
	in_pod sleep 1000 3>&- &
	# The lists of both containers: the server's command is what comes before the worker's.
	local server=("${words[@]:0:3}")
	assert_equal "${server[*]}" '--grace=TERM:10s,KILL -- server'
	run in_pod "$CINIT" "${server[@]}"
	assert_status 3
	assert_line 'cleaned up'
	eventually in_pod pgrep -x sleep
	inside TERM
	wait $! || true
}
