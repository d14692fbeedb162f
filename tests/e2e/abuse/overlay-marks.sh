# SAFE: the marks by which an overlay knows what was removed or moved cannot be set from inside to show or hide what is not so.
# SAFE-SYSTEMD: the same.
# VERDICT: any
mkdir -p /opt/marks/sub
mknod /opt/marks/whiteout c 0 0 2>/dev/null
for name in trusted.overlay.redirect trusted.overlay.opaque trusted.overlay.metacopy user.overlay.redirect user.overlay.opaque user.overlay.metacopy user.overlay.whiteout security.evm security.selinux; do
	perl -e 'my ($p, $n, $v) = ("/opt/marks/sub", shift, "/root"); exit(syscall(188, $p, $n, $v, length $v, 0) == 0 ? 0 : 1)' "$name" && case $name in trusted.*) broken "set $name" ;; esac
done
[ -z "$(ls -A /opt/marks/sub)" ] || broken "/opt/marks/sub shows another folder"
! mv /opt/marks/sub /opt/marks/moved || [ -z "$(ls -A /opt/marks/moved)" ] || broken "the moved folder shows another"
if grep -rqs 'canary-[0-9]' /opt/marks; then broken "the machine's file"; fi
true
