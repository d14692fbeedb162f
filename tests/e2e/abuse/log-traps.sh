# SAFE: logs that are fifos, sockets, links to the machine's or the kernel's, endless or without a single line end keep nobody waiting.
# SAFE-SYSTEMD: the same.
# SELDOM: with SLUICE_FULL=1, or by its name
# VERDICT: any
mkfifo /var/log/abuse-fifo.log
ln -s /proc/kmsg /var/log/abuse-kmsg.log
ln -s /dev/zero /var/log/abuse-zero.log
ln -s "$ABUSE_WORK/canary" /var/log/abuse-canary.log
ln -s abuse-loop.log /var/log/abuse-loop.log
perl -MSocket -e 'socket(my $s, AF_UNIX, SOCK_STREAM, 0); bind($s, pack_sockaddr_un("/var/log/abuse-socket.log"))'
head -c 9000000 /dev/zero | tr '\0' e >/var/log/abuse-line.log
perl -e 'print "error \e[2J\e]0;failed\a failed\0fatal\x{9b}31m\n"; print "failed <script>alert(1)</script>\n"' >/var/log/abuse-words.log
perl -e 'fork and exit; for (1 .. 400) { open(my $l, ">>", "/var/log/abuse-growing.log"); print $l "failed $_\n" x 100; close $l; select(undef, undef, undef, 0.005) }' </dev/null >/dev/null 2>&1
true
