# SAFE: folders nested deeper than any path is long are walked to a limit.
# SAFE-SYSTEMD: the same.
# VERDICT: any
perl -e 'mkdir "/opt/deep"; chdir "/opt/deep"; for (1..3000) { mkdir "d" x 100 or last; chdir "d" x 100 or last } open(my $f, ">", "end")'
true
