# SAFE: the newer calls for mounts are as shut as mount(2), and those that list mounts tell nothing of the machine.
# SAFE-SYSTEMD: they make mounts inside only: no file system of a device, no owner mapping, nothing read-only becomes writable.
# VERDICT: pass
perl -e '
	my ($root, $type, $empty, $to) = ("/", "ext4", "", "/opt/abuse"); my $plain = shift eq "plain";
	sub broken { print "BROKEN: @_\n" }
	for my $name ("tmpfs", "proc", "sysfs", "overlay") { my $t = $name; broken("fsopen $name") if $plain && syscall(430, $t, 0) >= 0 }
	for my $name (qw(ext4 xfs btrfs vfat iso9660 squashfs nfs cifs 9p virtiofs debugfs tracefs securityfs bpf)) {
		my $t = $name; my $fs = syscall(430, $t, 0); next if $fs < 0;
		my ($key, $value) = ("source", "/dev/vda"); syscall(431, $fs, 1, $key, $value, 0); # FSCONFIG_SET_STRING
		next if syscall(431, $fs, 6, 0, 0, 0) < 0; # FSCONFIG_CMD_CREATE
		broken("made $name") if $name ne "bpf" && syscall(432, $fs, 0, 0) >= 0;
	}
	my $tree = syscall(428, -100, $root, 1 | 0x8000); # open_tree(OPEN_TREE_CLONE | AT_RECURSIVE)
	broken("open_tree") if $plain && $tree >= 0;
	broken("fspick") if $plain && syscall(433, -100, $root, 0) >= 0;
	broken("move_mount") if $plain && syscall(429, -100, $root, -100, $to, 0) == 0;
	for my $path ($plain ? "/proc/sys" : (), "/run/sluice/new/0.deb") {
		my ($p, $clear) = ($path, pack("Q4", 0, 1, 0, 0)); # mount_setattr: no longer MOUNT_ATTR_RDONLY
		broken("$path is writable") if syscall(442, -100, $p, 0, $clear, 32) == 0;
	}
	open(my $user, "<", "/proc/self/ns/user"); my $map = pack("Q4", 0x100000, 0, 0, fileno($user));
	broken("mapped owners") if syscall(442, -100, $root, 0, $map, 32) == 0;
	broken("open_tree_attr") if syscall(467, -100, $root, 1, $map, 32) >= 0;
	broken("statmount") if $plain && syscall(457, pack("LLQQ", 24, 0, 1, 1), my $b = "\0" x 512, 512, 0) == 0;
	broken("listmount") if $plain && syscall(458, pack("LLQQ", 24, 0, -1, 0), my $l = "\0" x 512, 64, 0) > 0;
' "$ABUSE_PROFILE"
if (: >>/run/sluice/new/0.deb) 2>/dev/null; then broken "the package that is tested can be written"; fi
true
