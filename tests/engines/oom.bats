#!/usr/bin/env bats
# Payloads that run out of their memory cgroup's limit.

load helper.bash

# shellcheck disable=SC2034 # bats reads it
BATS_TEST_NAME_PREFIX='memory: '

# Without swap, so that the limit is one.
limited() {
	/usr/bin/docker run --rm --network none --name "$BOX" --memory 32m --memory-swap 32m with-cinit "$@"
}

@test "a payload killed for want of memory: one line with the counts" {
	run -137 limited tail /dev/zero
	assert_output --regexp '^cinit: [^'$'\n'']*memory[^'$'\n'']* 0 to [1-9]'
	assert_equal "${#lines[@]}" 1
}

@test "a payload's child killed for want of memory is the payload's affair" {
	run -3 limited sh -c 'tail /dev/zero 2>/dev/null; exit 3'
	refute_output --partial cinit
}

@test "a payload killed otherwise, in a limited cgroup, did not want for memory" {
	run -137 limited sh -c 'kill -KILL $$'
	assert_output --partial 'cinit did not send'
	refute_output --partial memory
}

@test "a payload killed by SIGKILL after a child of it ran out of memory" {
	run -137 limited sh -c 'tail /dev/zero; kill -KILL $$'
	assert_output --regexp '^.*cinit: [^'$'\n'']*memory'
}

@test "the status event says it" {
	run -137 /usr/bin/docker run --rm --network none --name "$BOX" --memory 32m --memory-swap 32m \
		--entrypoint /cinit with-cinit --status-fd=2 tail /dev/zero
	assert_line '{"event":"exited","signal":"SIGKILL","core":false,"oom":true}'
}
