# SAFE: the own network can hold nothing but what was given: no device, route, address, packet filter; no switch of it either.
# SAFE-SYSTEMD: the same.
# VERDICT: pass
ip link add abuse0 type dummy 2>/dev/null && broken "made a device"
ip addr add 10.9.8.7/8 dev lo 2>/dev/null && broken "took an address"
ip route add 198.51.100.0/24 dev lo 2>/dev/null && broken "made a route"
nft add table inet abuse 2>/dev/null && broken "made a packet filter"
for f in /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/all/forwarding /proc/sys/net/core/somaxconn /proc/sys/net/ipv4/ping_group_range; do
	if (cat "$f" >"$f") 2>/dev/null; then broken "wrote $f"; fi
done
# as netlink says it: RTM_NEWLINK of kind dummy
perl -e '
	socket(my $s, 16, 3, 0) or exit 1;
	my $kind = pack("SSa6x2", 10, 1, "dummy"); my $info = pack("SS", 4 + length $kind, 18) . $kind;
	my $body = pack("CxSlII", 0, 0, 0, 0, 0) . $info;
	send($s, pack("LSSLL", 16 + length $body, 16, 0x605, 1, 0) . $body, 0) or exit 1;
	recv($s, my $r, 4096, 0); my $e = unpack("x16 l", $r); exit($e == 0 ? 0 : 1)' && broken "netlink made a device"
true
