# shellcheck shell=bash
# Machines in qemu, with Debian's kernel.
#
#   ARM64       set: the machine is an aarch64 one, whose kernel and modules are below this directory
#   MACHINE_S   how long a machine may live, in seconds: far longer than any needs
#
#   machine INITRAMFS COMMAND-LINE [QEMU-OPTION]...   runs one, whose serial line is stdin and stdout
#   pack_initramfs ROOT [MODULE]...   prints it; with the modules and what they need below ROOT/lib, and
#                                their names in ROOT/lib/modules, in the order of loading

# The image that the package depends on; a newer kernel of another origin may stand beside it.
kernel_version() {
	local package
	if [[ ${ARM64-} ]]; then
		basename "$ARM64"/boot/vmlinuz-* | sed 's/^vmlinuz-//'
		return
	fi
	package=$(dpkg-query --show --showformat '${Depends}' linux-image-amd64)
	package=${package%% *}
	echo "${package#linux-image-}"
}

pack_initramfs() {
	local module
	mkdir -p "$1/lib"
	for module in "${@:2}"; do
		/sbin/modprobe --dirname "${ARM64-}/" --set-version "$(kernel_version)" --show-depends \
			--ignore-install "$module"
	done | sed -n 's/^insmod //p' | awk '!seen[$1]++ { print $1 }' | while read -r module; do
		cp "$module" "$1/lib/"
		basename "$module"
	done >"$1/lib/modules"
	(cd "$1" && find . | cpio --quiet --create --format newc) | gzip -1
}

# It ends where it would reboot.
machine() {
	local qemu=(qemu-system-x86_64) console=ttyS0
	[[ ! ${ARM64-} ]] || { qemu=(qemu-system-aarch64 -M virt -cpu cortex-a57) console=ttyAMA0; }
	exec timeout --kill-after 5 "${MACHINE_S:-600}" "${qemu[@]}" -accel tcg -m 512 -display none \
		-serial stdio -no-reboot -nic none -kernel "${ARM64-}/boot/vmlinuz-$(kernel_version)" \
		-initrd "$1" -append "console=$console quiet panic=-1 $2" "${@:3}"
}

# --- for the tests -------------------------------------------------------------------------------

# start_machine COMMAND-LINE: one to talk with (see helper.bash), and its monitor. Its initramfs and
# its disk are those of the file.
start_machine() {
	rm -f "$BATS_FILE_TMPDIR"/monitor.{in,out}
	mkfifo "$BATS_FILE_TMPDIR"/monitor.{in,out}
	coproc {
		machine "$BATS_FILE_TMPDIR/initramfs" "$1" -monitor "pipe:$BATS_FILE_TMPDIR/monitor" \
			-drive "file=$BATS_FILE_TMPDIR/disk,format=raw,if=virtio" 2>&1
	}
	exec {screen}<&"${COPROC[0]}" {keyboard}>&"${COPROC[1]}"
	box_pid=$COPROC_PID
	seen=
}

monitor() { echo "$1" >"$BATS_FILE_TMPDIR/monitor.in"; }

await_machine_end() {
	local line
	while IFS= read -r -t "$WAIT_S" -u "$screen" line; do
		seen+=${line%$'\r'}$'\n'
	done
	wait "$box_pid" || fail "qemu failed"
	box_pid=
}

# run_guest COMMAND-LINE [QEMU-OPTION]...: a machine from its start to its end. What it says is in
# $GUEST_LOG.
run_guest() {
	export GUEST_LOG=${GUEST_LOG:-$BATS_FILE_TMPDIR/guest.log}
	(machine "$BATS_FILE_TMPDIR/initramfs" "$1" -monitor none "${@:2}") </dev/null |
		sed -u 's|\r$||' >"$GUEST_LOG"
}

assert_guest_ok() { # assert_guest_ok CHECK...
	local check
	for check; do
		grep -q -x "ok $check" "$GUEST_LOG" && continue
		sed -n "/^not ok $check\$/,/^[^#]/p" "$GUEST_LOG" | grep . || tail "$GUEST_LOG"
		return 1
	done
}

# add_button ROOT: what a machine needs whose payload is "with-button".
add_button() {
	mkdir -p "$1/etc/acpi/PWRF"
	cp "$BATS_TEST_DIRNAME/with-button" "$1/bin/"
	"$BATS_TEST_DIRNAME/../recipe" power-button machines.md >"$1/etc/acpi/PWRF/00000080"
	"$BATS_TEST_DIRNAME/../recipe" with-button machines.md >"$1/with-button"
	chmod +x "$1/etc/acpi/PWRF/00000080" "$1/with-button"
	ln -s witness "$1/bin/server"
}

# The power button, again and again: nobody tells when it is listened to.
press_until() { repeat_until 1 "$1" monitor system_powerdown; } # press_until TEXT

# The first press reaches nobody but the reader of events: no signal comes with it.
assert_button_powers_off() {
	start_machine 'rdinit=/cinit -- --boot=reboot -v --inside=forward --stop=TERM:1m,KILL /bin/with-button'
	press_until 'a press is an event'
	assert_seen 0 SIGPWR
	await ready
	press_until 'SIGPWR: stop, then poweroff'
	await 'got TERM'
	await_machine_end
	assert_seen 1 'cinit: ended with status 42, now poweroff'
	assert_seen 1 'reboot: Power down'
	assert_seen 0 'Kernel panic'
}

# A disk of ext4, and whether a machine has left it clean.
make_disk() {
	truncate --size 32M "$BATS_FILE_TMPDIR/disk"
	/sbin/mke2fs -q -t ext4 "$BATS_FILE_TMPDIR/disk"
}

assert_disk_is_clean() { # assert_disk_is_clean DISK FILE LINE: and FILE on it has this LINE
	run ! grep -F 'cinit: unable' "$GUEST_LOG"
	run -0 /sbin/e2fsck -n -f "$1"
	run -0 /sbin/dumpe2fs -h "$1"
	assert_line --regexp '^Filesystem state: +clean$'
	refute_output --partial needs_recovery
	run -0 /sbin/debugfs -R "cat $2" "$1"
	assert_line "$3"
}
