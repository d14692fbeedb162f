# SAFE: times before 1970 and after 2500, attributes in masses, thousands of names of one file and files of the largest size are walked, told and left behind.
# SAFE-SYSTEMD: the same.
# VERDICT: any
# SCENARIO: purge
mkdir -p /opt/strange /var/log/strange
touch -d '1901-12-14' /opt/strange/old
touch -d '2553-01-01' /opt/strange/far /var/log/strange/far.log
perl -e '
	my $v = "v" x 3000; open(my $f, ">", "/opt/strange/one"); close $f;
	for my $i (1 .. 2000) { my ($p, $n) = ("/opt/strange/one", "user.\e[31m<b>$i"); last if syscall(188, $p, $n, $v, 3000, 0) < 0 }
	for my $i (1 .. 20000) { link("/opt/strange/one", "/opt/strange/l$i") or last }
	open($f, ">", "/opt/strange/large"); truncate($f, 0x7fffffffffffffff) or truncate($f, 1 << 30); close $f;
	my ($p, $n) = ("/opt/strange/one", "system.posix_acl_access"); my $acl = pack("L", 2) . pack("SSL", 1, 6, -1) . pack("SSL", 2, 7, 99) x 500 . pack("SSL", 4, 4, -1) . pack("SSL", 16, 7, -1) . pack("SSL", 32, 4, -1);
	syscall(188, $p, $n, $acl, length $acl, 0)'
true
