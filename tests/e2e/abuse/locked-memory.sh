# SAFE: memory that cannot be swapped, given to pipes, queues or hidden from the kernel ends at limits.
# SAFE-SYSTEMD: the same.
# VERDICT: any
perl -e '
	my $n = 0; my @keep;
	for (1..20000) { pipe(my $r, my $w) or last; fcntl($w, 1031, 1 << 20) or last; push @keep, $r, $w; $n++ }
	for (@keep) { syscall(72, fileno($_), 4, 04000); syswrite($_, "x" x (1 << 20)) }
	print "BROKEN: $n MiB in pipes\n" if $n > 4096'
perl -e 'my $a = syscall(9, 0, 1 << 30, 3, 0x22, -1, 0); exit 1 if $a < 0; exit(syscall(149, $a, 1 << 30) == 0 ? 0 : 1)' 2>/dev/null && broken "locked 1 GiB"
perl -e 'exit(syscall(447, 0) >= 0 ? 0 : 1)' && broken "memfd_secret"
true
