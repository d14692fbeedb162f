# SAFE: an abstract socket of the machine, as D-Bus and agents use them, cannot be reached; none of its sockets is listed.
# SAFE-SYSTEMD: the same; a bus that answers is the root's own.
# VERDICT: pass
perl -MSocket -e 'socket(my $s, AF_UNIX, SOCK_STREAM, 0) or exit 1; exit !connect($s, pack_sockaddr_un("\0" . shift))' "$ABUSE_SOCKET" 2>/dev/null && broken "connected"
grep -q "$ABUSE_SOCKET" /proc/net/unix && broken "listed"
for s in /run/dbus/system_bus_socket /run/docker.sock /run/systemd/private "$ABUSE_WORK"/*.sock; do
	[ ! -S "$s" ] || [ "$ABUSE_PROFILE" = systemd ] || broken "$s is here"
done
true
