#!/usr/bin/env bats
# Checkpoint and restore by CRIU of a tree whose init is cinit: as PID 1 of a container, and as a
# wrapper. One qemu guest makes all the checks (see "criu-guest"), and a test looks one up: Debian's
# CRIU fits Debian's kernel, not any that this may run on.

load helper.bash
load machine.bash

# shellcheck disable=SC2034 # bats reads it
BATS_TEST_NAME_PREFIX='criu: '

initramfs() {
	local root=$BATS_FILE_TMPDIR/root file
	cp -a "$WORK/rootfs" "$root"
	cp --remove-destination "$BATS_TEST_DIRNAME/criu-guest" /usr/sbin/criu "$root/bin/"
	rm -rf "${root:?}"/{dev,proc,sys,tmp}
	mkdir "$root"/{dev,lib,mnt,proc,sys,tmp}
	for file in $(ldd /usr/sbin/criu | grep -o '/[^ :]*'); do
		mkdir -p "$root${file%/*}"
		cp --dereference --remove-destination "$file" "$root$file"
	done
	# What CRIU asks the kernel about, in the order of loading.
	pack_initramfs "$root" nf_tables unix_diag netlink_diag inet_diag tcp_diag udp_diag raw_diag \
		af_packet_diag
}

setup_file() {
	initramfs >"$BATS_FILE_TMPDIR/initramfs"
	run_guest 'rdinit=/cinit -- --boot=poweroff /bin/criu-guest'
}

setup() { :; }

# --- tests -------------------------------------------------------------------------------------

@test "a container with cinit as its PID 1 goes on after checkpoint and restore" {
	assert_guest_ok pid1_is_dumped pid1_restored pid1_goes_on
}

@test "a restored PID 1 reaps an orphan that is new" {
	assert_guest_ok pid1_reaps_new_orphan
}

@test "a restored PID 1 forwards SIGTERM" {
	assert_guest_ok pid1_forwards_term
}

@test "a restored PID 1 ends an orphan from before the checkpoint, and has the payload's status" {
	assert_guest_ok pid1_ends_old_orphan pid1_ends_with_payloads_status
}

@test "--time-limit does not count the time between checkpoint and restore" {
	assert_guest_ok pid1_has_time_left
}

@test "a command with cinit as its wrapper goes on after checkpoint and restore" {
	assert_guest_ok wrapper_is_dumped wrapper_restored wrapper_goes_on
}

@test "a restored wrapper still adopts and reaps" {
	assert_guest_ok wrapper_reaps_new_orphan
}

@test "a restored wrapper forwards SIGTERM" {
	assert_guest_ok wrapper_forwards_term
}

@test "a restored wrapper ends an orphan from before the checkpoint, and has the payload's status" {
	assert_guest_ok wrapper_ends_old_orphan wrapper_ends_with_payloads_status
}
