# SAFE: processes that are stopped, or that a parent keeps as dead, hold nothing up and are told when they stay.
# SAFE-SYSTEMD: the same.
# VERDICT: fail
# SCENARIO: purge
perl -e '
	fork and exit; open($_, "+<", "/dev/null") for \*STDIN; open(STDOUT, ">", "/dev/null"); open(STDERR, ">", "/dev/null"); setpgrp;
	for (1 .. 100) { defined(my $p = fork) or last; exit if $p == 0 } # dead, and kept
	for (1 .. 5) { my $p = fork; next if $p; kill "STOP", $$; exit }
	exec "sleep", shift' "$ABUSE_SLEEP"
true
