# SAFE: a file that was written into another package's list is no file of that package: what a purge leaves is told.
# SAFE-SYSTEMD: the same.
# VERDICT: fail
# SCENARIO: purge
mkdir -p /opt/hidden
echo left >/opt/hidden/file
for list in /var/lib/dpkg/info/dpkg.list /var/lib/dpkg/info/*.list; do printf '/opt\n/opt/hidden\n/opt/hidden/file\n' >>"$list"; break; done
true
