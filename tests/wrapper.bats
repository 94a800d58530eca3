# cinit that is not PID 1, around a command on a host or in a container that has an init already: when
# the command has ended, nothing of its tree stays behind.

# Every test is a subshell.
# shellcheck disable=SC2030,SC2031
load helper

setup() {
	# What cinit leaves behind is left alone: the tests look for it.
	with=(-k)
	# By which teardown knows what the test has started.
	export STARTED_BY=$BATS_TEST_TMPDIR
}

teardown() {
	local -
	set +e
	mapfile -t strays < <(grep -lsxzF "STARTED_BY=$STARTED_BY" /proc/[0-9]*/environ | cut -d / -f 3)
	kill -KILL "${strays[@]}" 2>/dev/null
	forget
}

# await_daemon: the pid of the end_daemon that is printed next is the last of $strays.
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

@test "daemons that have double-forked and setsid'ed are gone when the command has ended" {
	start_cinit --grace=TERM:50ms,KILL sh -c 'end_daemon; end_daemon -i; setsid end_daemon -i; read line; exit 7'
	await_daemon
	await_daemon
	await_daemon
	tell end
	await_end
	assert_status 7
	assert_all_gone
}

@test "not only orphans, but what they have for children gets the plan" {
	start_cinit --status-fd=2 sh -c '(sh -c "end_daemon; sleep 1000 & echo daemon \$!; wait" &); read line; exit 7'
	await_daemon
	await_daemon
	tell end
	await_end
	assert_status 7
	assert_all_gone
	told
	assert_line 'left count=3'
}

@test "a command that is killed leaves nothing behind" {
	local sig
	for sig in TERM KILL; do
		start_cinit --grace=TERM:50ms,KILL sh -c 'end_daemon -i; read line'
		await_daemon
		kill -s "$sig" "$(payload_pid)"
		await_end
		assert_all_gone
	done
}

@test "a command that cinit is told to stop leaves nothing behind" {
	start_cinit --grace=TERM:50ms,KILL --stop=TERM:50ms,KILL sh -c 'trap "" TERM; end_daemon -i; sleep 1000'
	await_daemon
	outside TERM
	await_end
	assert_status 137
	assert_all_gone
}

@test "nobody outside the tree is signalled" {
	start "${with[@]}" -- sh -c 'end_daemon; end_daemon; sigreport -c & "$@"; echo "status $?"; read line' \
		- "$CINIT" --grace=TERM:50ms,KILL sh -c 'end_daemon -i; exit 7'
	await_daemon
	await_daemon
	await '^status 7$'
	refute [ -n "$(grep '^got' <<<"$output")" ]
	local pid
	for pid in "${strays[@]}"; do
		assert alive "$pid"
	done
	kill -KILL "$(pgrep -P "$init" sigreport)"
	tell end
	hang_up
}

@test "a cinit in a cinit takes its own tree only" {
	start_cinit sh -c 'end_daemon; "$@"; echo "status $?"; read line' - \
		"$CINIT" --grace=TERM:50ms,KILL sh -c 'end_daemon -i; exit 7'
	await_daemon
	await '^status 7$'
	assert alive "${strays[0]}"
	assert gone "$(sed -n 's/^daemon \([0-9]*\).*/\1/p' <<<"$output" | tail -n 1)"
	tell end
	await_end
	assert_all_gone
}

@test "a command without leftovers ends at once, with its status" {
	run cinit --grace=TERM:1m,KILL sh -c 'sh -c "exit 3" & wait; exit 7'
	assert_status 7
	assert_output ''
}

# ---- the parent's end ----

driver_dies() {
	kill -KILL "$job"
}

@test "--parent-death=TERM: the command gets it when the parent has gone" {
	local start
	for start in start_cinit start_pid1; do
		"$start" -p TERM sigreport
		await ready
		driver_dies
		await '^got 15 '
		tell 'exit 0'
		await_end
	done
}

@test "--parent-death takes any signal, and acts on it as if it had come" {
	start_cinit -p USR1 sigreport
	await ready
	driver_dies
	await '^got 10 '
	tell 'exit 0'
	await_end
	start_cinit -p HUP --rewrite=HUP:INT sigreport
	await ready
	driver_dies
	await '^got 2 '
	tell 'exit 0'
	await_end
}

@test "--parent-death=TERM runs the stop plan, and the grace plan after it" {
	start_cinit --parent-death=TERM --stop=INT:50ms,KILL --grace=50ms sh -c 'end_daemon -i; exec sigreport'
	await_daemon
	await ready
	driver_dies
	await '^got 2 '
	await_end
	assert_all_gone
}

# The end of its output is the end of the last that holds it.
@test "--parent-death=KILL leaves nothing behind" {
	local start
	for start in start_cinit start_pid1; do
		"$start" -p KILL --grace=50ms sh -c 'trap "" TERM; end_daemon -i; echo "daemon $$"; while :; do sleep 1; done'
		await '^daemon'
		await '^daemon'
		driver_dies
		await_end
		eventually gone "$init"
	done
}

@test "--parent-death=KILL: SIGTERM is SIGTERM while the parent is there" {
	start_cinit -p KILL sigreport
	await ready
	outside TERM
	await '^got 15 '
	tell 'exit 4'
	await_end
	assert_status 4
}

@test "--parent-death=KILL: SIGTERM by the parent is SIGTERM too" {
	start "${with[@]}" -- bash -c 'trap "kill -TERM \$!" USR1; "$@" <&0 & wait; wait' - \
		"$CINIT" -p KILL sigreport
	await ready
	outside USR1
	await '^got 15 '
	tell 'exit 4'
	await_end
}

@test "--parent-death: a parent that dies in the first moment is not missed" {
	local call
	# Stopped there, before it has asked for the signal.
	for call in getppid:when=1 prctl:when=1; do
		# It comes before the command can catch it.
		with=(-k -b 15)
		traced "${call/:/:signal=SIGSTOP:}" start_cinit -p TERM sigreport
		stopped() {
			[[ $(ps -o state= -p "$init") == [tT] ]]
		}
		eventually stopped
		driver_dies
		kill -CONT "$init"
		await '^got 15 '
		tell 'exit 0'
		await_end
	done
}

@test "--parent-death=KILL under PID 1: SIGTERM from outside is SIGTERM" {
	start_pid1 -p KILL sh -c 'trap "exit 3" TERM; echo ready; while :; do sleep 0.1; done'
	await ready
	outside TERM
	await_end
	assert_status 3
}

# The kernel's watch is over the thread (prctl(2)).
@test "--parent-death: the end of the thread that started cinit is not the parent's" {
	local sig
	for sig in TERM KILL; do
		run -0 python3 -SI -c 'import subprocess, sys, threading
def start():
    global job
    job = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    job.stdout.readline()
thread = threading.Thread(target=start)
thread.start()
thread.join()
job.communicate(b"go\n")
print("ended with", job.returncode)' "$CINIT" "--parent-death=$sig" sh -c 'echo ready; read -r _; exit 6'
		assert_output 'ended with 6'
	done
}

@test "--parent-death=STOP is refused" {
	refuses "'STOP'" -p STOP true
}

@test "--parent-death: an unknown signal is 125" {
	refuses "'NOSUCH'" -p NOSUCH true
}

@test "without --parent-death the command outlives the parent" {
	start_cinit sigreport
	await ready
	driver_dies
	wait "$job" || true
	outside USR1
	await '^got 10 '
	[[ $output != *'got 15'* ]] || fail "$output"
	tell 'exit 0'
	await_end
}

# ---- in a container whose PID 1 is something else ----

start_container() {
	start -p -- sh -c 'end_daemon; echo ready; read line'
	await ready
}

# entered COMMAND…: as `docker exec` does.
entered() {
	local user=()
	((EUID == 0)) || user=(--user --preserve-credentials)
	nsenter "${user[@]}" --pid --mount --target "$init" "$@"
}

in_container() {
	entered sh -c 'cd /proc && ls -d [0-9]*' | wc -l
}

@test "in a container: what the command started is gone, all else is as it was" {
	start_container
	local before
	before=$(in_container)
	run entered "$CINIT" --status-fd=2 --grace=50ms sh -c 'end_daemon -i; exit 7'
	assert_status 7
	told
	assert_line 'left count=1'
	assert_line 'stage plan=grace stage=2 signal=SIGKILL'
	assert_equal "$(in_container)" "$before"
}

@test "in a container whose PID 1 is cinit" {
	start_pid1 sh -c 'end_daemon; echo ready; read line; exit 4'
	await ready
	local before
	before=$(in_container)
	run entered "$CINIT" --status-fd=2 sh -c 'end_daemon; exit 7'
	assert_status 7
	told
	assert_line 'left count=1'
	assert_equal "$(in_container)" "$before"
	tell end
	await_end
	assert_status 4
}

# What `docker exec` does is kill nothing when its client disappears.
@test "in a container: --parent-death=KILL, and the one who entered disappears" {
	start_container
	local before client
	before=$(in_container)
	exec {screen}< <(entered "$CINIT" --parent-death=KILL --grace=50ms \
		sh -c 'trap "" TERM; end_daemon -i; echo up; while :; do sleep 1; done' & echo "$!"; wait)
	read -r -t 10 -u "$screen" client
	until [[ $line == up ]]; do
		read -r -t 10 -u "$screen" line
	done
	strays+=("$client")
	kill -KILL $(pgrep -P "$client") "$client"
	as_before() {
		[[ $(in_container) == "$before" ]]
	}
	eventually as_before
}

# ---- what people wrap ----

@test "a build tool: its job server reaches the jobs through cinit" {
	cd "$BATS_TEST_TMPDIR"
	printf '%s\n' 'all: a b' 'a b:' '	+@"$(CINIT)" --grace=50ms -- $(MAKE) --no-print-directory -f sub made-$@' >Makefile
	printf '%s\n' 'made-%: one-% two-%' '	@echo $@' 'one-%:' '	@end_daemon -i' 'two-%:' '	@end_daemon -i' >sub
	run launch -k -- env "CINIT=$CINIT" make -j 3
	assert_status 0
	assert_line made-a
	assert_line made-b
	refute_output --partial jobserver
	strays=($(sed -n 's/^daemon //p' <<<"$output"))
	assert_equal "${#strays[@]}" 4
	assert_all_gone
}

@test "a build that is interrupted leaves no job behind" {
	cd "$BATS_TEST_TMPDIR"
	printf 'all: a b\na b:\n\t@end_daemon -i; sleep 1000\n' >Makefile
	start_cinit --grace=50ms make -j 2
	await_daemon
	await_daemon
	outside TERM
	await_end
	assert_all_gone
}

@test "example: a CI job" {
	CINIT=$CINIT run "${tests%/*}/examples/ci-job.sh"
	assert_success
	assert_line --partial 'nothing is left'
}

@test "example: a daemon" {
	CINIT=$CINIT run "${tests%/*}/examples/daemon.sh"
	assert_success
	assert_line --partial 'nothing is left'
}

@test "example: an agent tells how its command ended" {
	export CINIT
	run "${tests%/*}/examples/agent.py" sh -c 'end_daemon; exit 3'
	assert_line 'exit code 3, 1 left behind and ended'
	run "${tests%/*}/examples/agent.py" sh -c 'kill -KILL $$'
	assert_line 'killed by SIGKILL'
	run "${tests%/*}/examples/agent.py" no-such-command
	assert_line --partial 'not started:'
}

@test "example: an agent that disappears leaves nothing behind" {
	export CINIT
	start -k -- "${tests%/*}/examples/agent.py" sh -c 'trap "" TERM; end_daemon -i; while :; do sleep 1; done'
	await_daemon
	kill -KILL "$init"
	await_end
	assert_all_gone
}
