# SAFE: links, fifos, endless and huge files among the logs lead the checker neither out nor into a wait.
# SAFE-SYSTEMD: the same.
# VERDICT: any
ln -s /etc/shadow /var/log/shadow.log
ln -s "$ABUSE_WORK/canary" /var/log/canary.log
ln -s /proc/1/environ /var/log/environ.log
ln -s /proc/self/mem /var/log/mem.log
ln -s /dev/zero /var/log/zero.log
ln -s ../../../../../../../../../../etc/hostname /var/log/up.log
ln -s loop.log /var/log/loop.log
mkfifo /var/log/fifo.log
truncate -s 1T /var/log/huge.log 2>/dev/null || truncate -s 4G /var/log/huge.log
perl -MSocket -e 'socket(my $s, AF_UNIX, SOCK_STREAM, 0); bind($s, pack_sockaddr_un("/var/log/socket.log"))'
true
