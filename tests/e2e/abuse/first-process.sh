# SAFE: the first process can be neither traced, read, stopped nor killed.
# SAFE-SYSTEMD: our first process is not even seen; killing or stopping systemd is a failed step at most.
# VERDICT-SYSTEMD: any
# VERDICT: pass
perl -e 'exit(syscall(101, 16, 1, 0, 0) == 0 ? 0 : 1)' && broken "ptrace(PTRACE_ATTACH)"
perl -e 'exit(syscall(101, 0x4206, 1, 0, 0) == 0 ? 0 : 1)' && broken "ptrace(PTRACE_SEIZE)"
perl -e 'my $b = "x" x 64; exit(syscall(310, 1, $b, 1, $b, 1, 0) >= 0 ? 0 : 1)' && broken "process_vm_readv"
perl -e 'exit(syscall(438, syscall(434, 1, 0), 0, 0) >= 0 ? 0 : 1)' && broken "pidfd_getfd"
kill -STOP 1 2>/dev/null
kill -KILL 1 2>/dev/null
kill -TERM 1 2>/dev/null
[ -d /proc/1 ] || broken "gone"
