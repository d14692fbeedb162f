# SAFE: nothing can be typed into the caller's terminal, however the request is written.
# SAFE-SYSTEMD: the same.
# VERDICT: pass
for request in 0x5412 0x541C 0x100005412 0xffffffff00005412; do
	perl -e 'open(my $t, "+<", "/dev/tty") or open($t, "<", "/dev/pts/ptmx") or exit 1; my $c = "x"; exit(syscall(16, fileno($t), hex shift, $c) == 0 ? 0 : 1)' "$request" 2>/dev/null && broken "ioctl $request"
done
if (exec 3<>/dev/tty) 2>/dev/null; then broken "the caller's terminal"; fi
true
