# SAFE: folders that turn into links and back while the checker walks lead it nowhere.
# SAFE-SYSTEMD: the same.
# VERDICT: fail
# SCENARIO: purge
mkdir -p /var/log/race /opt/race/sub
ln -s "$ABUSE_WORK" /opt/race/out
ln -s /proc/1/root /var/log/rootlink
echo "error here" >/var/log/race/a.log
perl -e '
	fork and exit; open(STDOUT, ">", "/dev/null"); open(STDERR, ">", "/dev/null");
	while (1) {
		rename("/var/log/race", "/var/log/kept"); symlink(shift(@ARGV) // $to, "/var/log/race"); $to = "/proc/self/root/etc";
		rename("/opt/race/sub", "/opt/race/kept"); symlink("/proc/1/cwd", "/opt/race/sub");
		unlink("/var/log/race", "/opt/race/sub"); rename("/var/log/kept", "/var/log/race"); rename("/opt/race/kept", "/opt/race/sub");
	}' "$ABUSE_WORK"
true
