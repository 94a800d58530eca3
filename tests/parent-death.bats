# What cinit does when its parent dies (--parent-death), PID 1 or not.

# Every test is a subshell.
# shellcheck disable=SC2030,SC2031
load helper

setup() {
	leaves_descendants
}

# Where the fault was to stop it. Its state alone is no answer: a tracer stops it for a moment at each call.
is_stopped_by_tracer() {
	grep -q 'stopped by SIGSTOP' "$trace"
}

driver_dies() {
	kill -KILL "$job"
}

@test "--parent-death=TERM: the command gets it when the parent has gone" {
	local start
	for start in start_cinit start_pid1; do
		"$start" -p TERM sigreport
		await ready
		driver_dies
		await '^got 15 '
		tell 'exit 0'
		await_end
	done
}

@test "--parent-death takes any signal, and acts on it as if it had come" {
	start_cinit -p USR1 sigreport
	await ready
	driver_dies
	await '^got 10 '
	tell 'exit 0'
	await_end
	start_cinit -p HUP --rewrite=HUP:INT sigreport
	await ready
	driver_dies
	await '^got 2 '
	tell 'exit 0'
	await_end
}

@test "--parent-death is acted on while a signal from inside with the number of the kernel's is held" {
	# Looks that take long hold it until the parent has gone.
	traced openat,open:delay_exit=200000 start_pid1 --status-fd=1 -p USR1 sig_disposition blocked 32
	await ready
	enter sig_send kill 1 32
	await '"origin":"inside".*"action":"held"'
	driver_dies
	await '"action":"delivered"'
	assert_regex "$line" '"SIGUSR1"'
}

@test "--parent-death=TERM runs the stop plan, and the grace plan after it" {
	start_cinit --parent-death=TERM --stop=INT:1h,KILL --grace=50ms sh -c 'end_daemon -i; exec sigreport'
	await_daemon
	await ready
	driver_dies
	await '^got 2 '
	tell 'exit 0'
	await_end
	assert_all_gone
}

# The end of its output is the end of the last that holds it.
@test "--parent-death=KILL leaves nothing behind" {
	local start
	for start in start_cinit start_pid1; do
		"$start" -p KILL --grace=50ms sh -c 'trap "" TERM; end_daemon -i; echo "daemon $$"; while :; do sleep 1; done'
		await '^daemon'
		await '^daemon'
		driver_dies
		await_end
		eventually gone "$init"
	done
}

@test "--parent-death=KILL: SIGTERM is SIGTERM while the parent is there" {
	start_cinit -p KILL sigreport
	await ready
	outside TERM
	await '^got 15 '
	tell 'exit 4'
	await_end
	assert_status 4
}

@test "--parent-death=KILL: SIGTERM by the parent is SIGTERM too" {
	start "${with[@]}" -- bash -c 'trap "kill -TERM \$!" USR1; "$@" <&0 & wait; wait' - \
		"$CINIT" -p KILL sigreport
	await ready
	outside USR1
	await '^got 15 '
	tell 'exit 4'
	await_end
}

@test "--parent-death: a parent that dies in the first moment is not missed" {
	local call
	# Stopped there, before it has asked for the signal.
	for call in getppid:when=1 prctl:when=1; do
		# It comes before the command can catch it.
		with=(-k -b 15)
		traced "${call/:/:signal=SIGSTOP:}" start_cinit -p TERM sigreport
		eventually is_stopped_by_tracer
		driver_dies
		kill -CONT "$init"
		await '^got 15 '
		tell 'exit 0'
		await_end
	done
}

orphaned() {
	(($(ps -o ppid= -p "$init") != job))
}

@test "--parent-death: a parent that had died before counts as dead, and a line says so" {
	# SIGTERM comes before the command can catch it.
	with=(-k -b 15)
	traced prctl:signal=SIGSTOP:when=1 start_cinit -p TERM sigreport
	eventually is_stopped_by_tracer
	driver_dies
	eventually orphaned
	kill -CONT "$init"
	await '^cinit: the parent of cinit had died before'
	await '^got 15 '
	tell 'exit 0'
	await_end
}

@test "--parent-death with --pause: a parent that had died before ends it" {
	with=(-k)
	traced prctl:signal=SIGSTOP:when=1 start_cinit -p TERM --pause
	eventually is_stopped_by_tracer
	driver_dies
	eventually orphaned
	kill -CONT "$init"
	await '^cinit: the parent of cinit had died before'
	await_end
}

@test "--parent-death=KILL under PID 1: SIGTERM from outside is SIGTERM" {
	start_pid1 -p KILL sh -c 'trap "exit 3" TERM; echo ready; while :; do sleep 0.1; done'
	await ready
	outside TERM
	await_end
	assert_status 3
}

# The kernel's watch is over the thread (prctl(2)).
@test "--parent-death: the end of the thread that started cinit is not the parent's" {
	local sig
	for sig in TERM KILL; do
		run -0 python3 -SI -c 'import subprocess, sys, threading
def start():
    global job
    job = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    job.stdout.readline()
thread = threading.Thread(target=start)
thread.start()
thread.join()
job.communicate(b"go\n")
print("ended with", job.returncode)' "$CINIT" "--parent-death=$sig" sh -c 'echo ready; read -r _; exit 6'
		assert_output 'ended with 6'
	done
}

@test "--parent-death: the end of that thread does not end a start that takes long, the parent's does" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	run -0 python3 -SI -c 'import os, signal, subprocess, sys, threading, time
fifo, *command = sys.argv[1:]
def start():
    global job
    job = subprocess.Popen(command)
    while not open(f"/proc/{job.pid}/task/{job.pid}/children").read():
        time.sleep(0.01)
thread = threading.Thread(target=start)
thread.start()
thread.join()
pending = lambda: int(next(l for l in open(f"/proc/{job.pid}/status") if l.startswith("ShdPnd")).split()[1], 16)
while not pending() >> 31 & 1:
    time.sleep(0.01)
time.sleep(0.3) # it looks ten times a second
open(fifo, "w").close()
print("ended with", job.wait())' "$BATS_TEST_TMPDIR/fifo" "$CINIT" -p TERM --stdin="$BATS_TEST_TMPDIR/fifo" sh -c 'exit 6'
	assert_output 'ended with 6'
	with=(-k)
	start_cinit -p USR1 --stdin="$BATS_TEST_TMPDIR/fifo" cat
	eventually payload_pid
	driver_dies
	eventually gone "$init"
}

@test "--parent-death ends a wait for those left behind, in its first second too" {
	with=(-k)
	start_cinit --status-fd=2 -p KILL --grace=wait sh -c 'end_daemon; exit 7'
	await '"stage":1'
	driver_dies
	await '"name":"SIGKILL","origin":"outside","sender":0,"action":"stage"'
	eventually gone "$init"
}

@test "--parent-death as PID 1, and with -N: any signal furthers the grace plan and ends --pause" {
	local start
	with=(-k)
	for start in start_pid1 'start_cinit -N'; do
		$start --status-fd=2 -p HUP --grace=wait:1h,KILL sh -c 'end_daemon; exit 7'
		await '"stage":1'
		driver_dies
		await '"name":"SIGHUP","origin":"outside","sender":0,"action":"stage"'
		eventually gone "$init"
		$start --status-fd=2 -p HUP --pause
		await '"hello"'
		eventually grep -qE '^(128|137) 0x' "/proc/$init/syscall" # rt_sigtimedwait: the parent is watched
		driver_dies
		await '"name":"SIGHUP","origin":"outside","sender":0,"action":"stage"'
		eventually gone "$init"
	done
}

@test "--parent-death=STOP is refused" {
	refuses "'STOP'" -p STOP true
}

@test "--parent-death: an unknown signal is 125" {
	refuses "'NOSUCH'" -p NOSUCH true
}

@test "without --parent-death the command outlives the parent" {
	start_cinit sigreport
	await ready
	driver_dies
	wait "$job" || true
	outside USR1
	await '^got 10 '
	[[ $output != *'got 15'* ]] || fail "$output"
	tell 'exit 0'
	await_end
}

# ---- the parent's end, behind those who change user or session ----

# dies_with WRAPPER…: cinit below it gets SIGTERM when the wrapper dies.
dies_with() {
	start "${with[@]}" -- bash -c '"$@" & echo "wrapper $!"; exec sleep 1000' - "$@"
	await_all '^wrapper [0-9]+$' '^payload [0-9]+$'
	local wrapper payload
	wrapper=$(sed -n 's/^wrapper //p' <<<"$output")
	payload=$(sed -n 's/^payload //p' <<<"$output")
	kill -KILL "$wrapper"
	await '^got 15$'
	eventually gone "$payload"
}

payload='trap "echo got 15; exit 0" TERM; echo payload $$; while :; do sleep 0.05; done'

@test "--parent-death: behind setsid" {
	dies_with setsid --fork --wait "$CINIT" -p TERM bash -c "$payload"
}

@test "--parent-death: behind su, which changes the user" {
	((EUID == 0)) || skip 'needs root'
	local dir
	dir=$(mktemp -d /tmp/cinit-parent-death.XXXXXX) # bats' own are closed to other users
	chmod 755 "$dir"
	cp "$CINIT" "$dir/cinit"
	dies_with su -s /bin/bash nobody -c "cd /; exec $dir/cinit -p TERM bash -c '$payload'"
	rm -r "$dir"
}

@test "--parent-death: cinit changes the user of the payload" {
	((EUID == 0)) || skip 'needs root'
	dies_with setsid --fork --wait "$CINIT" -p TERM -u 65534 bash -c "$payload"
}
