# SAFE: no new namespace of any kind, by clone, clone3, unshare or setns; the kernel's own count for them is 0 as well.
# SAFE-SYSTEMD: namespaces below the own one can be made, as services ask for them; none of the machine's can be entered.
# VERDICT: pass
if [ "$ABUSE_PROFILE" = plain ]; then
	# user mount pid network ipc uts cgroup time
	for bit in 0x10000000 0x20000 0x20000000 0x40000000 0x8000000 0x4000000 0x2000000 0x80; do
		perl -e 'my $r = syscall(56, hex(shift) | 17, 0, 0, 0, 0); exit 1 if $r < 0; exit 0 if $r == 0; wait; exit 0' "$bit" && broken "clone($bit)"
		perl -e 'exit(syscall(272, hex shift) == 0 ? 0 : 1)' "$bit" && broken "unshare($bit)"
	done
	# struct clone_args with CLONE_NEWUSER: flags, and 10 more words
	perl -e 'my $a = pack("Q11", 0x10000000, 0, 0, 0, 17, (0) x 6); my $r = syscall(435, $a, 88); exit 1 if $r < 0; exit 0 if $r == 0; wait; exit 0' && broken "clone3"
	for f in /proc/sys/user/max_*_namespaces; do
		[ "$(cat "$f")" = 0 ] || broken "$f is $(cat "$f")"
	done
fi
# A booted system's own first process is in the namespaces where the scripts are.
if [ "$ABUSE_PROFILE" = plain ]; then
	for p in 1 $PPID; do
		for kind in user mnt pid net ipc uts cgroup time; do
			perl -e 'open(my $f, "<", shift) or exit 1; exit(syscall(308, fileno($f), 0) == 0 ? 0 : 1)' "/proc/$p/ns/$kind" 2>/dev/null && broken "entered the $kind namespace of process $p"
		done
	done
fi
# From inside, no process of the machine is there to be named: all that can be entered is our own.
[ ! -e "/proc/1/root$ABUSE_WORK/canary" ] || broken "the machine's files by the first process"
perl -e 'my $fd = syscall(434, 1, 0); exit 1 if $fd < 0; exit(syscall(308, $fd, 0x20000) == 0 ? 0 : 1)' && [ "$ABUSE_PROFILE" = plain ] && broken "setns by pidfd"
true
