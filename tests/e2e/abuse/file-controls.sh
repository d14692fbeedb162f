# SAFE: no file system is frozen, shut down, trimmed, grown or given a quota by a request to one of its files; the package that is tested stays as it is.
# SAFE-SYSTEMD: the same; memory of the own root may be asked anything.
# VERDICT: pass
before=$(sha256sum </run/sluice/new/0.deb 2>/dev/null)
for path in / /usr/bin/dpkg /etc/passwd /run/sluice/new /run/sluice/new/0.deb /proc/self/exe /dev/null; do
	perl -e '
		my $path = shift; sysopen(my $f, $path, 0) or exit;
		my %requests = (0xC0045877 => "FIFREEZE", 0xC0045878 => "FITHAW", 0xC0185879 => "FITRIM", 0x8004587d => "FS_IOC_SHUTDOWN", 0x40086602 => "FS_IOC_SETFLAGS",
			0x401c5820 => "FS_IOC_FSSETXATTR", 0x40806685 => "FS_IOC_ENABLE_VERITY", 0x800c6613 => "FS_IOC_SET_ENCRYPTION_POLICY", 0x40086610 => "EXT4_IOC_RESIZE_FS",
			0x6611 => "EXT4_IOC_SWAP_BOOT", 0x4004662b => "EXT4_IOC_SHUTDOWN", 0x40047602 => "FS_IOC_SETVERSION", 0x125d => "BLKROSET", 0x40086604 => "EXT4_IOC_SETVERSION");
		for my $request (sort keys %requests) {
			my $arg = "\0" x 256; substr($arg, 0, 4) = pack("L", 0x10); # immutable, where flags are meant
			next if $requests{$request} =~ /SETVERSION/ && $path !~ /new/;
			print "BROKEN: $requests{$request} of $path\n" if ioctl($f, $request, $arg);
		}' "$path"
done
[ "$(sha256sum </run/sluice/new/0.deb 2>/dev/null)" = "$before" ] || broken "the package was changed"
true
