# SAFE: a process that calls itself as one of ours, as the first process or as a thread of the kernel is told all the same when it stays.
# SAFE-SYSTEMD: the same.
# SELDOM: with SLUICE_FULL=1, or by its name
# VERDICT: fail
# SCENARIO: purge
for name in init sluice-watcher '(sd-pam)' '[kworker/0:1]'; do
	perl -e '
		my $name = shift; fork and exit; setpgrp;
		syscall(157, 15, $name, 0, 0, 0); $0 = $name; # PR_SET_NAME
		exec { "/bin/sleep" } $name, shift' "$name" "$ABUSE_SLEEP" </dev/null >/dev/null 2>&1
done
true
