# SAFE: a program with the set-user bit gives nobody root, and the bit is a finding.
# SAFE-SYSTEMD: the same.
# VERDICT: any
cp /usr/bin/id /usr/bin/abuse-id
chmod 4755 /usr/bin/abuse-id
if [ "$(setpriv --reuid 65534 --regid 65534 --clear-groups /usr/bin/abuse-id -u)" = 0 ]; then broken "became root"; fi
perl -e 'exit(syscall(157, 38, 0, 0, 0, 0) == 0 ? 0 : 1)' && broken "took no_new_privs back"
true
