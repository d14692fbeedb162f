# SAFE: a crash writes no core and calls no handler of the machine, also when the process asks for it.
# SAFE-SYSTEMD: the same.
# VERDICT: pass
cd /opt/abuse
for limit in keep 0 unlimited; do
	sh -c "[ $limit = keep ] || ulimit -c $limit; kill -SEGV \$\$" 2>/dev/null
done
perl -e 'my $l = pack("QQ", 0, 0); syscall(160, 4, $l); syscall(302, 0, 4, $l, 0); my $now = pack("QQ", 9, 9); syscall(302, 0, 4, 0, $now); my ($soft, $hard) = unpack("QQ", $now); print "BROKEN: core limit $soft $hard\n" unless $hard == 1'
find /opt/abuse /var/crash /var/lib/systemd/coredump -type f -name '*core*' 2>/dev/null | grep . && broken "a core"
true
