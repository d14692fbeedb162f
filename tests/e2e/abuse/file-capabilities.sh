# SAFE: capabilities written on a program give nobody any: no new privileges, and they count in the own namespace only.
# SAFE-SYSTEMD: the same.
# VERDICT: any
cp /bin/cat /opt/abuse/cat
# cap_setuid, cap_sys_admin, cap_dac_read_search and the rest, effective
perl -e 'my ($p, $n, $v) = ("/opt/abuse/cat", "security.capability", pack("V5", 0x02000001, 0xffffffff, 0, 0xffffffff, 0)); syscall(188, $p, $n, $v, 20, 0)'
got=$(setpriv --reuid 65534 --regid 65534 --clear-groups /opt/abuse/cat /proc/self/status | sed -n 's/^CapEff:[^0-9a-f]*//p')
[ -z "$got" ] || [ "$got" = 0000000000000000 ] || # nothing: it was not even started
	 broken "capabilities $got"
for cap in sys_admin sys_module sys_rawio sys_boot sys_time net_admin mknod net_raw bpf perfmon sys_resource mac_admin; do
	[ "$ABUSE_PROFILE" = systemd ] || if setpriv --list-caps >/dev/null 2>&1 && setpriv --bounding-set "+$cap" true 2>/dev/null && capsh --has-b="cap_$cap" 2>/dev/null; then broken "cap_$cap is in the bounding set"; fi
done
true
