# abuse-systemd.sh - the hostile scripts in a booted root (abuse.sh), where mounts and nested namespaces are allowed: all with SLUICE_FULL=1, else those
# whose outcome the profile could change.
# needs: root
[ -x /lib/systemd/systemd ] || skip "this machine has no systemd to boot in a copy of it"
export ABUSE_PROFILE=systemd
[ -n "${SLUICE_FULL:-}" ] || export ABUSE_ONLY="mounts nested-namespaces control-groups first-process caller-environment devices rare-calls stay-behind kill-all write-kernel service-managers sockets old-calls raise-shares"
. "$SOURCES/tests/e2e/abuse.sh"
