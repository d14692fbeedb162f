# SAFE: no switch of the kernel can be written, and there is no /sys to write to.
# SAFE-SYSTEMD: the same; what a booted system may write in its own part of the control groups binds only itself.
# VERDICT: pass
for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/hostname /proc/sys/vm/drop_caches /proc/sysrq-trigger /proc/sys/kernel/modprobe \
	/proc/irq/default_smp_affinity /sys/kernel/uevent_helper /sys/fs/cgroup/release_agent /sys/power/state; do
	if (cat "$f" >"$f") 2>/dev/null; then broken "wrote $f"; fi
done
if cat /proc/kcore 2>/dev/null | head -c 1 | grep -q .; then broken "memory of the machine"; fi
if cat /proc/kmsg /dev/kmsg /dev/mem /dev/sda /dev/vda 2>/dev/null | head -c 1 | grep -q .; then broken "a device"; fi
if [ "$ABUSE_PROFILE" = plain ] && (cat /proc/1/oom_score_adj >/proc/1/oom_score_adj) 2>/dev/null; then broken "the first process's place at the end of memory"; fi
true
