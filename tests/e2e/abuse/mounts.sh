# SAFE: no mount is made, moved or taken away; no namespace is made or entered.
# SAFE-SYSTEMD: mounts and namespaces are made inside only; what is read-only or covered stays so, the machine's mounts are as before.
# VERDICT: pass
mkdir -p /opt/m
if [ "$ABUSE_PROFILE" = plain ]; then
	mount -t tmpfs none /opt/m 2>/dev/null && broken "mounted"
	mount --bind / /opt/m 2>/dev/null && broken "bound"
	umount -l /proc 2>/dev/null && broken "took /proc away"
	unshare -m true 2>/dev/null && broken "a mount namespace"
	unshare -Ur true 2>/dev/null && broken "a user namespace"
	nsenter -t 1 -m true 2>/dev/null && broken "entered a namespace"
	perl -e 'my ($from, $to, $type) = qw(none /opt/m tmpfs); exit(syscall(165, $from, $to, $type, 0, 0) == 0 ? 0 : 1)' && broken "mount(2)"
	perl -e 'my $type = "tmpfs"; exit(syscall(430, $type, 0) >= 0 ? 0 : 1)' && broken "fsopen(2)"
	perl -e 'exit(syscall(56, 0x10000000, 0, 0, 0, 0) >= 0 ? 0 : 1)' && broken "clone(CLONE_NEWUSER)"
fi
mount -o remount,rw /proc/sys 2>/dev/null && [ "$ABUSE_PROFILE" = plain ] && broken "remounted"
umount /proc/sys 2>/dev/null && [ "$ABUSE_PROFILE" = plain ] && broken "took the cover off /proc/sys"
if (cat /proc/sys/kernel/core_pattern >/proc/sys/kernel/core_pattern) 2>/dev/null; then broken "a switch of the machine"; fi
# Block devices and file systems that reach the machine, in either profile.
for type in ext4 xfs btrfs debugfs tracefs securityfs devtmpfs efivarfs configfs pstore; do
	if mount -t "$type" none /opt/m 2>/dev/null || mount -t "$type" /dev/vda /opt/m 2>/dev/null; then broken "mounted $type"; fi
done
true
