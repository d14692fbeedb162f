# SAFE: descriptors are bounded for each process and by memory; the machine still opens files.
# SAFE-SYSTEMD: the same.
# VERDICT: any
perl -e 'for (1..5) { fork or last } my @f; for (1..100000) { open(my $f, "<", "/dev/null") or last; push @f, $f } print "BROKEN: ", scalar @f, " descriptors\n" if @f > 66000; sleep 1'
true
