#!/usr/bin/env bats
# cinit as the PID 1 of a machine, and in namespaces on a kernel (Debian's own) that is too old for
# kernel reaping. The guest boots once and makes all its checks (see "guest"); a test looks one up.

load helper.bash

# shellcheck disable=SC2034 # bats reads it
BATS_TEST_NAME_PREFIX='qemu: '

# The image that the package depends on; a newer kernel of another origin may stand beside it.
kernel() {
	local package
	package=$(dpkg-query --show --showformat '${Depends}' linux-image-amd64)
	package=${package%% *}
	echo "/boot/vmlinuz-${package#linux-image-}"
}

# The kernel's built-in root has /dev/console already: cinit's fds 0-2 are the serial console.
initramfs() {
	cp "$BATS_TEST_DIRNAME/guest" "$WORK/rootfs/bin/"
	(cd "$WORK/rootfs" && find . | cpio --quiet --create --format newc) | gzip -1
}

setup_file() {
	export GUEST_LOG=$BATS_FILE_TMPDIR/guest.log
	initramfs >"$BATS_FILE_TMPDIR/initramfs"
	# What stands after -- in the kernel's command line are arguments of rdinit.
	timeout --kill-after 5 120 qemu-system-x86_64 -accel tcg -m 512 -nographic -no-reboot -nic none \
		-kernel "$(kernel)" -initrd "$BATS_FILE_TMPDIR/initramfs" \
		-append 'console=ttyS0 quiet panic=-1 rdinit=/cinit -- /bin/guest' \
		</dev/null | tr -d '\r' >"$GUEST_LOG"
}

assert_guest_ok() { # assert_guest_ok CHECK
	grep -q -x "ok $1" "$GUEST_LOG" && return
	sed -n "/^not ok $1\$/,/^[^#]/p" "$GUEST_LOG" | grep . || tail "$GUEST_LOG"
	return 1
}

setup() { :; }

@test "cinit is the PID 1 of the machine" {
	assert_guest_ok machine_pid1_is_cinit
}

@test "cinit as the PID 1 of the machine reaps orphans" {
	assert_guest_ok machine_orphans_are_reaped
}

@test "--reap=kernel on an older kernel is refused before anything starts" {
	assert_guest_ok kernel_reaping_is_refused
}

@test "--reap=auto falls back on an older kernel" {
	assert_guest_ok auto_falls_back
}

@test "the fallback gives every exit code right" {
	assert_guest_ok exit_codes_are_right
}

@test "the fallback gives every killing signal right" {
	assert_guest_ok killing_signals_are_right
}

@test "the fallback leaves no zombie" {
	assert_guest_ok orphans_are_reaped
}

@test "the payload's forks succeed under a small pids.max of cgroup v2" {
	assert_guest_ok forks_succeed_under_pids_max
}

@test "init with 1 % of a CPU leaves no zombie" {
	assert_guest_ok one_percent_of_cpu_is_enough_for_init
}

@test "init stopped from outside for a second reaps what has piled up" {
	assert_guest_ok stopped_init_catches_up
}
