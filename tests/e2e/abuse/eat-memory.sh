# SAFE: memory is bounded: the process dies or is refused, the machine keeps its own.
# SAFE-SYSTEMD: the same.
# VERDICT: any
perl -e 'my @a; for (1..64) { push @a, "x" x (256 << 20) } print "BROKEN: got 16 GiB\n"'
true
