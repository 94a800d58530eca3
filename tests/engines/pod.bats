#!/usr/bin/env bats
# The Kubernetes pods of docs/recipes.md, as podman kube play makes them. Their images hold a server
# that ends with code 3 at TERM, and leaves a process behind which takes a second to end.

load helper.bash

# shellcheck disable=SC2034 # bats reads it
BATS_TEST_NAME_PREFIX='pod: '

setup_file() {
	mkdir "$BATS_FILE_TMPDIR/bin" "$BATS_FILE_TMPDIR/cinit"
	cd "$BATS_FILE_TMPDIR"
	cp "$CINIT" cinit/cinit
	cp "$WORK/witness" bin/worker
	cat >bin/server <<-'END'
		#!/bin/sh
		trap 'echo server got TERM; exit 3' TERM
		(
			trap 'echo leftover got TERM; sleep 1; echo leftover has cleaned up; exit' TERM
			echo ready
			sleep 1000 & wait
		) &
		wait
	END
	chmod +x bin/server
	make_image web "$WORK/base" # of someone who knows no cinit
	make_image server "$WORK/rootfs"
	make_image worker "$WORK/rootfs"
}

make_image() { # make_image NAME ROOT
	tar --create --directory "$2" . --directory "$BATS_FILE_TMPDIR" ./bin/server ./bin/worker |
		podman import - "$1"
}

teardown_file() { podman image rm web server worker; }

teardown() {
	podman pod rm --all --force --time 0
	[[ ! ${follower:-} ]] || kill "$follower" 2>/dev/null || true
}

block() {
	"$BATS_TEST_DIRNAME/../recipe" "$1"
}

# play BLOCK [SED-OPTION]...: its containers run, as POD-CONTAINER. podman 4.3 knows no volumes of
# images, and does not take from there how long a container may take to end: $patience.
play() {
	local yaml=$BATS_TEST_TMPDIR/pod.yaml
	block "$1" | sed -E "${@:2}" -e 's|image: (.)|image: localhost/\1|' -e 's/image:$/hostPath:/' \
		-e "s|reference: .*|path: $BATS_FILE_TMPDIR/cinit|" >"$yaml"
	patience=$(sed -n 's/.*terminationGracePeriodSeconds: //p' "$yaml")
	podman kube play --network none "$yaml"
	infra=$(podman pod inspect --format '{{.InfraContainerID}}' "$(podman pod ps --quiet)")
}

await_ready() { # await_ready CONTAINER: reads its log until it says so
	exec {screen}< <(exec podman logs --follow "$1" 2>&1)
	follower=$!
	seen=
	await ready
	kill "$follower"
	exec {screen}<&-
}

logs() { seen=$(podman logs "$1" 2>&1); } # logs CONTAINER: all that it has said, to $seen

pid_of() { podman container inspect --format '{{.State.Pid}}' "$1"; }
pid_namespace() { readlink "/proc/$(pid_of "$1")/ns/pid"; }
pid_inside() { awk '/^NSpid:/ { print $NF }' "/proc/$(pid_of "$1")/status"; }

assert_is_cinit() { # assert_is_cinit CONTAINER ARGUMENTS: how its first process was called
	cmp "/proc/$(pid_of "$1")/exe" "$CINIT"
	assert_equal "$(tr '\0' ' ' <"/proc/$(pid_of "$1")/cmdline")" "$2 "
}

assert_leftovers_had_their_time() {
	assert_order 'server got TERM' 'leftover got TERM' 'leftover has cleaned up'
}

@test "an image of someone else's: cinit from a volume is PID 1" {
	play volume
	await_ready web-web
	assert_equal "$(pid_inside web-web)" 1
	assert_is_cinit web-web '/opt/cinit/cinit --stop=wait:15s,TERM:30s,KILL -- server'
}

# A tenth of the plan's times.
@test "an image of someone else's: the pod's stop goes by the plan" {
	play volume -e '/command:/s/\b([0-9]+)s\b/\100ms/g' -e '/command:/s/"--"/"--status-fd=1", &/'
	await_ready web-web
	podman pod stop --time "$patience" web
	assert_exit_code podman web-web 3
	logs web-web
	assert_order '"stage":1,"signal":null' '"stage":2,"signal":"SIGTERM"' 'server got TERM'
	assert_leftovers_had_their_time
}

@test "a shared PID namespace: PID 1 is the infra container's" {
	play shared
	await_ready pair-server
	await_ready pair-worker
	assert_equal "$(pid_inside "$infra")" 1
	for container in pair-server pair-worker; do
		assert_equal "$(pid_namespace $container)" "$(pid_namespace "$infra")"
		assert_not_equal "$(pid_inside $container)" 1
	done
	assert_is_cinit pair-server '/cinit --grace=TERM:10s,KILL -- server'
	assert_is_cinit pair-worker '/cinit -- worker'
}

# podman's stop of the whole pod ends PID 1 at once, a kubelet's ends the containers first.
@test "a shared PID namespace: stop ends what is a container's own, and no more" {
	play shared
	await_ready pair-server
	await_ready pair-worker
	podman stop --time "$patience" pair-server
	assert_exit_code podman pair-server 3
	logs pair-server
	assert_leftovers_had_their_time
	logs pair-worker
	assert_seen 0 got
	podman stop --time "$patience" pair-worker
	assert_exit_code podman pair-worker 42
	logs pair-worker
	assert_seen 1 'got TERM'
	podman pod stop --time "$patience" pair
	assert_exit_code podman "$infra" 0
}
