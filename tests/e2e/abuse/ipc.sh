# SAFE: shared memory, semaphores and queues of the machine are not seen; what is made here goes with the test.
# SAFE-SYSTEMD: the same.
# VERDICT: pass
if grep -qw "$ABUSE_IPC" /proc/sysvipc/shm; then broken "the machine's shared memory is listed"; fi
perl -e 'exit(defined shmget(0 + shift, 1, 0) ? 0 : 1)' "$ABUSE_IPC" && broken "the machine's shared memory is opened"
perl -e '
	my $k = 0 + shift;
	shmget($k + 1, 65536, 01666); semget($k + 1, 8, 01666); msgget($k + 1, 01666);
	msgsnd(msgget($k + 1, 0), pack("l! a*", 1, "x" x 4000), 04000) or last for 1..64;
	my $name = "sluice-abuse"; syscall(240, $name, 0102, 0600, 0);
' "$ABUSE_IPC"
true
