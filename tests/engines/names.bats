#!/usr/bin/env bats
# cinit by links in the places of docker-init and catatonit, with nothing else changed: Docker's and
# podman's own --init, and podman's pods. PID 1 of a pod that shares a PID namespace is that of its
# infra container, "catatonit -P" in an image that podman builds around its catatonit.

load helper.bash

# shellcheck disable=SC2034 # bats reads it
BATS_TEST_NAME_PREFIX='names: '

teardown_file() {
	podman pod rm --all --force --time 0
}

# make_pod [OPTION]...: a running pod of this test's own; $infra is its infra container.
make_pod() {
	ENGINE=podman-init
	pod=pod-$BOX
	podman pod create --name "$pod" --network none "$@"
	podman pod start "$pod"
	infra=$(podman pod inspect --format '{{.InfraContainerID}}' "$pod")
}

in_pod() { podman run --rm --pod "$pod" localhost/base "$@"; }

in_pod_start() { # as box_start
	coproc { exec podman run --rm --pod "$pod" --name "$BOX" localhost/base "$@" 2>&1; }
	listen
}

of_infra() { podman container inspect --format "{{.State.$1}}" "$infra"; }

assert_pid1_is_cinit() { # assert_pid1_is_cinit COMMAND...: one that starts its arguments there
	run -0 "$@" sha256sum /proc/1/exe
	assert_output --partial "$(sha256sum <"$CINIT" | cut -d ' ' -f 1)"
}

# --- docker-init -------------------------------------------------------------------------------

@test "docker info shows a version for docker-init, and nobody warns" {
	run -0 docker info
	assert_line --regexp '^ *Init Binary: .*/docker-init$'
	assert_line --regexp '^ *init version: cinit$'
	refute_output --regexp 'WARNING.*init'
	run grep -F docker-init "$WORK/dockerd.log"
	refute_output --partial level=warning
}

@test "docker version shows a version for docker-init" {
	run -0 docker version --format \
		'{{range .Server.Components}}{{if eq .Name "docker-init"}}{{.Version}}{{end}}{{end}}'
	assert_output --regexp '^[0-9]+\.[0-9]+\.[0-9]+$'
}

@test "docker run --init calls it docker-init" {
	ENGINE="docker-init"
	run -0 box run cat /proc/1/comm
	assert_output docker-init
}

# The shell, which gets it too, ignores USR1.
@test "in docker run --init tini's variable makes signals go to the process group" {
	ENGINE="docker-init"
	coproc {
		docker_run --init --env TINI_KILL_PROCESS_GROUP=1 base \
			sh -c 'trap "" USR1; witness; exit $?' 2>&1
	}
	listen
	box signal USR1
	await 'got USR1'
}

@test "docker run --init without tini's variable signals the payload alone" {
	ENGINE="docker-init"
	box_start sh -c 'trap "echo shell got USR1" USR1; witness USR1 TERM & wait; wait'
	box signal USR1
	await 'shell got USR1'
	box signal KILL
	assert_box_status 137
	assert_seen 1 'got USR1'
}

# --- CINIT_OPTIONS -----------------------------------------------------------------------------

readonly DRAIN='--stop=wait:1s,TERM:30s,KILL --status-fd=2'

# An exec'd process would have the container's environment: the payload shows its own.
assert_drains_before_it_stops() {
	listen
	assert_seen 1 PATH=
	assert_seen 0 CINIT_OPTIONS
	box stop
	assert_box_status 42
	assert_seen 1 'got TERM'
	assert_order '"stage":1,"signal":null' '"stage":2,"signal":"SIGTERM"' '"code":42'
}

@test "docker run --init takes CINIT_OPTIONS, and the payload does not" {
	ENGINE=docker-init
	coproc { docker_run --init --env CINIT_OPTIONS="$DRAIN" base sh -c 'env; exec witness' 2>&1; }
	assert_drains_before_it_stops
}

@test "podman run --init takes CINIT_OPTIONS, and the payload does not" {
	ENGINE=podman-init
	coproc { podman_run --init --env CINIT_OPTIONS="$DRAIN" localhost/base sh -c 'env; exec witness' 2>&1; }
	assert_drains_before_it_stops
}

@test "a mistake in CINIT_OPTIONS ends docker run --init with 125 and one line" {
	run -125 docker_run --init --env CINIT_OPTIONS=--no-such base true
	assert_output --regexp '^cinit: CINIT_OPTIONS: [^'$'\n'']*--no-such[^'$'\n'']*$'
}

# --- catatonit ---------------------------------------------------------------------------------

init_of_podman() { podman_run --init localhost/base "$@"; }

@test "podman run --init takes it from catatonit's place" {
	assert_pid1_is_cinit init_of_podman
}

@test "podman run --init gives the payload's exit code, having reaped its orphans" {
	run -7 init_of_podman sh -c 'orphans 100 && exit 7'
	assert_output 'orphans 100, refused 0, zombies 0'
}

@test "podman run --init is stopped at once" {
	ENGINE=podman-init
	coproc { init_of_podman witness 2>&1; }
	listen
	box stop
	assert_box_status 42
}

# --- catatonit -P in pods ----------------------------------------------------------------------

@test "the infra container of a pod that shares a PID namespace is its PID 1" {
	make_pod --share pid
	assert_pid1_is_cinit in_pod
	run -0 in_pod ps -o pid,args
	assert_line --regexp '^ *1 /catatonit -P$'
}

@test "the infra container says nothing" {
	make_pod --share pid
	in_pod orphans 10
	podman pod stop --time 60 "$pod"
	run -0 podman logs "$infra"
	assert_output ''
}

@test "orphans of a pod's containers are reaped" {
	make_pod --share pid
	run -0 in_pod orphans 100
	assert_output 'orphans 100, refused 0, zombies 0'
}

@test "orphans of two containers of a pod at the same time are reaped" {
	make_pod --share pid
	in_pod_start sh -c 'orphans 1000; echo ready; sleep 1000'
	in_pod orphans 1000
	run -0 in_pod orphans 0
	assert_output --partial 'zombies 0'
	assert_seen 1 'orphans 1000, refused 0'
}

@test "an orphan of a process exec'd in a pod's container is reaped" {
	make_pod --share pid
	in_pod_start witness
	run -0 box exec orphans 10
	assert_output --partial 'zombies 0'
}

@test "an orphan in a pod outlives its parent, the infra container's child from then on" {
	make_pod --share pid
	in_pod_start witness
	box exec sh -c 'sleep 1000 & exit'
	run -0 box exec ps -o ppid,args
	assert_line --regexp '^ *1 sleep 1000$'
}

@test "what a pod's container leaves behind is reaped" {
	make_pod --share pid
	in_pod sh -c 'sleep 1000 & sleep 1001 & exit 0'
	run -0 in_pod orphans 0
	assert_output --partial 'zombies 0'
	run -0 in_pod ps -o args
	refute_output --partial sleep
}

@test "exit codes of a pod's containers come through" {
	make_pod --share pid
	run -7 in_pod sh -c 'exit 7'
	run -137 in_pod sh -c 'kill -KILL $$'
}

@test "a signal to a pod's container reaches its payload alone" {
	make_pod --share pid
	in_pod_start witness
	box signal USR1
	await 'got USR1'
	box stop
	assert_box_status 42
	assert_equal "$(of_infra Status)" running
}

@test "the infra container stays at any signal but TERM and INT" {
	make_pod --share pid
	in_pod_start witness
	for signal in HUP USR1 USR2 QUIT ALRM RTMIN; do
		podman kill --signal $signal "$infra"
	done
	run -0 box exec orphans 10
	assert_equal "$(of_infra Status)" running
}

# 137 would be podman's SIGKILL, after its patience.
@test "a pod's stop ends the infra container by TERM" {
	make_pod --share pid
	in_pod_start witness
	podman pod stop --time 60 "$pod"
	assert_equal "$(of_infra Status) $(of_infra ExitCode)" 'exited 0'
}

@test "a pod's stop is not held up by a payload that ignores TERM, nor by what was left" {
	make_pod --share pid
	in_pod_start sh -c 'trap "" TERM; sleep 1000 & sleep 1001 & echo ready; wait'
	box exec sh -c 'trap "" TERM; sleep 1002 & exit'
	podman pod stop --time 60 "$pod"
	assert_equal "$(of_infra Status) $(of_infra ExitCode)" 'exited 0'
	assert_box_status 137
}

@test "a pod stopped and started again reaps again" {
	make_pod --share pid
	podman pod stop --time 60 "$pod"
	podman pod start "$pod"
	run -0 in_pod orphans 100
	assert_output 'orphans 100, refused 0, zombies 0'
}

@test "a pod without a shared PID namespace" {
	make_pod
	run -0 in_pod cat /proc/1/comm
	assert_output cat
	podman pod stop --time 60 "$pod"
	assert_equal "$(of_infra Status) $(of_infra ExitCode)" 'exited 0'
}

@test "podman run --init in a pod without a shared PID namespace" {
	make_pod
	run -7 podman run --rm --pod "$pod" --init localhost/base sh -c 'orphans 10 && exit 7'
	assert_output 'orphans 10, refused 0, zombies 0'
}

@test "a pod whose infra image is of one's own, with cinit --pause" {
	make_pod --share pid --infra-image localhost/with-cinit --infra-command '/cinit --pause'
	run -0 in_pod cat /proc/1/comm
	assert_output cinit
	run -0 in_pod orphans 100
	assert_output 'orphans 100, refused 0, zombies 0'
	podman pod stop --time 60 "$pod"
	assert_equal "$(of_infra Status) $(of_infra ExitCode)" 'exited 0'
}

# podman signals the members of a pod itself when it stops the pod, so the infra container is
# stopped alone. catatonit's place has no grace plan.
@test "an infra container with cinit --pause gives the pod's members TERM and time" {
	make_pod --share pid --infra-image localhost/with-cinit --infra-command '/cinit --pause'
	in_pod_start sh -c 'trap "echo got TERM; sleep 1; exit 5" TERM; echo ready; sleep 1000 & wait'
	podman kill --signal TERM "$infra"
	assert_box_status 5
	podman wait "$infra"
	assert_exit_code podman "$infra" 0
}
