# SAFE: no service manager, bus, scheduler or container engine of the machine can be asked to run something outside.
# SAFE-SYSTEMD: only the root's own systemd answers, inside.
# VERDICT: pass
for s in /run/systemd/private /run/dbus/system_bus_socket /run/docker.sock /var/run/docker.sock /run/containerd/containerd.sock /run/podman/podman.sock /run/snapd.socket /run/libvirt/libvirt-sock; do
	[ ! -S "$s" ] || [ "$ABUSE_PROFILE" = systemd ] || broken "$s answers"
done
if [ "$ABUSE_PROFILE" = systemd ]; then
	systemd-run --wait --quiet sh -c "[ ! -e '$ABUSE_WORK/canary' ]" || broken "the machine's files are seen by a service"
else
	systemd-run --wait --quiet true 2>/dev/null && broken "systemd-run"
fi
for tool in at batch; do
	echo true | "$tool" now 2>/dev/null && [ -e "/run/atd.pid" ] && broken "$tool"
done
true
