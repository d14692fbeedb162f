# SAFE: what is written to the system's log in masses is cut at a bound and told; there is no log of the machine to write to.
# SAFE-SYSTEMD: the same; the journal is the root's own.
# VERDICT: any
perl -MSocket -e '
	socket(my $s, AF_UNIX, SOCK_DGRAM, 0); connect($s, pack_sockaddr_un("/dev/log")) or connect($s, pack_sockaddr_un("/run/systemd/journal/syslog")) or exit;
	send($s, "<11>abuse[$_]: error \e[2J failed <script>alert(1)</script> $_", 0) for 1 .. 30000' 2>/dev/null
command -v systemd-cat >/dev/null && perl -e 'print "<2>fatal error $_\n" for 1 .. 30000' | systemd-cat -t abuse 2>/dev/null
if [ -c /dev/kmsg ] && (echo "<2>abuse" >/dev/kmsg) 2>/dev/null; then broken "the kernel's log"; fi
true
