load helper

# bats' own directories are closed to other users.
setup() {
	dir=$(mktemp -d /tmp/cinit-survivors.XXXXXX)
	chmod 755 "$dir"
}

# Not PID 1: who is left behind, and what cinit says of it.

@test "leftovers that had to be killed are one warning with their number" {
	run cinit --grace=TERM:50ms,KILL sh -c 'end_daemon -i; end_daemon -i; exit 7'
	assert_status 7
	assert_line 'cinit: left behind and ended by SIGKILL: 2'
	assert_equal "$(grep -c '^cinit' <<<"$output")" 1
}

@test "leftovers that end by SIGTERM are no warning" {
	run cinit --grace=TERM:10s,KILL sh -c 'end_daemon -c; exit 7'
	assert_status 7
	refute_line --partial cinit:
}

@test "leftovers that outlive a plan without SIGKILL are one warning with their number" {
	run cinit --grace=TERM:50ms sh -c 'end_daemon -i; exit 7'
	assert_status 7
	assert_line 'cinit: left behind and not ended: 1'
}

@test "where SIGKILL was all that was asked for, and where nothing was, there is no warning" {
	local plan
	for plan in KILL none; do
		run cinit --grace=$plan sh -c 'end_daemon -i; exit 7'
		assert_status 7
		refute_line --partial cinit:
	done
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

# ---- the parent's end, behind those who change user or session ----

# dies_with WRAPPER…: cinit below it gets SIGTERM when the wrapper dies.
dies_with() {
	start "${with[@]}" -- bash -c '"$@" & echo "wrapper $!"; exec sleep 1000' - "$@"
	await '^wrapper ([0-9]+)$'
	local wrapper=${BASH_REMATCH[1]}
	await '^payload ([0-9]+)$'
	local payload=${BASH_REMATCH[1]}
	kill -KILL "$wrapper"
	await '^got 15$'
	eventually gone "$payload"
}

payload='trap "echo got 15; exit 0" TERM; echo payload $$; while :; do sleep 0.05; done'

@test "--parent-death: behind setsid" {
	dies_with setsid --fork --wait "$CINIT" -p TERM bash -c "$payload"
}

@test "--parent-death: behind su, which changes the user" {
	((EUID == 0)) || skip 'needs root'
	cp "$CINIT" "$dir/cinit"
	dies_with su -s /bin/bash nobody -c "cd /; exec $dir/cinit -p TERM bash -c '$payload'"
}

teardown() {
	forget
	rm -r "$dir"
}

@test "--parent-death: cinit changes the user of the payload" {
	((EUID == 0)) || skip 'needs root'
	dies_with setsid --fork --wait "$CINIT" -p TERM -u 65534 bash -c "$payload"
}

@test "--parent-death: a parent that had died before counts as dead, and a line says so" {
	with=(-k -b 15)
	traced prctl:signal=SIGSTOP:when=1 start_cinit -p TERM sigreport
	stopped() {
		[[ $(ps -o state= -p "$init") == [tT] ]]
	}
	eventually stopped
	kill -KILL "$job"
	orphaned() {
		(($(ps -o ppid= -p "$init") != job))
	}
	eventually orphaned
	kill -CONT "$init"
	await '^cinit: the parent of cinit had died before'
	await '^got 15 '
	tell 'exit 0'
	await_end
}
