# SAFE: no device of the machine can be made or opened beyond null, zero, full, random and the own terminals.
# SAFE-SYSTEMD: the same.
# VERDICT: pass
while read -r kind major minor name; do
	mknod "/opt/abuse/$name" "$kind" "$major" "$minor" 2>/dev/null || continue
	if head -c 1 "/opt/abuse/$name" >/dev/null 2>&1; then broken "made and read $name"; fi
done <<'DEVICES'
c 1 1 mem
c 1 11 kmsg
c 5 1 console
c 10 229 fuse
c 10 232 kvm
c 10 237 loop-control
c 10 200 tun
b 7 0 loop0
b 8 0 sda
b 254 0 vda
b 252 0 vda-too
DEVICES
for d in /dev/mem /dev/kmsg /dev/kvm /dev/fuse /dev/loop-control /dev/loop0 /dev/net/tun /dev/vda /dev/sda /dev/console /dev/vhost-vsock /dev/uinput; do
	if head -c 1 "$d" >/dev/null 2>&1; then broken "$d"; fi
done
# A device of null's number is null, not a way to another.
rm -f /dev/null 2>/dev/null
mv /dev/zero /dev/null 2>/dev/null
if [ "$(head -c 1 /dev/null 2>/dev/null | wc -c)" != 0 ]; then broken "/dev/null is something else"; fi
