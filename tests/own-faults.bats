# Faults in cinit itself, which only a bug of its own can be, and signals of that kind that are sent.
load helper

@test "a sent SIGSEGV is the payload's, not a fault" {
	start_pid1 sig_disposition caught 11
	await ready
	outside SEGV
	await '^got 11 '
	refute_output --partial 'in init'
}

# Which it does when it goes on: not in its wait for signals, which would take it, its handler does.
@test "a sent SIGSEGV that interrupts cinit is the payload's too" {
	local start
	for start in "${starts[@]}"; do
		"$start" sig_disposition caught 11
		await ready
		kill -STOP "$init"
		eventually is_stopped "$init"
		outside SEGV
		kill -CONT "$init"
		await '^got 11 '
		refute_output --partial 'in init'
	done
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
