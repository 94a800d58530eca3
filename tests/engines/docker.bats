#!/usr/bin/env bats
# What only Docker shows: the image that the project's Dockerfile makes, and the ways of running a
# container in which an init has fewer rights, or is not PID 1.

load helper.bash

# shellcheck disable=SC2034 # bats reads it
BATS_TEST_NAME_PREFIX='docker: '

@test "the image holds /cinit alone" {
	docker save --output "$BATS_TEST_TMPDIR/image.tar" cinit
	run -0 bash -c 'tar -xOf "$1" --wildcards "*/layer.tar" | tar -t' - "$BATS_TEST_TMPDIR/image.tar"
	assert_output cinit
}

@test "the image by itself answers --version" {
	run -0 docker_run cinit --version
	assert_output --partial cinit
}

@test "no capability, no new privileges, a read-only root, another user, two processes at most" {
	run -7 docker_run --cap-drop ALL --security-opt no-new-privileges --read-only --user 65534:65534 \
		--pids-limit 2 with-cinit sh -c 'exit 7'
	assert_output ''
}

@test "cinit and payload as another user than root: stopped, with no capability for it" {
	coproc { docker_run --cap-drop ALL --user 65534:65534 with-cinit witness; }
	listen
	docker stop "$BOX"
	assert_box_status 42
}

@test "where one process is allowed, cinit says why there is no payload" {
	run -125 docker_run --pids-limit 1 with-cinit true
	assert_output --regexp "^cinit: [^"$'\n'"]*'true'[^"$'\n'"]*EAGAIN[^"$'\n'"]*pids\.max[^"$'\n'"]* 1$"
}

# The payload changes its user, as daemons do; PID 1 has no right to signal that one.
start_payload_of_nobody() { # start_payload_of_nobody COMMAND
	ENGINE=docker-entrypoint
	coproc { docker_run --cap-drop KILL with-cinit su -s /bin/sh nobody -c "exec $1" 2>&1; }
	listen
}

@test "a payload that may not be signalled, for want of CAP_KILL, is one line; cinit goes on" {
	start_payload_of_nobody witness
	box signal TERM
	await 'unable to send SIGTERM'
	docker exec --user nobody "$BOX" sh -c 'kill -USR1 $(pidof witness)'
	await 'got USR1'
	docker exec --user nobody "$BOX" sh -c 'kill -TERM $(pidof witness)' || true # see "behaviours"
	assert_box_status 42
	assert_seen 1 'unable to send SIGTERM'
}

@test "leftovers that may not be signalled, for want of CAP_KILL, are one line and not waited for" {
	start_payload_of_nobody 'sh -c "sleep 1000 & echo ready; exit 3"'
	assert_box_status 3
	assert_seen 1 cinit:
	assert_seen 1 'needs CAP_KILL'
}

@test "--pause in a container whose PID namespace others share gives them TERM and time" {
	ENGINE=docker-entrypoint
	docker run --detach --network none --name "$BOX" --entrypoint /cinit with-cinit --pause
	coproc {
		docker run --rm --network none --pid "container:$BOX" base \
			sh -c 'trap "echo got TERM; sleep 1; exit 5" TERM; echo ready; sleep 1000 & wait' 2>&1
	}
	listen
	box stop
	assert_box_status 5
	assert_exit_code docker "$BOX" 0
	run -0 docker logs "$BOX"
	assert_output ''
}

@test "in another container's PID namespace orphans are reaped and the exit code is right" {
	ENGINE='docker-entrypoint'
	box_start witness
	run -0 docker run --rm --network none --pid "container:$BOX" with-cinit orphans 100
	assert_output 'orphans 100, refused 0, zombies 0'
	run -7 docker run --rm --network none --pid "container:$BOX" with-cinit sh -c 'exit 7'
	assert_output ''
}
