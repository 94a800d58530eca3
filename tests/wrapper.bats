# cinit that is not PID 1, around a command on a host or in a container that has an init already: when
# the command has ended, nothing of its tree stays behind.

# Every test is a subshell.
# shellcheck disable=SC2030,SC2031
load helper

setup() {
	leaves_descendants
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

@test "no descendant outlives cinit, however it got away" {
	run cinit --grace=TERM:50ms,KILL sh -c 'end_daemon -i; end_daemon -s; setsid sh -c "trap : TERM; sleep 1000" &
		(exec setsid end_daemon -i); exit 7'
	assert_status 7
	local word
	while read -r _ word _; do
		assert gone "$word"
	done < <(grep '^daemon' <<<"$output")
}

@test "a command without leftovers ends at once, with its status" {
	run cinit --grace=TERM:1m,KILL sh -c 'sh -c "exit 3" & wait; exit 7'
	assert_status 7
	assert_output ''
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
		sh -c 'trap "" TERM; end_daemon -i; echo up; while :; do sleep 1; done')
	client=$!
	until [[ $line == up ]]; do
		read -r -t "$AWAIT_SECONDS" -u "$screen" line
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
