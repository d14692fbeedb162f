# SAFE: descriptors that were sent and never taken, sockets inside sockets, end with the test; a folder handed over leads no further than the root.
# SAFE-SYSTEMD: the same.
# VERDICT: any
perl -e '
	use Socket;
	sub give { my ($to, $fd) = @_; my $c = pack("QllLx4", 20, 1, 1, $fd); my $b = "x"; my $v = pack("PQ", $b, 1); my $m = pack("QLx4PQPQLx4", 0, 0, $v, 1, $c, 24, 0); syscall(46, fileno($to), $m, 64) }
	my @kept;
	for my $i (1 .. 400) {
		socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0) or last;
		for (1 .. 20) { give($a, fileno($b)); give($b, fileno($a)) }
		push @kept, $a if $i % 10 == 0;
	}'
perl -e '
	# a folder that was opened before chroot(2), the old way out
	mkdir "/opt/abuse/jail"; opendir(my $d, "/"); chroot("/opt/abuse/jail") or exit 1; chdir($d); chdir("..") for 1 .. 64; exit(-e ".$ARGV[0]" ? 0 : 1)' "$ABUSE_WORK/canary" && broken "the machine's files"
true
