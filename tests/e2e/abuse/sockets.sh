# SAFE: no socket family that looks past the own network namespace or at raw packets.
# SAFE-SYSTEMD: the same.
# VERDICT: pass
while read -r family type protocol name; do
	perl -e 'exit(syscall(41, map { 0 + $_ } @ARGV) >= 0 ? 0 : 1)' "$family" "$type" "$protocol" && broken "$name"
done <<'SOCKETS'
40 1 0 AF_VSOCK
17 3 768 AF_PACKET
16 3 9 AF_NETLINK-audit
38 5 0 AF_ALG
2 3 1 AF_INET-raw
31 3 1 AF_BLUETOOTH
29 3 1 AF_CAN
44 3 0 AF_XDP
21 5 0 AF_RDS
30 5 0 AF_TIPC
SOCKETS
true
