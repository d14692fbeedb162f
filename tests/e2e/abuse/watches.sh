# SAFE: watches on files, which are counted for the user outside as well, end at a share of his.
# SAFE-SYSTEMD: the same.
# VERDICT: pass
got=$(perl -e 'my $n = 0; $n++ while syscall(294, 0) >= 0 && $n < 5000; print $n')
[ "$got" -le 64 ] || broken "$got inotify instances"
got=$(perl -e 'my $fd = syscall(294, 0); my $n = 0; for my $i (1..40000) { mkdir "/opt/abuse/w$i"; my $p = "/opt/abuse/w$i"; last if syscall(254, $fd, $p, 2) < 0; $n++ } print $n' 2>/dev/null)
[ "$got" -le 20000 ] || broken "$got inotify watches"
find /opt/abuse -name 'w*' -delete
true
