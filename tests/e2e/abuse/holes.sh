# SAFE: files that are all holes, cheap to make and long to read, do not keep the checker busy.
# SAFE-SYSTEMD: the same.
# VERDICT: any
mkdir -p /opt/holes
perl -e 'for (1..1500) { open(my $f, ">", "/opt/holes/$_") or last; truncate($f, 250 << 20) }'
for i in 1 2 3 4 5 6 7 8; do truncate -s 200M "/var/log/hole$i.log"; done
true
