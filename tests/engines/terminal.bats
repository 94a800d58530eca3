#!/usr/bin/env bats
# Terminals of containers, beyond what every engine shows alike (see "behaviours").

load helper.bash

# shellcheck disable=SC2034 # bats reads it
BATS_TEST_NAME_PREFIX='terminal: '

# A frozen payload would not read. The kernel takes the keys in their order.
assert_stop_key_freezes_nothing() { # of a witness, which does not handle the key's signal
	type_keys '\032'
	type_keys 'hello\n'
	await 'read hello'
	box stop
	assert_box_status 42
}

@test "^Z freezes nothing: docker" {
	ENGINE=docker-entrypoint
	box_start_on_terminal witness
	assert_stop_key_freezes_nothing
}

@test "^Z freezes nothing: podman" {
	ENGINE=podman-entrypoint
	box_start_on_terminal witness
	assert_stop_key_freezes_nothing
}

@test "^Z freezes nothing: podman --init" {
	ENGINE=podman-init
	box_start_on_terminal witness
	assert_stop_key_freezes_nothing
}

@test "^Z freezes nothing: runc" {
	ENGINE=runc
	box_start_on_terminal witness
	assert_stop_key_freezes_nothing
}

# Called docker-init, cinit puts the payload where tini puts it: there the key acts.
@test "^Z freezes nothing: docker run --init with --setsid in CINIT_OPTIONS" {
	ENGINE=docker-init
	coproc { exec "$WORK/pty" /usr/bin/docker run --rm --network none --name "$BOX" -it --init \
		--env CINIT_OPTIONS=--setsid base witness 2>&1; }
	listen
	assert_stop_key_freezes_nothing
}

@test "a shell on the terminal has job control" {
	ENGINE=docker-entrypoint
	box_start_on_terminal sh -c 'echo ready; exec sh -i'
	type_keys "sh -c 'echo job \$((40 + 1)); read x; echo end \$((40 + x))'\n"
	await 'job 41'
	type_keys '\032'
	await Stopped
	type_keys 'fg\n'
	await '+ x'
	type_keys '2\n'
	await 'end 42'
	type_keys 'exit 5\n'
	assert_box_status 5
}

# Nobody holds the terminal's other side any more; the payload does not handle HUP.
@test "the payload is hung up when runc, which has its terminal, is killed" {
	local client tries
	ENGINE=runc
	box_start_on_terminal witness INT
	client=$(<"/proc/$box_pid/task/$box_pid/children")
	kill -KILL "${client% }"
	assert_box_status 137
	for ((tries = 0; tries < WAIT_S * 10; tries++)); do
		run -0 runc --root "$WORK/runc" state "$BOX"
		[[ $output != *'"stopped"'* ]] || break
		sleep 0.1
	done
	assert_output --partial '"stopped"'
}
