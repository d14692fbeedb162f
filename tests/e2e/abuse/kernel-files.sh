# SAFE: what registers handlers, loads or hands out the kernel's memory cannot even be opened for writing; addresses of the kernel are not told.
# SAFE-SYSTEMD: the same but for the own part of the control groups.
# VERDICT: pass
for f in /proc/sys/fs/binfmt_misc/register /proc/sys/kernel/core_pipe_limit /proc/sys/kernel/modules_disabled /proc/sys/kernel/ns_last_pid \
	/proc/sys/kernel/cad_pid /proc/sys/kernel/poweroff_cmd /proc/sys/kernel/usermodehelper/bset /proc/sys/kernel/keys/maxkeys /proc/sys/vm/panic_on_oom \
	/proc/sys/vm/overcommit_memory /proc/sys/fs/protected_symlinks /proc/sys/kernel/randomize_va_space /proc/sys/kernel/yama/ptrace_scope /proc/scsi/scsi \
	/proc/acpi/wakeup /proc/bus/pci/devices /proc/mtrr /proc/sysrq-trigger /proc/sched_debug /proc/kpageflags /sys/kernel/security/lockdown \
	/sys/kernel/debug/sched /sys/kernel/tracing/trace /sys/fs/pstore /sys/firmware/efi/efivars /sys/class/block /sys/bus/pci/rescan /sys/module/kernel/parameters/panic; do
	if [ -e "$f" ] && [ ! -d "$f" ] && (: >>"$f") 2>/dev/null; then broken "$f can be written"; fi
done
if grep -qvE '^0+ ' /proc/kallsyms 2>/dev/null; then broken "addresses of the kernel"; fi
if mount -t binfmt_misc none /proc/sys/fs/binfmt_misc 2>/dev/null && [ "$ABUSE_PROFILE" = plain ]; then broken "binfmt_misc"; fi
true
