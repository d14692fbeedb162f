# SAFE: no mount is made, moved or taken away; no namespace is made or entered.
# VERDICT: pass
mkdir -p /opt/m
mount -t tmpfs none /opt/m 2>/dev/null && broken "mounted"
mount --bind / /opt/m 2>/dev/null && broken "bound"
mount -o remount,rw /proc/sys 2>/dev/null && broken "remounted"
umount /proc/sys 2>/dev/null && broken "took the cover off /proc/sys"
umount -l /proc 2>/dev/null && broken "took /proc away"
unshare -m true 2>/dev/null && broken "a mount namespace"
unshare -Ur true 2>/dev/null && broken "a user namespace"
nsenter -t 1 -m true 2>/dev/null && broken "entered a namespace"
perl -e 'my ($from, $to, $type) = qw(none /opt/m tmpfs); exit(syscall(165, $from, $to, $type, 0, 0) == 0 ? 0 : 1)' && broken "mount(2)"
perl -e 'my $type = "tmpfs"; exit(syscall(430, $type, 0) >= 0 ? 0 : 1)' && broken "fsopen(2)"
perl -e 'exit(syscall(56, 0x10000000, 0, 0, 0, 0) >= 0 ? 0 : 1)' && broken "clone(CLONE_NEWUSER)"
true
