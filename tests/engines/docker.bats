#!/usr/bin/env bats
# What only Docker shows: the image that the project's Dockerfile makes, and the ways of running a
# container in which an init has fewer rights, or is not PID 1.

load helper.bash

# shellcheck disable=SC2034 # bats reads it
BATS_TEST_NAME_PREFIX='docker: '

docker=/usr/bin/docker
new() { $docker run --rm --network none --name "$BOX" "$@"; }

@test "the image holds /cinit alone" {
	$docker save --output "$BATS_TEST_TMPDIR/image.tar" cinit
	run -0 bash -c 'tar -xOf "$1" --wildcards "*/layer.tar" | tar -t' - "$BATS_TEST_TMPDIR/image.tar"
	assert_output cinit
}

@test "the image by itself answers --version" {
	run -0 new cinit --version
	assert_output --partial cinit
}

@test "no capability, no new privileges, a read-only root, another user, two processes at most" {
	run -7 new --cap-drop ALL --security-opt no-new-privileges --read-only --user 65534:65534 \
		--pids-limit 2 with-cinit sh -c 'exit 7'
	assert_output ''
}

@test "a payload of another user is stopped, with no capability for it" {
	coproc { new --cap-drop ALL --user 65534:65534 with-cinit witness; }
	listen
	$docker stop "$BOX"
	assert_box_status 42
}

@test "in another container's PID namespace orphans are reaped and the exit code is right" {
	ENGINE='docker-entrypoint'
	box_start witness
	run -0 $docker run --rm --network none --pid "container:$BOX" with-cinit orphans 100
	assert_output 'orphans 100, refused 0, zombies 0'
	run -7 $docker run --rm --network none --pid "container:$BOX" with-cinit sh -c 'exit 7'
	assert_output ''
}
