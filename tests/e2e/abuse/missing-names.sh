# SAFE: the kernel remembers names that do not exist, too; that memory is the test's own, and a million of them ends nobody.
# SAFE-SYSTEMD: the same.
# SELDOM: with SLUICE_FULL=1, or by its name
# VERDICT: any
perl -e 'my $long = "n" x 200; for (1 .. 500000) { stat("/opt/abuse/$long$_") } for (1 .. 100000) { lstat("/tmp/$long$_") }'
true
