# SAFE: who takes the shell and the tools away from the test does not get his leavings past it.
# SAFE-SYSTEMD: the same.
# VERDICT: fail
# SCENARIO: purge
mkdir -p /opt/left
echo left >/opt/left/file
cp /bin/true /opt/left/true
for tool in find cat stat tar xargs sed grep head systemctl journalctl apt-get sh dash; do
	path=$(command -v "$tool") || continue
	mv -f "$path" "$path.away" 2>/dev/null && ln /opt/left/true "$path" 2>/dev/null
done
exit 0
