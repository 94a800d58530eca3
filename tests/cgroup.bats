load helper

# Of v2, where it is mounted. Controllers may be with it or with v1.
setup() {
	((EUID == 0)) || skip 'needs root'
	root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	[[ $root && -w $root/cgroup.procs ]] || skip 'needs a cgroup v2 that may be changed'
	name=cinit-test-$$-$BATS_TEST_NUMBER
	group=$root/$name
	pids=$(awk '$3 == "cgroup" && $4 ~ /(^|,)pids(,|$)/ { print $2; exit }' /proc/mounts)
	pids=${pids:-$root}
	[[ $pids != "$root" || $(<"$root/cgroup.subtree_control") == *pids* ]] || pids=
}

teardown() {
	forget
	local dir
	for dir in "$root/$name" "$pids/$name"; do
		[[ -d $dir ]] || continue
		[[ ! -e $dir/cgroup.kill ]] || echo 1 >"$dir/cgroup.kill"
		eventually find "$dir" -depth -type d -exec rmdir {} +
	done
}

needs_pids() {
	[[ $pids ]] || skip 'needs the pids controller'
}

removed() {
	[[ ! -d $group && ! -d $pids/$name ]] || fail "not removed: $(ls -d "$group" "$pids/$name")"
}

@test "--cgroup: the payload is in the cgroup from its first instruction on, cinit is not" {
	local mode
	for mode in "${modes[@]}"; do
		run "$mode" --cgroup="$name" sh -c 'cat /proc/self/cgroup; echo; cat /proc/$PPID/cgroup'
		assert_success
		assert_equal "$(grep -c "^0::/$name$" <<<"$output")" 1
		removed
	done
}

@test "--cgroup: an absolute directory is taken as it is" {
	run cinit --cgroup="$group" cat /proc/self/cgroup
	assert_line "0::/$name"
	removed
}

@test "--cgroup: a cgroup that was there is not removed" {
	mkdir "$group"
	run cinit --cgroup="$name" cat /proc/self/cgroup
	assert_line "0::/$name"
	[[ -d $group ]]
}

@test "--cgroup: the cgroup above is not made" {
	run cinit --cgroup="$name/below" echo started
	assert_refused "$name/below'.*ENOENT, the cgroup above it must be there$"
	removed
}

@test "--cgroup: outside of a cgroup mount is 125" {
	run cinit --cgroup="$BATS_TEST_TMPDIR/no" echo started
	assert_refused "write '0' to 'cgroup.procs': ENOENT, this is no cgroup$"
	[[ ! -d $BATS_TEST_TMPDIR/no ]]
}

@test "--cgroup: without mounts in sight is 125" {
	run unshare --mount sh -c 'mount -t tmpfs none /proc; exec "$@"' - "$CINIT" --cgroup="$name" echo started
	assert_refused 'ENOENT'
}

@test "--cgroup: a name that is too long is 125" {
	run cinit --cgroup="$BATS_TEST_TMPDIR$(printf '/x%.0s' {1..600})" echo started
	assert_refused "unable to make '.*': ENAMETOOLONG$"
}

@test "--cgroup: where no hierarchy is mounted is 125" {
	run unshare --mount sh -ec 'umount -R /sys; exec "$@"' - "$CINIT" --cgroup="$name" echo started
	assert_refused "unable to make '.*': ENODEV, no hierarchy for it is mounted$"
}

@test "--cgroup-set: a payload with pids.max=1 runs, and cannot fork" {
	needs_pids
	local mode
	for mode in "${modes[@]}"; do
		run "$mode" --cgroup="$name" --cgroup-set=pids.max=1 cat /proc/self/cgroup
		assert_success
		assert_line --regexp "(pids|0:)[^/]*/$name$"
		run "$mode" --cgroup="$name" --cgroup-set=pids.max=1 sh -c 'true & echo forked'
		refute_line forked
		removed
	done
}

@test "--cgroup-set: a file that is not there, or a bad value, is 125, and what was made is removed" {
	needs_pids
	run cinit --status-fd=2 --cgroup="$name" --cgroup-set=pids.max=x echo started
	assert_status 125
	assert_line --regexp "^cinit: .*write 'x' to 'pids.max': EINVAL$"
	refute_line started
	told
	assert_line --regexp '^exec_failed step=write errno=EINVAL '
	removed
	run cinit --cgroup="$name" --cgroup-set=pids.nosuch=1 echo started
	assert_refused "to 'pids.nosuch': ENOENT, no such controller in the cgroup.subtree_control above$"
	removed
}

@test "--cgroup-set: the longest name of a file is taken, a longer one refused" {
	local file
	printf -v file '%063d' 0
	run cinit --status-fd=2 --cgroup="$name" --cgroup-set="$file=5" echo started
	assert_status 125
	assert_output --partial "to '$file'"
	run cinit --cgroup="$name" --cgroup-set="0$file=5" echo started
	assert_status 125
	assert_output --partial "takes FILE=VALUE"
}

@test "--cgroup-set: 16 are taken, not 17, and none without --cgroup" {
	local sets=() i
	for i in {1..16}; do
		sets+=(--cgroup-set="cgroup.max.depth=$i")
	done
	run cinit --cgroup="$name" "${sets[@]}" sh -c "cat $group/cgroup.max.depth"
	assert_output 16
	run cinit --cgroup="$name" "${sets[@]}" --cgroup-set=cgroup.max.depth=17 echo started
	assert_refused 'takes FILE=VALUE.*16 times'
	run cinit --cgroup-set=pids.max=1 echo started
	assert_refused '--cgroup missing'
}

@test "--cgroup-set: what is no FILE=VALUE is 125" {
	local word
	for word in '' = pids.max pids.max= =1 ../pids.max=1 "$(printf 'x%.0s' {1..64})=1"; do
		run cinit --cgroup="$name" --cgroup-set="$word" echo started
		assert_refused 'takes FILE=VALUE'
	done
}

@test "--cgroup: when the exec fails the cgroup is removed" {
	run -127 cinit --cgroup="$name" ./no-such-command
	removed
}

@test "--cgroup: joining fails, 125 with the cause, for a cgroup below a threaded one" {
	mkdir -p "$group/a/b"
	echo threaded >"$group/a/cgroup.type"
	run cinit --cgroup="$name/a/b" echo started
	assert_refused "'cgroup.procs': EOPNOTSUPP, the cgroup is threaded, or below one that is$"
}

@test "--cgroup: any step that fails leaves no child and no cgroup" {
	local fault
	for fault in mkdirat:error=EROFS clone:error=EAGAIN openat:error=EACCES:when=2 pipe2:error=EMFILE; do
		run strace -f -o "$BATS_TEST_TMPDIR/trace" -e inject="$fault" "$CINIT" --cgroup="$name" echo started
		assert_status 125
		refute_line started
		removed
	done
}

@test "--cgroup: a text without #! is run in it" {
	echo 'cat /proc/self/cgroup' >"$BATS_TEST_TMPDIR/text"
	chmod +x "$BATS_TEST_TMPDIR/text"
	run cinit --cgroup="$name" "$BATS_TEST_TMPDIR/text"
	assert_line "0::/$name"
	removed
}

@test "--cgroup with --user: the cgroup is joined before the rights are gone" {
	run cinit --cgroup="$name" --user=65534 sh -c 'cat /proc/self/cgroup; id -u'
	assert_line "0::/$name"
	assert_line 65534
	removed
}

@test "--cgroup: a daemon that is left behind gets the grace plan" {
	local mode
	for mode in "${modes[@]}"; do
		run "$mode" --cgroup="$name" --grace=TERM:10s,KILL sh -c 'end_daemon -c; exit 7'
		assert_status 7
		assert_line 'cleaned up'
		refute_line --partial 'left behind'
		removed
	done
}

@test "--cgroup: SIGKILL at the end of the plan takes all, told in one warning" {
	run cinit --cgroup="$name" --grace=TERM:50ms,KILL sh -c 'end_daemon -i; end_daemon -i; exit 7'
	assert_status 7
	assert_line --regexp '^cinit: left behind and ended by SIGKILL: 2$'
	removed
}

@test "--cgroup: a member that is no descendant gets the plan as well" {
	start_cinit --cgroup="$name" --grace=TERM:10s,KILL sh -c 'read line'
	eventually grep -q . "$group/cgroup.procs"
	setsid sleep 1000 3>&- &
	local stranger=$!
	# Before that a SIGTERM would be noted by the shell's handler, and forgotten.
	eventually grep -q sleep "/proc/$stranger/comm"
	echo "$stranger" >"$group/cgroup.procs"
	tell go
	await_end
	assert_status 0
	removed
	run -143 wait "$stranger"
}

@test "--cgroup: cgroups that the payload has made below are emptied and removed" {
	run cinit --cgroup="$name" --grace=TERM:50ms,KILL sh -c "
		mkdir -p $group/x/y && sh -c 'echo 0 >$group/x/y/cgroup.procs; exec end_daemon -i'; exit 7"
	assert_status 7
	assert_line --regexp '^cinit: left behind and ended by SIGKILL: 1$'
	removed
}

@test "--cgroup: members from before are no leftovers" {
	mkdir "$group"
	sleep 1000 3>&- &
	local stranger=$!
	echo "$stranger" >"$group/cgroup.procs"
	run cinit --cgroup="$name" --grace=TERM:30s,KILL sh -c 'end_daemon -c; exit 7'
	assert_status 7
	assert_line 'cleaned up'
	alive "$stranger"
	kill "$stranger"
}

@test "--cgroup: one that cinit itself is in is not its own to end" {
	mkdir "$group"
	run launch -s -- sh -c 'echo 0 >"$0"; exec "$@"' "$group/cgroup.procs" \
		"$CINIT" --cgroup="$name" --grace=TERM:50ms,KILL sh -c 'end_daemon -i; exit 7'
	assert_status 7
	assert_line --regexp '^cinit: left behind and ended by SIGKILL: 1$'
}

@test "--cgroup: a cgroup that cannot be removed is one warning" {
	run cinit --cgroup="$name" --grace=none sh -c 'end_daemon -i; exit 7'
	assert_status 7
	assert_line --regexp "^cinit: unable to remove the cgroup '.*$name': EBUSY, processes are left in it$"
	echo 1 >"$group/cgroup.kill"
}

@test "--cgroup: without v2 the freezer of v1 finds and ends all" {
	local freezer
	freezer=$(awk '$3 == "cgroup" && $4 ~ /(^|,)freezer(,|$)/ { print $2; exit }' /proc/mounts)
	[[ $freezer ]] || skip 'needs the freezer of v1'
	run unshare --mount sh -ec 'umount "$0"; exec "$@"' "$root" launch -s -- \
		"$CINIT" --cgroup="$name" --grace=TERM:50ms,KILL sh -c 'grep freezer /proc/self/cgroup; end_daemon -i; exit 7'
	assert_status 7
	assert_line --regexp "freezer:/$name$"
	assert_line --regexp '^cinit: left behind and ended by SIGKILL: 1$'
	[[ ! -d $freezer/$name ]]
}

# Those that it finds keep forking until they are frozen.
@test "--cgroup: without cgroup.kill (Linux 5.14) all are frozen, then killed" {
	strace_options=(-P "$group/cgroup.kill" -P "$group/cgroup.freeze")
	traced openat:error=ENOENT:when=1 start_cinit --cgroup="$name" --grace=TERM:50ms,KILL sh -c '
		(trap "" TERM; while sleep 0.001; do (sleep 1000 &); : >"$0"; done) &
		until [ -e "$0" ]; do sleep 0.01; done
		exit 7' "$BATS_TEST_TMPDIR/forks"
	await_end
	assert_status 7
	assert_line --regexp '^cinit: left behind and ended by SIGKILL: [0-9]+$'
	removed
	run -0 grep -oE '(cgroup.kill"|, O_WRONLY).*ENOENT|write\([0-9]+, "[01]"' "$trace"
	assert_output --regexp $'^cgroup.kill.*ENOENT.*\nwrite\\([0-9]+, "1"\nwrite\\([0-9]+, "0"'
}

@test "--cgroup: an ordinary user may use what is delegated to him" {
	mkdir "$group"
	chown -R 65534 "$group"
	run sh -ec 'echo 0 >"$0/cgroup.procs"; exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"' \
		"$group" "$CINIT" --cgroup="$name/own" cat /proc/self/cgroup
	assert_line "0::/$name/own"
	[[ ! -d $group/own ]]
	run setpriv --reuid=65534 --regid=65534 --clear-groups "$CINIT" --cgroup="$name-other" echo started
	assert_refused 'EACCES, the cgroup above it must be delegated to us$'
	run setpriv --reuid=65534 --regid=65534 --clear-groups "$CINIT" --cgroup="$name/own" echo started
	assert_refused 'EACCES, the cgroup, and one above both it and ours, must be delegated to us$'
}

# Sets $memory to the hierarchy that has the memory controller, and $limit to its file.
find_memory() {
	memory=$(awk '$3 == "cgroup" && $4 ~ /(^|,)memory(,|$)/ { print $2; exit }' /proc/mounts)
	limit=memory.limit_in_bytes
	[[ ! $memory ]] || return 0
	memory=$root limit=memory.max
	[[ $(<"$root/cgroup.subtree_control") == *memory* ]] || skip 'needs the memory controller'
}

@test "--cgroup: an OOM kill by its limit is told" {
	find_memory
	run cinit --cgroup="$name" --cgroup-set=$limit=20000000 python3 -c '
import time
time.sleep(0.2)
x = bytearray(100000000)'
	assert_status 137
	assert_line --partial 'raise the memory limit'
	[[ ! -d $memory/$name ]]
}

# The OOM killer ends all that share memory with its victim.
@test "--cgroup: an OOM kill before the exec does not take cinit along" {
	find_memory
	run cinit --status-fd=2 --cgroup="$name" --cgroup-set=$limit=4096 echo started
	assert_line '{"event":"done","status":137}'
	refute_line started
	[[ ! -d $memory/$name ]]
}

@test "--cgroup: a relative one without /proc is 125 and the reason" {
	run unshare --mount sh -c 'mount -t tmpfs none /proc && exec "$@"' - "$CINIT" --cgroup=some true
	assert_refused "'some'.*ENOENT, without /proc it must be absolute$"
}
