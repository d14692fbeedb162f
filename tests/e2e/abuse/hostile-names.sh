# SAFE: processes, sockets and units whose names hold escapes or markup are listed as text; the process is found.
# SAFE-SYSTEMD: the same.
# VERDICT: fail
# SCENARIO: purge
perl -e '
	use Socket; fork and exit; open(STDOUT, ">", "/dev/null"); open(STDERR, ">", "/dev/null");
	$0 = "\033[2J\033]0;owned\007<img src=x onerror=alert(1)>" . "x" x 3000;
	socket(my $u, AF_UNIX, SOCK_STREAM, 0); bind($u, pack_sockaddr_un("/run/\033[31m<b>.sock")); listen($u, 1);
	socket(my $t, AF_INET, SOCK_STREAM, 0); bind($t, pack_sockaddr_in(4444, INADDR_ANY)); listen($t, 1);
	sleep shift' "$ABUSE_SLEEP"
mkdir -p /lib/systemd/system
printf '[Unit]\nDescription=\033[31m<b>\n' >"$(printf '/lib/systemd/system/\033[31m<b>.service')"
