# SAFE: a library forced on every program of the root reaches only programs of the root; an answer that cannot be had is an error, not a pass by silence.
# SAFE-SYSTEMD: the same.
# VERDICT: any
echo /opt/abuse/missing.so >/etc/ld.so.preload
rm -f /lib64/ld-linux-x86-64.so.2 /etc/ld.so.cache
true
