# SAFE: the number of files is bounded or can be listed; what cannot be listed is a finding, not a hang.
# SAFE-SYSTEMD: the same.
# VERDICT: any
mkdir -p /opt/many
perl -e 'for (1..300000) { open(my $f, ">", "/opt/many/$_") or last }'
true
