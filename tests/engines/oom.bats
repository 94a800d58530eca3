#!/usr/bin/env bats
# Payloads that run out of their memory cgroup's limit.

load helper.bash

# shellcheck disable=SC2034 # bats reads it
BATS_TEST_NAME_PREFIX='memory: '

# Without swap, so that the limit is one.
limited() { docker_run --memory 25m --memory-swap 25m "$@"; }

@test "a payload killed for want of memory: one line with the counts" {
	run -137 limited with-cinit tail /dev/zero
	assert_output --regexp '^cinit: [^'$'\n'']*memory[^'$'\n'']* 0 to [1-9]'
	assert_equal "${#lines[@]}" 1
}

@test "a payload's child killed for want of memory: one line, and the payload's own status" {
	run -3 limited --entrypoint /cinit with-cinit --status-fd=2 \
		sh -c 'tail /dev/zero 2>/dev/null; exit 3'
	assert_line --regexp '^cinit: a process below the command [^'$'\n'']*memory[^'$'\n'']* 0 to [1-9]'
	assert_equal "$(grep -c cinit: <<<"$output")" 1
	assert_line '{"event":"exited","code":3,"core":false,"oom":true}'
	assert_line '{"event":"done","status":3}'
}

# The shell's own way of telling what became of its child.
@test "a payload that ends with the status of a child killed for want of memory" {
	run -137 limited with-cinit sh -c 'tail /dev/zero; exit $?'
	assert_line --regexp '^cinit: [^'$'\n'']*memory'
}

@test "a payload killed otherwise, in a limited cgroup, did not want for memory" {
	run -137 limited with-cinit sh -c 'kill -KILL $$'
	assert_output --partial 'cinit did not send'
	refute_output --partial memory
}

@test "a payload killed by SIGKILL after a child of it ran out of memory" {
	run -137 limited with-cinit sh -c 'tail /dev/zero; kill -KILL $$'
	assert_output --regexp '^.*cinit: [^'$'\n'']*memory'
}

@test "the status event says it" {
	run -137 limited --entrypoint /cinit with-cinit --status-fd=2 tail /dev/zero
	assert_line '{"event":"exited","signal":"SIGKILL","core":false,"oom":true}'
}
