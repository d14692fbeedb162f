# SAFE: a program that lies in memory only, or was removed while it runs, has no more rights than any other, and no way out.
# SAFE-SYSTEMD: the same.
# VERDICT: pass
perl -e '
	my $name = ""; my $fd = syscall(319, $name, 0); exit if $fd < 0;
	open(my $to, ">&=", $fd); open(my $from, "<", "/bin/sed"); binmode $_ for $to, $from;
	local $/; print $to <$from>; $to->flush;
	fork or exec { "/proc/self/fd/$fd" } "sed", "-n", "/^\\(NoNewPrivs\\|Seccomp\\|CapBnd\\):/p", "/proc/self/status"; wait' >/opt/abuse/memory
sed -n '/^\(NoNewPrivs\|Seccomp\|CapBnd\):/p' /proc/self/status >/opt/abuse/usual
[ ! -s /opt/abuse/memory ] || cmp -s /opt/abuse/memory /opt/abuse/usual || broken "other rights: $(tr '\n' ' ' </opt/abuse/memory)"
cp /bin/sleep /opt/abuse/gone
/opt/abuse/gone 0.1 &
rm /opt/abuse/gone /opt/abuse/memory /opt/abuse/usual
wait
true
