#!/usr/bin/env bats
# Signals that an engine's exec sends to PID 1 from inside, when the payload does not handle them.

load helper.bash

# shellcheck disable=SC2034 # bats reads it
BATS_TEST_NAME_PREFIX='inside: '

# WINCH after TERM: pending signals are taken in the order of their numbers.
assert_term_from_inside_spares_payload() {
	box_start witness WINCH
	box exec kill -TERM 1
	box exec kill -WINCH 1
	await 'got WINCH'
	box stop
	assert_box_status 143
}

@test "TERM by docker exec spares the payload of an entrypoint" {
	ENGINE=docker-entrypoint
	assert_term_from_inside_spares_payload
}

@test "TERM by podman exec spares the payload" {
	ENGINE=podman-init
	assert_term_from_inside_spares_payload
}

@test "TERM by runc exec spares the payload" {
	ENGINE=runc
	assert_term_from_inside_spares_payload
}

@test "the first drop is one warning with the remedy" {
	ENGINE=docker-entrypoint
	box_start witness WINCH
	box exec kill -TERM 1
	box exec kill -TERM 1
	await --inside=forward
	box exec kill -WINCH 1
	await 'got WINCH'
	assert_seen 1 --inside=forward
}

@test "called docker-init it forwards TERM from inside, as that program does" {
	ENGINE=docker-init
	box_start witness WINCH
	box exec kill -TERM 1 || true # the container may be gone before Docker knows of the exec's end
	assert_box_status 143
}
