# SAFE: no flag of a process takes a limit off, hides it, or ties it to another: what is left after all of them is told.
# SAFE-SYSTEMD: the same.
# VERDICT: fail
# SCENARIO: purge
perl -e '
	sub broken { print "BROKEN: @_\n" }
	sub flag { syscall(157, @_) }
	broken("no_new_privs taken back") if flag(38, 0, 0, 0, 0) == 0;
	broken("another program file in its place") if flag(35, 13, 0, 0, 0) == 0 && readlink("/proc/self/exe") !~ /perl/;
	broken("a shared core with the first process") if flag(62, 2, 1, 0, 0) == 0; # PR_SCHED_CORE, share to
	broken("traced by anybody") if flag(0x59616d61, -1, 0, 0, 0) == 0 && syscall(101, 16, getppid(), 0, 0) == 0;
	broken("ambient rights") if flag(47, 2, 21, 0, 0) == 0; # CAP_SYS_ADMIN
	broken("secure bits") if flag(28, 0x2f, 0, 0, 0) == 0 && flag(24, 21, 0, 0, 0) == 1 && `grep CapEff /proc/self/status` =~ /ffffffff/;
	broken("a filter taken off") if flag(22, 0, 0, 0, 0) == 0 && flag(21, 0, 0, 0, 0) == 0;
	fork and exit; open(STDOUT, ">", "/dev/null"); open(STDERR, ">", "/dev/null"); open(STDIN, "<", "/dev/null"); setpgrp;
	flag(36, 1, 0, 0, 0); flag(4, 0, 0, 0, 0); flag(1, 0, 0, 0, 0); flag(29, 1, 0, 0, 0); flag(33, 1, 1, 0, 0); # subreaper, not dumpable, no parent death signal, timer slack
	my $name = ""; flag(15, $name, 0, 0, 0); $0 = "";
	$SIG{$_} = "IGNORE" for qw(HUP INT QUIT TERM PIPE CHLD USR1 USR2 TSTP);
	sleep shift' "$ABUSE_SLEEP"
true
