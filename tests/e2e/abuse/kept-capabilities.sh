# SAFE: the capabilities that daemons like to keep (to read anything, to raise priorities) count in the own namespace only: no handle, no priority above
# the usual, no processor or memory of the machine, no file whose owner is nobody here.
# SAFE-SYSTEMD: the same.
# VERDICT: pass
perl -e '
	my ($handle, $mount, $name) = (pack("II", 128, 0) . "\0" x 128, pack("i", 0), "/etc/passwd");
	syscall(303, -100, $name, $handle, $mount, 0); # name_to_handle_at
	print "BROKEN: opened a handle\n" if syscall(304, -100, $handle, 0) >= 0;
	my $inode = pack("IiL!L!", 8, 1, 2, 0); # the first folder of an ext4
	for my $fd (0 .. 2) { print "BROKEN: opened a guessed handle\n" if syscall(304, $fd, $inode, 0) >= 0 }
	print "BROKEN: nice -1\n" if syscall(141, 0, 0, -1) == 0 && syscall(140, 0, 0) > 20; # 20 - nice
	print "BROKEN: nice -1 for all of the user\n" if syscall(141, 2, 0, -1) == 0 && syscall(140, 2, 0) > 20;
	my $param = pack("i", 1);
	for my $policy (1, 2) { print "BROKEN: policy $policy\n" if syscall(144, 0, $policy, $param) == 0 }
	print "BROKEN: idle turned to realtime at the disk\n" if syscall(251, 1, 0, 1 << 13 | 4) == 0;
	my $all = "\xff" x 8; print "BROKEN: moved memory of others\n" if syscall(237, 0, 4096, 2, $all, 64, 2 | 4) == 0; # mbind MPOL_MF_MOVE_ALL of nothing mapped
'
find / -xdev -uid 65534 -perm /077 ! -perm -004 -type f 2>/dev/null | while read -r file; do if [ -r "$file" ]; then broken "read $file, which nobody here owns"; fi; done
true
