# SAFE: of what the kernel speaks over netlink nothing leads past the own network: no events of devices, processes or audits, no filter, no tunnel, no
# socket of another is killed.
# SAFE-SYSTEMD: the same.
# VERDICT: pass
perl -e '
	use Socket; my $me = $$;
	sub ask { # FAMILY TYPE BODY: the error that comes back; 1 when there is none
		my ($family, $type, $body) = @_;
		socket(my $s, 16, 3, $family) or return 1;
		send($s, pack("LSSLL", 16 + length $body, $type, 5, 1, 0) . $body, 0) or return 1;
		my $set = ""; vec($set, fileno($s), 1) = 1; select($set, undef, undef, 1) or return 1;
		recv($s, my $r, 65536, 0); my ($len, $kind, $error) = unpack("LSx10l", $r);
		return $kind == 2 ? $error : 1;
	}
	for my $try (["a tunnel (xfrm)", 6, 0x13, pack("x256")], ["a packet filter (nftables)", 12, 0xa00, pack("CCn", 1, 0, 0)],
		["a connection tracked", 12, 0x100, pack("CCn", 2, 0, 0)], ["a rule", 0, 0x20, pack("Cx11", 2)], ["a neighbour", 0, 0x1c, pack("Cx3lSCC", 2, 1, 2, 0, 1)],
		["a queue (tc)", 0, 0x24, pack("CxxxlLLL", 0, 1, 0, 0xffffffff, 0)], ["a device set down", 0, 0x10, pack("CxSlII", 0, 0, 1, 0, 1)]) {
		my ($what, $family, $type, $body) = @$try;
		print "BROKEN: $what\n" if ask($family, $type, $body) == 0;
	}
	for my $try (["events of devices", 15, 1], ["events of processes", 11, 1], ["SELinux", 7, 1], ["audits", 9, 1]) {
		my ($what, $family, $groups) = @$try;
		socket(my $s, 16, 3, $family) or next;
		bind($s, pack("SxxLL", 16, 0, $groups)) or next;
		send($s, "add@/devices/abuse\0ACTION=add\0DEVPATH=/devices/abuse\0SUBSYSTEM=block\0", 0) if $family == 15;
		my $set = ""; vec($set, fileno($s), 1) = 1; print "BROKEN: heard of $what\n" if select($set, undef, undef, 0.2);
	}'
true
