# SAFE: whoever opens connections in masses, says much or nothing on them and never ends, is told up to a bound; there is an answer, in time.
# SAFE-SYSTEMD: the same.
# VERDICT: any
perl -e '
	use Socket; use Fcntl; my @all; my $junk = join("", map { chr($_ * 37 % 256) } 1 .. 2000);
	for my $i (1 .. 3000) {
		socket(my $s, AF_INET, SOCK_STREAM, 0) or last; fcntl($s, F_SETFL, O_NONBLOCK);
		connect($s, pack_sockaddr_in(1 + $i % 60000, pack("C4", 198, 51, 100, $i % 250))); push @all, $s;
		socket(my $d, AF_INET, SOCK_DGRAM, 0) or last; send($d, substr($junk, 0, 1 + $i % 1400), 0, pack_sockaddr_in($i % 2 ? 53 : $i, pack("C4", 198, 18, 0, 1)));
	}
	select(undef, undef, undef, 0.5);
	for my $s (@all) { syswrite($s, $_ % 3 ? $junk : "\x16\x03\x01\xff\xff\x01") for 1 .. 3 }
	sleep 1' 2>/dev/null
true
