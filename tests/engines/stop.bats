#!/usr/bin/env bats
# What an engine's stop does: to the processes that it has executed in a container, and with plans.

load helper.bash

# shellcheck disable=SC2034 # bats reads it
BATS_TEST_NAME_PREFIX='stop: '

# Container logs are written to by way of PID 1: an exec'd process has a stdout of its own.
readonly WORKER='
	exec >/proc/1/fd/1
	trap "echo worker got TERM; sleep 1; echo worker has cleaned up; exit" TERM
	echo worker ready
	sleep 1000 & wait'

assert_worker_has_its_time() {
	box_start sh -c 'echo ready; exec sleep 1000'
	box spawn sh -c "$WORKER"
	await 'worker ready'
	box stop
	assert_box_status 143
	assert_order 'worker got TERM' 'worker has cleaned up'
}

# start_plan PLAN [OPTION]... PAYLOAD...: in a container of Docker, with events
start_plan() {
	ENGINE=docker-entrypoint
	coproc { docker_run --entrypoint /cinit with-cinit --status-fd=2 --stop="$1" "${@:2}" 2>&1; }
	listen
}

@test "an exec'd worker outlives the payload for the second that it needs: docker" {
	ENGINE=docker-entrypoint
	assert_worker_has_its_time
}

@test "an exec'd worker outlives the payload for the second that it needs: podman" {
	ENGINE=podman-entrypoint
	assert_worker_has_its_time
}

@test "an exec'd worker outlives the payload for the second that it needs: podman --init" {
	ENGINE=podman-init
	assert_worker_has_its_time
}

@test "an exec'd worker outlives the payload for the second that it needs: runc" {
	ENGINE=runc
	assert_worker_has_its_time
}

# A name that Docker chooses: tini's place has no grace plan.
@test "docker run --init gives an exec'd worker its time if CINIT_OPTIONS says so" {
	ENGINE=docker-init
	coproc { docker_run --init --env CINIT_OPTIONS=--grace=30s base sh -c 'echo ready; exec sleep 1000' 2>&1; }
	listen
	box spawn sh -c "$WORKER"
	await 'worker ready'
	box stop
	assert_box_status 143
	assert_order 'worker got TERM' 'worker has cleaned up'
}

@test "INT and QUIT go on to the next stage" {
	start_plan wait:10m,USR1:10m,USR2:10m,KILL witness
	box signal TERM
	await '"stage":1'
	signal_until INT '"stage":2'
	signal_until QUIT '"stage":3'
	signal_until INT '"stage":4'
	assert_box_status 137
	assert_order '"stage":2,"signal":"SIGUSR1"' '"stage":3,"signal":"SIGUSR2"' '"stage":4'
	assert_seen 1 'got USR1'
	assert_seen 1 'got USR2'
	assert_seen 0 'got INT'
	assert_seen 0 'got QUIT'
}

@test "two TERMs at once do not go on" {
	start_plan wait:10m,KILL witness
	local init
	init=$(docker inspect --format '{{.State.Pid}}' "$BOX")
	kill -TERM "$init"
	await '"stage":1'
	await '"name":"SIGTERM"'
	kill -TERM "$init"
	await '"name":"SIGTERM"'
	kill -WINCH "$init"
	await 'got WINCH'
	assert_seen 2 '"name":"SIGTERM"'
	assert_seen 0 '"stage":2'
}

@test "an image with a STOPSIGNAL of its own, which begins the plan" {
	ENGINE=docker-entrypoint
	docker build --quiet --network none --tag stopped-by-quit - <<-'END'
		FROM with-cinit
		STOPSIGNAL SIGQUIT
		ENTRYPOINT ["/cinit", "--stop-on=QUIT", "--stop=wait:1s,QUIT:30s,KILL", "--status-fd=2", "--"]
	END
	coproc { docker_run stopped-by-quit sh -c 'trap "echo got QUIT; exit 3" QUIT; echo ready
		while :; do sleep 0.1; done' 2>&1; }
	listen
	box stop
	assert_box_status 3
	assert_order '"stage":1,"signal":null' '"stage":2,"signal":"SIGQUIT"' '"code":3'
	assert_seen 1 'got QUIT'
}

@test "--time-limit ends a container with 124" {
	run -124 docker_run --entrypoint /cinit with-cinit --time-limit=1s sleep 1000
	assert_output ''
}
