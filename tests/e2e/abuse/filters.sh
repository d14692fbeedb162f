# SAFE: neither a filter of one's own nor a changed personality nor a new program lifts what is refused.
# SAFE-SYSTEMD: the same.
# VERDICT: pass
# SECCOMP_SET_MODE_FILTER with one instruction: allow
perl -e '
	my $code = pack("SCCL", 6, 0, 0, 0x7fff0000); my $prog = pack("Sx6P", 1, $code);
	syscall(317, 1, 0, $prog) == 0 or exit 1;
	exit(syscall(250, 0, -3, 1, 0, 0) >= 0 || syscall(425, 8, my $p = "\0" x 120) >= 0 ? 0 : 1)' && broken "a filter of its own opened a call"
for p in 0x0008 0x40000 0x4000000 0x8000000; do
	perl -e 'syscall(135, hex shift); exec "perl", "-e", "exit(syscall(321, 0, 0, 0) >= 0 || \$!{EFAULT} || \$!{EINVAL} ? 0 : 1)"' "$p" && broken "personality $p opened bpf"
done
grep -q '^Seccomp:[[:space:]]*2' /proc/self/status || broken "no filter"
grep -q '^NoNewPrivs:[[:space:]]*1' /proc/self/status || broken "new privileges"
