# SAFE: the old way out of a chroot ends in the test's own root.
# SAFE-SYSTEMD: the same.
# VERDICT: pass
mkdir -p /opt/jail
perl -e 'opendir(my $d, "/"); chroot("/opt/jail") or exit; chdir("..") for 1..64; chroot("."); exit(-e shift() ? 0 : 1)' "$ABUSE_WORK/canary" && broken "the machine's files"
perl -e 'exit(-e shift() ? 0 : 1)' "/proc/self/root/$ABUSE_WORK/canary" && broken "the machine's files by /proc"
true
