# SAFE: programs that stand in for the package manager's and say that all went well convince nobody: what is there is looked at from outside.
# SAFE-SYSTEMD: the same.
# VERDICT: fail
# SCENARIO: purge
mkdir -p /usr/local/sbin
for name in dpkg dpkg-query dpkg-deb apt-get; do
	printf '#!/bin/sh\necho "D000002: fork/exec /var/lib/dpkg/info/abuse.postrm ( purge )"\nexit 0\n' >/usr/local/sbin/$name
	chmod 755 /usr/local/sbin/$name
done
echo left >/opt/abuse-stray
