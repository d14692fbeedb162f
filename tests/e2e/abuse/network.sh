# SAFE: nothing outside answers: neither a service on this machine's loopback nor a name nor an address.
# SAFE-SYSTEMD: the same.
# VERDICT: pass
perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => shift, Timeout => 2)' "$ABUSE_PORT" 2>/dev/null && broken "the machine's loopback"
perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new(PeerAddr => "192.0.2.1", PeerPort => 80, Timeout => 2)' 2>/dev/null && broken "an address"
getent hosts example.org >/dev/null 2>&1 && broken "a name"
if [ "$(grep -c : /proc/net/dev)" != 1 ]; then broken "more than loopback"; fi
true
