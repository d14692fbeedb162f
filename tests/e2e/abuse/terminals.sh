# SAFE: terminals can be taken up to a limit of their own; the machine still has some to give.
# SAFE-SYSTEMD: the same.
# VERDICT: any
perl -e 'my @t; for (1..8) { fork or last } for (1..4000) { open(my $t, "+<", "/dev/ptmx") or last; push @t, $t } print "BROKEN: ", scalar @t, " terminals\n" if @t > 520; sleep 2'
true
