# SAFE: nobody holds up who works on the machine with a file that the test shares: no lease on it; a lock of the test's own files is the test's alone.
# SAFE-SYSTEMD: the same.
# VERDICT: pass
for file in /run/sluice/new/0.deb /etc/passwd /usr/bin/dpkg; do
	perl -e 'open(my $f, "<", shift) or exit 1; exit(fcntl($f, 1024, 0) ? 0 : 1)' "$file" && broken "a lease on $file"
done
perl -e '
	use Fcntl ":flock"; fork and exit; open(STDOUT, ">", "/dev/null"); open(STDERR, ">", "/dev/null");
	my @held; for my $path ("/etc/passwd", "/var/lib/dpkg/lock", "/var/lib/dpkg/lock-frontend", "/etc/.pwd.lock") { open(my $f, "+>>", $path) or next; flock($f, LOCK_EX); push @held, $f }
	sleep 2' </dev/null
true
