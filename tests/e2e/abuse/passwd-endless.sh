# SAFE: user tables that became links to endless files or folders are not read without an end.
# SAFE-SYSTEMD: the same.
# VERDICT: any
mv /etc/passwd /etc/passwd.kept
ln -s /dev/zero /etc/passwd
mv /etc/group /etc/group.kept
mkdir /etc/group
