# SAFE: the disk is bounded; writing ends with an error, not with a full machine.
# SAFE-SYSTEMD: the same.
# VERDICT: any
if dd if=/dev/zero of=/opt/fill bs=1M count=65536 2>/dev/null; then broken "wrote 64 GiB"; fi
rm -f /opt/fill
if dd if=/dev/zero of=/tmp/fill bs=1M count=8192 2>/dev/null; then broken "8 GiB in /tmp"; fi
if dd if=/dev/zero of=/dev/shm/fill bs=1M count=8192 2>/dev/null; then broken "8 GiB in shared memory"; fi
rm -f /tmp/fill /dev/shm/fill
true
