# SAFE: signals in masses, forged ends of children and real-time signals to the first process and to everybody change no result.
# SAFE-SYSTEMD: the same; systemd may end its system, which is a failed step at most.
# SELDOM: with SLUICE_FULL=1, or by its name
# VERDICT: any
perl -e '
	for my $signal (1, 2, 15, 17, 34 .. 64) { kill $signal, 1 for 1 .. 200 }
	my $forged = pack("i i i i i i x104", 17, 0, 1, $$, 0, 0); # SIGCHLD: a child ended with 0
	syscall(129, 1, 17, $forged) for 1 .. 1000; # rt_sigqueueinfo
' 2>/dev/null
[ -d /proc/1 ] || broken "gone"
true
