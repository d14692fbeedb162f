# SAFE: calls that are watched, made in masses and with the longest arguments, are counted past a bound; memory and time stay bounded.
# SAFE-SYSTEMD: the same.
# VERDICT: any
perl -e '
	my $long = "a" x 100000;
	for (1 .. 300) { my $p = fork; if ($p == 0) { exec "/bin/true", ($long) x 8; exit 1 } waitpid($p, 0) }
	for (1 .. 40000) { unlink "/opt/abuse/none$_" }
	for (1 .. 2000) { rename("/opt/abuse/" . "x" x 200 . $_, "/opt/abuse/y") }'
true
