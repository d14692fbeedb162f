# Makes thousands of files, each with a path as long as a path can be, of bytes that are shown as four.
# SAFE: the lists of changes are cut at their bound of bytes, a finding says so, and the test fails; it is not too large to be told.
# SAFE-SYSTEMD: the same.
# VERDICT: fail
perl -e '
	chdir "/opt" or die;
	for (1 .. 14) { my $d = "\x01" x 255; mkdir $d; chdir $d or die "$!" }
	for my $i (1 .. 3000) { open(my $f, ">", sprintf("%05d", $i) . "\x02" x 245) or die "$i: $!" }
'
