# SAFE: no switch of the kernel can be written, and there is no /sys to write to.
# VERDICT: pass
for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/hostname /proc/sys/vm/drop_caches /proc/sysrq-trigger /proc/sys/kernel/modprobe \
	/proc/irq/default_smp_affinity /sys/kernel/uevent_helper /sys/fs/cgroup/release_agent /proc/1/oom_score_adj; do
	if (cat "$f" >"$f") 2>/dev/null; then broken "wrote $f"; fi
done
if cat /proc/kcore 2>/dev/null | head -c 1 | grep -q .; then broken "memory of the machine"; fi
if cat /proc/kmsg /dev/kmsg /dev/mem /dev/sda /dev/vda 2>/dev/null | head -c 1 | grep -q .; then broken "a device"; fi
