# SAFE: nothing outside is reached: neither a service on this machine's loopback nor an address; what answers is the test's own sink.
# SAFE-SYSTEMD: the same.
# VERDICT: any
# Whoever reaches the machine's port is written down there, and the test fails; the sink may answer all of these.
for address in 127.0.0.1 10.0.2.2 172.17.0.1 192.168.0.1 169.254.169.254 192.0.2.1; do
	perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(PeerAddr => shift, PeerPort => shift, Timeout => 2) or exit; print $s "GET / HTTP/1.0\r\n\r\n"' "$address" "$ABUSE_PORT" 2>/dev/null
done
if grep -qi ":$(printf %04X "$ABUSE_PORT") 00000000:0000 0A" /proc/net/tcp; then broken "the machine's listening socket is seen"; fi
# Nothing but loopback and the tunnel to the sink.
if sed 1,2d /proc/net/dev | grep -vE '^ *(lo|net0):' | grep -q .; then broken "a device: $(sed 1,2d /proc/net/dev | cut -d: -f1 | tr '\n' ' ')"; fi
true
