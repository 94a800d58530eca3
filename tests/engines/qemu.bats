#!/usr/bin/env bats
# cinit as the PID 1 of a machine (--boot), and in namespaces on an older kernel, Debian's own. One
# guest makes all the checks of "guest", and a test looks one up; the others are talked with over
# the serial line and qemu's monitor.

load helper.bash
load machine.bash

# shellcheck disable=SC2034 # bats reads it
BATS_TEST_NAME_PREFIX='qemu: '

# /init makes the disk the root.
on_disk() {
	cat <<-'END'
		#!/bin/sh
		mount -t devtmpfs devtmpfs /dev
		while read -r module; do insmod "/lib/$module" 2>/dev/null; done </lib/modules
		until [ -b /dev/vda ]; do sleep 0.1; done
		mount -t ext4 /dev/vda /new
		umount /dev
		exec switch_root /new /cinit "$@"
	END
}

# /without-fds starts cinit as a kernel does that has found no console.
initramfs() {
	local root=$BATS_FILE_TMPDIR/root
	cp -a "$WORK/rootfs" "$root"
	cp "$BATS_TEST_DIRNAME/guest" "$root/bin/"
	echo app:x:1000:1001::/home/app:/bin/sh >>"$root/etc/passwd"
	printf '%s\n' web:x:50:app log:x:51:root,app own:x:1001: >>"$root/etc/group"
	rm -rf "${root:?}"/{dev,proc,sys,tmp}
	printf '%s\n' '#!/bin/sh' 'exec /cinit "$@" <&- >&- 2>&-' >"$root/without-fds"
	on_disk >"$root/init"
	chmod +x "$root"/{without-fds,init}
	mkdir "$root/new"
	add_button "$root"
	# What ext4 on a virtio disk needs, and the power button.
	pack_initramfs "$root" virtio_pci virtio_blk crc32c_generic ext4 button evdev
}

setup_file() {
	make_disk
	initramfs >"$BATS_FILE_TMPDIR/initramfs"
	# "splash" is for nobody: the kernel hands it to its init, before what stands behind "--".
	run_guest 'rdinit=/cinit splash -- --boot=halt,fail:poweroff --grace=TERM:200ms /bin/guest' \
		-drive "file=$BATS_FILE_TMPDIR/disk,format=raw,if=virtio"
}

setup() { :; }

teardown() {
	[[ ${box_pid:-} ]] || return 0
	kill "$box_pid" 2>/dev/null || true
	wait "$box_pid" || true
}

# --- one guest, with many checks ---------------------------------------------------------------

@test "cinit is the PID 1 of the machine, behind a word that is not its own" {
	assert_guest_ok machine_pid1_is_cinit
}

@test "cinit as the PID 1 of the machine reaps orphans" {
	assert_guest_ok machine_orphans_are_reaped
}

@test "--boot mounts what a machine needs, each once" {
	assert_guest_ok machine_mounts_are_there
}

@test "--boot names the open files in /dev" {
	assert_guest_ok machine_fds_have_names
}

@test "--boot makes the console the payload's controlling terminal" {
	assert_guest_ok machine_console_is_terminal
}

@test "--boot sets PATH, HOME and TERM" {
	assert_guest_ok machine_variables_are_set
}

@test "--boot brings up the loopback interface" {
	assert_guest_ok machine_loopback_is_up
}

@test "signals from inside the machine harm neither cinit nor the payload" {
	assert_guest_ok machine_is_immune_from_inside
}

@test "the payload's status is the last that cinit says" {
	grep '^cinit: ' "$GUEST_LOG" | tail -n 1 >"$BATS_TEST_TMPDIR/last"
	assert_equal "$(<"$BATS_TEST_TMPDIR/last")" 'cinit: ended with status 7, now poweroff'
}

@test "--boot=halt,fail:poweroff powers off after status 7" {
	grep -F 'reboot: Power down' "$GUEST_LOG"
	run ! grep -F 'Kernel panic' "$GUEST_LOG"
}

@test "a disk in use is clean after the end" {
	assert_guest_ok machine_disk_is_used
	assert_disk_is_clean "$BATS_FILE_TMPDIR/disk" written more
}

@test "every exit code is right on an older kernel" {
	assert_guest_ok exit_codes_are_right
}

@test "every killing signal is right on an older kernel" {
	assert_guest_ok killing_signals_are_right
}

@test "no zombie is left on an older kernel" {
	assert_guest_ok orphans_are_reaped
}

@test "--boot in a namespace of the machine changes nothing" {
	assert_guest_ok boot_is_refused
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

# In cgroup v2 with controllers, cinit as an ordinary process and as PID 1 of a namespace.
@test "--cgroup-set=pids.max=1: the payload runs and cannot fork, and its cgroup is removed" {
	assert_guest_ok cgroup_limits_processes
}

@test "--cgroup-set=memory.max: an OOM kill below the payload is one line, the status stays" {
	assert_guest_ok cgroup_oom_kill_below_is_told
}

@test "--cgroup-set=memory.oom.group=1: an OOM kill of the payload and all below is one line" {
	assert_guest_ok cgroup_oom_kill_of_all_is_told
}

@test "--cgroup: an OOM kill by the limit of the cgroup above is one line" {
	assert_guest_ok cgroup_oom_kill_by_limit_above_is_told
}

@test "--cgroup: a daemon that ignores SIGTERM is killed at the end, and the cgroup removed" {
	assert_guest_ok cgroup_kill_takes_daemon
}

@test "--cgroup: PID 1 kills such a daemon and removes the cgroup" {
	assert_guest_ok cgroup_is_removed_by_pid1_after_daemon
}

@test "--cgroup: a member of another PID namespace is killed at the end" {
	assert_guest_ok cgroup_kill_takes_member_of_other_namespace
}

@test "--cgroup-set: a controller that is not in the cgroup.subtree_control above is 125" {
	assert_guest_ok cgroup_without_controller_is_refused
}

@test "--cgroup in a container's own cgroup: limits are 125, without them the payload is in it" {
	assert_guest_ok cgroup_without_controller_in_container_is_refused
}

@test "--cgroup: a cgroup that has controllers below it is 125" {
	assert_guest_ok cgroup_with_inner_processes_is_refused
}

@test "--cgroup with the name of a user" {
	assert_guest_ok cgroup_with_named_user
}

@test "--cgroup below one that is delegated to a user" {
	assert_guest_ok cgroup_delegated_to_user
}

@test "--cgroup with --namespace" {
	assert_guest_ok cgroup_in_new_namespace
}

# --- guests that are talked with ---------------------------------------------------------------

# The kernel's threads are processes, too: nobody waits for them.
@test "without open fds: the console's keys, Ctrl-Alt-Del, reboot" {
	start_machine 'rdinit=/without-fds -- --boot=poweroff --grace=wait /bin/witness'
	await ready
	type_keys '\003'
	await 'got INT'
	type_keys 'words\n'
	await 'read words'
	monitor 'sendkey ctrl-alt-delete'
	await 'got TERM'
	await_machine_end
	assert_seen 1 'cinit: ended with status 42, now reboot'
	assert_seen 1 'reboot: Restarting system'
	assert_seen 0 'Kernel panic'
}

@test "a payload that cannot be started: a shell with job control, SIGPWR, power-off" {
	start_machine 'rdinit=/cinit -- --boot=reboot --inside=forward --stop=KILL /bin/missing'
	await '/bin/missing'
	await '/bin/sh instead'
	type_keys 'echo sleeps-$((40 + 2)); sleep 1000\n'
	await sleeps-42
	type_keys '\003'
	type_keys 'echo again-$((40 + 2))\n'
	await again-42
	type_keys 'kill -PWR 1\n'
	await_machine_end
	assert_seen 0 'job control'
	assert_seen 1 'cinit: ended with status 127, now poweroff'
	assert_seen 1 'reboot: Power down'
}

@test "the power button is an event, not a signal; acpid makes SIGPWR of it, which powers off" {
	assert_button_powers_off
}

@test "a wrong option ends the machine without a panic" {
	start_machine 'rdinit=/cinit -- --boot=halt --wrong /bin/witness'
	await "unknown option '--wrong'"
	await 'ended with status 125, now halt'
	await 'System halted'
	monitor quit
	await_machine_end
	assert_seen 0 'Kernel panic'
}

@test "a root on a disk is clean after the end; a word with blanks is one" {
	local disk=$BATS_TEST_TMPDIR/disk
	local script='"sleep 1000 >/held & echo by the payload >/written; exit 9"'
	truncate --size 32M "$disk"
	/sbin/mke2fs -q -t ext4 -d "$BATS_FILE_TMPDIR/root" "$disk"
	GUEST_LOG=$BATS_TEST_TMPDIR/log
	run_guest "rdinit=/init -- --boot=reboot,fail:poweroff --grace=TERM:100ms,KILL /bin/sh -c $script" \
		-drive "file=$disk,format=raw,if=virtio"
	grep -x 'cinit: ended with status 9, now poweroff' "$GUEST_LOG"
	assert_disk_is_clean "$disk" written 'by the payload'
}

# --- the examples ------------------------------------------------------------------------------

@test "examples/initramfs/initramfs boots" {
	run -0 timeout 300 "$BATS_TEST_DIRNAME/../../examples/initramfs/initramfs" /bin/true </dev/null
	assert_output --partial 'cinit: ended with status 0, now poweroff'
	assert_output --partial 'reboot: Power down'
}

@test "examples/initramfs/microvm boots with an overlay as its root" {
	run -0 timeout 300 "$BATS_TEST_DIRNAME/../../examples/initramfs/microvm" /bin/grep overlay /proc/mounts </dev/null
	assert_output --partial 'overlay / overlay rw'
	assert_output --partial 'cinit: ended with status 0, now poweroff'
	assert_output --partial 'reboot: Power down'
}
