# SAFE: a package that rewrites dpkg's own books (its state, its list of files, its scripts, escape sequences in fields) hides nothing it left.
# SAFE-SYSTEMD: the same.
# VERDICT: fail
# SCENARIO: purge
echo left >/opt/abuse-stray
: >/var/lib/dpkg/info/abuse-forge-books.list
printf '#!/bin/sh\nexit 0\n' >/var/lib/dpkg/info/abuse-forge-books.prerm
chmod 755 /var/lib/dpkg/info/abuse-forge-books.prerm
printf '\nPackage: hostile\nStatus: install ok installed\nVersion: 1\nArchitecture: all\nMaintainer: \033]0;x\007<script>alert(1)</script>\nDescription: \033[2J\n\n' >>/var/lib/dpkg/status
printf '/opt/abuse-stray\n/\033[31m\n' >/var/lib/dpkg/info/hostile.list
