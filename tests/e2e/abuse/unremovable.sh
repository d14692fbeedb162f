# SAFE: files cannot be made immutable or append-only; what is named and nested so that nobody likes to remove it goes with the test.
# SAFE-SYSTEMD: the same.
# SELDOM: with SLUICE_FULL=1, or by its name
# VERDICT: any
# SCENARIO: purge
mkdir -p /opt/abuse/kept
echo x >/opt/abuse/kept/file
perl -e '
	open(my $f, "<", "/opt/abuse/kept/file");
	for my $flag (0x10, 0x20) { # immutable, append only
		my $l = pack("l!", $flag);
		print "BROKEN: flag $flag\n" if ioctl($f, 0x40086602, $l);
	}'
chattr +i /opt/abuse/kept/file 2>/dev/null && broken "chattr"
chmod 000 /opt/abuse/kept
perl -e 'mkdir "/opt/abuse/-rf"; mkdir "/opt/abuse/\xff\xfe"; mkdir "/opt/abuse/ "; open(my $f, ">", "/opt/abuse/\n/etc")'
true
