#!/usr/bin/env bats
# cinit for aarch64 as the PID 1 of a machine, with Debian's kernel for arm64. One guest makes the
# checks, as in qemu.bats.

load helper.bash
load machine.bash

# shellcheck disable=SC2034 # bats reads it
BATS_TEST_NAME_PREFIX='aarch64: '

build() {
	local source
	mkdir "$ARM64/cinit"
	cp "$BATS_TEST_DIRNAME"/../../{Makefile,*.[ch]} "$ARM64/cinit"
	env -u CFLAGS -u CPPFLAGS -u LDFLAGS make --silent -C "$ARM64/cinit" CC="$ARM64/cc" cinit
	for source in "$BATS_TEST_DIRNAME"/{witness,orphans}.c \
		"$BATS_TEST_DIRNAME"/../payloads/exitwith.c; do
		"$ARM64/cc" -std=c11 -Os -static -s -o "$ARM64/bin/$(basename "$source" .c)" "$source"
	done
}

# The links of its busybox are right for another machine's.
initramfs() {
	local root=$BATS_FILE_TMPDIR/root
	cp -a "$WORK/rootfs" "$root"
	cp "$BATS_TEST_DIRNAME/guest" "$ARM64"/bin/{busybox,witness,orphans,exitwith} "$root/bin/"
	cp "$ARM64/cinit/cinit" "$root/"
	rm -rf "${root:?}"/{dev,proc,sys,tmp}
	add_button "$root"
	pack_initramfs "$root" virtio_pci virtio_blk crc32c_generic ext4 gpio_keys evdev
}

setup_file() {
	export ARM64=$BATS_FILE_TMPDIR/arm64
	mkdir "$ARM64"
	"$BATS_TEST_DIRNAME/arm64" "$ARM64"
	build
	make_disk
	initramfs >"$BATS_FILE_TMPDIR/initramfs"
	run_guest "rdinit=/cinit -- --boot=halt,fail:poweroff --grace=TERM:200ms /bin/guest $(
		echo machine_{mounts_are_there,fds_have_names,pid1_is_cinit,orphans_are_reaped} \
			machine_{console_is_terminal,variables_are_set,loopback_is_up,is_immune_from_inside} \
			exit_codes_are_right killing_signals_are_right boot_is_refused \
			forks_succeed_under_pids_max cgroup_kill_takes_daemon machine_disk_is_used
	)" -drive "file=$BATS_FILE_TMPDIR/disk,format=raw,if=virtio"
}

setup() { :; }

teardown() {
	[[ ${box_pid:-} ]] || return 0
	kill "$box_pid" 2>/dev/null || true
	wait "$box_pid" || true
}

@test "what is tested is built for aarch64" {
	run -0 readelf --file-header "$ARM64/cinit/cinit"
	assert_output --partial AArch64
}

@test "cinit is the PID 1 of the machine, with mounts, console, variables and network" {
	assert_guest_ok machine_{mounts_are_there,fds_have_names,pid1_is_cinit} \
		machine_{console_is_terminal,variables_are_set,loopback_is_up}
}

@test "no zombie is left, under a small pids.max as well" {
	assert_guest_ok machine_orphans_are_reaped forks_succeed_under_pids_max
}

@test "signals from inside the machine harm neither cinit nor the payload" {
	assert_guest_ok machine_is_immune_from_inside
}

@test "every exit code and every killing signal is right" {
	assert_guest_ok exit_codes_are_right killing_signals_are_right
}

@test "--boot in a namespace of the machine changes nothing" {
	assert_guest_ok boot_is_refused
}

@test "--cgroup: a daemon that ignores SIGTERM is killed at the end, and the cgroup removed" {
	assert_guest_ok cgroup_kill_takes_daemon
}

@test "the payload's status is the last that cinit says, and decides how the machine ends" {
	grep -x 'cinit: ended with status 7, now poweroff' "$GUEST_LOG"
	grep -F 'reboot: Power down' "$GUEST_LOG"
	run ! grep -F 'Kernel panic' "$GUEST_LOG"
}

@test "a disk in use is clean after the end" {
	assert_guest_ok machine_disk_is_used
	assert_disk_is_clean "$BATS_FILE_TMPDIR/disk" written more
}

@test "the power button is an event, not a signal; acpid makes SIGPWR of it, which powers off" {
	assert_button_powers_off
}
