# SAFE: no control group of the machine is seen or reached; the way out by release_agent is shut.
# SAFE-SYSTEMD: the own part of the tree can be arranged; its limits stand above it and there is no release_agent.
# VERDICT: pass
mkdir -p /opt/cg
for type in cgroup cgroup2; do
	if mount -t "$type" none /opt/cg 2>/dev/null; then
		[ "$ABUSE_PROFILE" = systemd ] || broken "mounted $type"
		[ ! -e /opt/cg/release_agent ] || broken "a release_agent is there"
		umount /opt/cg
	fi
done
mount -t cgroup -o rdma,memory none /opt/cg 2>/dev/null && broken "mounted version 1 controllers"
# In an own namespace a path begins there: nothing is told of where that lies on the machine.
if [ "$ABUSE_PROFILE" = plain ] && grep -vE ':/(\.\./)*(sluice-[0-9]+-[0-9a-f]+)?$' /proc/self/cgroup; then broken "the machine's paths are told"; fi
for f in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/release_agent; do
	[ "$ABUSE_PROFILE" = systemd ] || [ ! -e "$f" ] || broken "$f is here"
done
true
