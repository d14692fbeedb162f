# SAFE: what the kernel tells of networks is told of the own one; what can be written there is not there or binds nobody else.
# SAFE-SYSTEMD: the same.
# VERDICT: pass
port=$(printf %04X "$ABUSE_PORT")
for table in /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/raw /proc/net/packet; do
	if grep -qi ":$port " "$table" 2>/dev/null; then broken "the machine's port is in $table"; fi
done
if grep -Eq "[sd]port=$ABUSE_PORT( |\$)" /proc/net/nf_conntrack 2>/dev/null; then broken "the machine's connections are told"; fi
for file in /proc/net/rpc/*/channel /proc/net/rpc/*/flush /proc/net/xt_recent/* /proc/net/pktgen/* /proc/net/ipt_CLUSTERIP/* /proc/net/stat/*; do
	if [ -f "$file" ] && (echo 0 >"$file") 2>/dev/null; then broken "$file can be written"; fi
done
# Another's network, where a process of another one could be named.
for p in /proc/[0-9]*; do
	[ "$(readlink "$p/ns/net" 2>/dev/null || readlink /proc/self/ns/net)" = "$(readlink /proc/self/ns/net)" ] || [ "$ABUSE_PROFILE" = systemd ] || broken "$p lives in another network"
done
true
