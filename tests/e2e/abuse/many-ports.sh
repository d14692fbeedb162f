# SAFE: thousands of open ports and of sockets by name are asked and told up to bounds; there is an answer, in time.
# SAFE-SYSTEMD: the same.
# SELDOM: with SLUICE_FULL=1, or by its name
# VERDICT: any
perl -e '
	use Socket; fork and exit; open(STDOUT, ">", "/dev/null"); open(STDERR, ">", "/dev/null"); setpgrp; my @all;
	for my $port (10000 .. 13999) {
		socket(my $t, AF_INET, SOCK_STREAM, 0) or last; bind($t, pack_sockaddr_in($port, INADDR_ANY)) and listen($t, 1) and push @all, $t;
		socket(my $u, AF_UNIX, SOCK_STREAM, 0) or last; bind($u, pack_sockaddr_un("/run/abuse-$port")) and listen($u, 1) and push @all, $u;
	}
	sleep shift' "$ABUSE_SLEEP" </dev/null
true
