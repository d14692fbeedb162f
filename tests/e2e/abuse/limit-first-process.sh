# SAFE: nobody takes the first process's limits or its place away, so that it would see nothing any more: what was left is told.
# SAFE-SYSTEMD: our first process is not even seen; what is done to systemd hurts the root only.
# VERDICT: fail
# SCENARIO: purge
echo left >/opt/abuse-stray
[ "$ABUSE_PROFILE" = plain ] || exit 0
perl -e '
	my $few = pack("QQ", 3, 3);
	print "BROKEN: its open files\n" if syscall(302, 1, 7, $few, 0) == 0;
	print "BROKEN: its files by other words\n" if syscall(302, 0xffffffff00000001, 7, $few, 0) == 0;
	my $second = pack("QQ", 1, 1);
	print "BROKEN: its time\n" if syscall(302, 1, 0, $second, 0) == 0;
	my ($idle, $cpu) = (pack("i", 0), pack("Q", 1));
	print "BROKEN: its scheduling\n" if syscall(144, 1, 5, $idle) == 0;
	print "BROKEN: its processors\n" if syscall(203, 1, 8, $cpu) == 0;
	print "BROKEN: its priority\n" if syscall(141, 0, 1, 19) == 0;
	print "BROKEN: its turn at the disk\n" if syscall(251, 1, 1, 3 << 13) == 0;
'
