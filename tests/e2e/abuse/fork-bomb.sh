# SAFE: the number of processes is bounded; the test ends, the machine does not notice.
# SAFE-SYSTEMD: the same.
# VERDICT: any
perl -e '$SIG{ALRM} = sub { exit }; alarm 5; while (1) { my $p = fork; sleep 1 unless defined $p }' >/dev/null 2>&1 &
sleep 6
