# SAFE: timers, events, epoll sets and files in memory that a process holds end with the test; the process is told.
# SAFE-SYSTEMD: the same.
# SELDOM: with SLUICE_FULL=1, or by its name
# VERDICT: fail
# SCENARIO: purge
perl -e '
	fork and exit; setpgrp;
	my $in = pack("q4", 1, 0, 0, 1000000); # once a second, first in a millisecond
	for (1 .. 200) {
		my $t = syscall(283, 1, 0); syscall(286, $t, 0, $in, 0) if $t >= 0; # timerfd
		syscall(290, 1 << 30, 0); # eventfd2
		my $e = syscall(291, 0); # epoll_create1
		my $name = "abuse"; syscall(319, $name, 0); # memfd_create
	}
	my $id = pack("i", 0); syscall(222, 1, 0, $id) for 1 .. 200; # timer_create
	exec "sleep", shift' "$ABUSE_SLEEP" </dev/null >/dev/null 2>&1
true
