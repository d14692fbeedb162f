# wire.sh - the answering network: who speaks TLS and who clear text, by name and by script; ports are offered TLS; an upgrade that gives TLS up is critical.
# needs: root
. "$SOURCES/tests/e2e/_report.sh"
[ -c /dev/net/tun ] || skip "no /dev/net/tun"
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=toy >openssl.log 2>&1

# toy VERSION: a daemon that calls home (version 1 through TLS, version 2 not), a port with TLS, a port without; it stops before removal.
toy() {
	mkdir -p "toy$1/DEBIAN" "toy$1/opt/toy"
	printf 'Package: toy\nVersion: %s\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: test\n' "$1" >"toy$1/DEBIAN/control"
	cp key.pem cert.pem "toy$1/opt/toy/"
	cat >"toy$1/opt/toy/server" <<'PERL'
#!/usr/bin/perl
# Answers whoever comes on a port in clear text; its name says nothing.
use IO::Socket::INET;
my $s = IO::Socket::INET->new(LocalAddr => '0.0.0.0', LocalPort => 8080, Listen => 5, ReuseAddr => 1) or die;
while (my $c = $s->accept) { my $l = <$c>; print $c "what?\n"; close $c }
PERL
	cat >"toy$1/opt/toy/client1" <<'SH'
#!/bin/sh
openssl s_client -connect updates.vendor.example:443 -servername updates.vendor.example </dev/null >/dev/null 2>&1
perl -MSocket -e 'socket(U, AF_INET, SOCK_DGRAM, 17); send(U, "large\0" x 600, 0, pack_sockaddr_in(9999, inet_aton("203.0.113.9")))'
touch /run/toy.called
exec sleep 3600
SH
	cat >"toy$1/opt/toy/client2" <<'SH'
#!/usr/bin/perl
use IO::Socket::INET;
my $s = IO::Socket::INET->new(PeerAddr => 'updates.vendor.example', PeerPort => 80) or die;
print $s "GET /news HTTP/1.0\r\n\r\n";
my $l = <$s>;
open my $f, '>', '/run/toy.called';
exec 'sleep', '3600';
SH
	cat >"toy$1/DEBIAN/postinst" <<SH
#!/bin/sh
set -e
[ "\$1" = configure ] || exit 0
for part in client$1 server; do
	setsid /opt/toy/\$part >/dev/null 2>&1 </dev/null &
	echo \$! >>/run/toy.pids
done
cd /opt/toy
setsid openssl s_server -accept 8443 -cert cert.pem -key key.pem -quiet </dev/zero >/dev/null 2>&1 &
echo \$! >>/run/toy.pids
# A real daemon says that it is ready; these are asked until they are.
until perl -MIO::Socket::INET -e 'exit !(IO::Socket::INET->new("127.0.0.1:8080") && IO::Socket::INET->new("127.0.0.1:8443"))' && [ -e /run/toy.called ]; do sleep 0.1; done
SH
	cat >"toy$1/DEBIAN/prerm" <<'SH'
#!/bin/sh
[ ! -e /run/toy.pids ] || kill $(cat /run/toy.pids)
rm -f /run/toy.pids /run/toy.called
SH
	chmod 755 "toy$1"/opt/toy/* "toy$1"/DEBIAN/p*
	dpkg-deb -Zgzip --root-owner-group -b "toy$1" "toy_$1.deb" >/dev/null
}
toy 1
toy 2

# has FILTER: jq's -e on the report
has() { jq -e "$1" "$report" >/dev/null || { echo "not so: $1"; jq '.runs[0].scenarios[] | {name, verdict, error, network, ports, findings}' "$report"; return 1; }; }

# The good one: TLS with its name and caller; both ports told for what they are.
"$SLUICE" test toy_1.deb --root / --scenario install,purge --report one >out 2>err || { cat out err; exit 1; }
report=one/report.json
has '.verdict == "pass"'
has '.runs[0].scenarios[0].network | any(.to == "updates.vendor.example" and .port == 443 and .tls == true and .outcome == "tls" and .sni == "updates.vendor.example" and .by == "openssl (postinst of toy)")'
has '.runs[0].scenarios[0].network | all(.tls != false)'
has '.runs[0].scenarios[0].network | [.[] | select(.to == "203.0.113.9") | [.port, .outcome, .count, (.said | startswith("large\\x00"))]] == [[9999, "udp", 1, true]]' # in three fragments
has '.runs[0].scenarios[0].ports | any(.port == "tcp/8443" and .speaks == "tls" and .process == "openssl")'
has '.runs[0].scenarios[0].ports | any(.port == "tcp/8080" and .speaks == "cleartext" and .process == "server")'
has '.runs[0].scenarios[0].listening | contains(["tcp/8080", "tcp/8443"])'
has '.runs[0].scenarios[0].findings | any(.check == "network-access" and .where == "updates.vendor.example:443")'

# The other one gives TLS up: what it said is shown, and against the old version it is critical.
status=0
"$SLUICE" test toy_2.deb --root / --upgrade-from toy_1.deb --scenario install,upgrade --report two >out 2>err || status=$?
report=two/report.json
test "$status" = 1
has '.runs[0].scenarios[0] | .verdict == "fail" and (.network | any(.to == "updates.vendor.example" and .port == 80 and .tls == false and .outcome == "cleartext" and .protocol == "http" and .by == "client2 (postinst of toy)"))'
has '.runs[0].scenarios[0].findings | any(.check == "cleartext-connection" and .severity == "high" and (.text | contains("GET /news")))'
has '.runs[0].scenarios[1] | .verdict == "fail" and (.findings | any(.check == "tls-lost" and .severity == "critical" and .where == "updates.vendor.example"))'
has '.runs[0].scenarios[1].network | any(.of == "old" and .tls == true)'
# Wanted so, it is told only; and known from the version in use.
printf -- '- connects: ["updates.vendor.example:80"]\n' >wanted.yaml
"$SLUICE" test toy_2.deb --root / --upgrade-from toy_2.deb --expect wanted.yaml --scenario install,upgrade --report wanted >out 2>err || { cat out err; exit 1; }
report=wanted/report.json
has '.runs[0].scenarios | all(.findings | any(.check == "cleartext-connection" and .severity == "medium"))'

# What scripts speak with the rest of the world: STARTTLS granted, other encryption, silence, datagrams, ports where TLS belongs.
mkdir -p talk/DEBIAN
printf 'Package: talk\nVersion: 1\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: test\n' >talk/DEBIAN/control
cat >talk/DEBIAN/postinst <<'PERL'
#!/usr/bin/perl
use IO::Socket::INET;
sub say_to { my ($to, $text) = @_; my $s = IO::Socket::INET->new(PeerAddr => $to) or die "$to: $!"; print $s $text; $s->flush; my $l = <$s>; print "$to answered ", $l // "nothing\n"; }
system("openssl s_client -starttls smtp -connect mail.vendor.example:25 </dev/null >/dev/null 2>&1");
system("openssl s_client -starttls imap -connect mail.vendor.example:143 </dev/null >/dev/null 2>&1");
say_to("203.0.113.7:443", "GET / HTTP/1.1\r\n\r\n");
say_to("203.0.113.8:22", "SSH-2.0-toy\r\n");
say_to("203.0.113.9:7777", "");
my $u = IO::Socket::INET->new(Proto => 'udp', PeerAddr => 'time.vendor.example', PeerPort => 123) or die;
$u->send("\x23" . "\0" x 47);
# Words in datagrams: a log line and a measure for somebody far away, a question to all nearby, and one that speaks where names are asked.
for (["203.0.113.10:514", "<30>acme: password is secret"], ["203.0.113.11:8125", "acme.users:12|c\n"], ["239.255.255.250:1900", "M-SEARCH * HTTP/1.1\r\n\r\n"], ["203.0.113.12:53", "acme says hello\n"], ["203.0.113.13:9000", join '', map { chr(255 - $_ % 199) } 1 .. 40]) {
	my $d = IO::Socket::INET->new(Proto => 'udp', PeerAddr => $_->[0]) or die "$_->[0]: $!";
	$d->send($_->[1]);
}
system("getent ahosts sandbox");
PERL
chmod 755 talk/DEBIAN/postinst
dpkg-deb -Zgzip --root-owner-group -b talk talk.deb >/dev/null
status=0
"$SLUICE" test talk.deb --root / --scenario install --report three >out 2>err || status=$?
report=three/report.json
test "$status" = 1
has '.runs[0].scenarios[0].network | [.[] | select(.to == "mail.vendor.example" and .port != 53) | [.port, .outcome, .tls]] == [[25, "starttls", true], [143, "starttls", true]]'
has '.runs[0].scenarios[0].network | any(.to == "203.0.113.8" and .outcome == "encrypted" and .protocol == "ssh" and .tls == null)'
has '.runs[0].scenarios[0].network | any(.to == "203.0.113.9" and .outcome == "silent" and .tls == null)'
has '.runs[0].scenarios[0].network | any(.to == "time.vendor.example" and .port == 123 and .outcome == "udp" and .protocol == "ntp")'
has '.runs[0].scenarios[0].findings | any(.check == "cleartext-connection" and .severity == "high" and .where == "203.0.113.7:443")'
has '.runs[0].scenarios[0].findings | [.[] | select(.check == "cleartext-connection" and (.where | test("203.0.113.1[0-9]|239"))) | [.severity, .where]] | sort == [["high", "203.0.113.10:514"], ["high", "203.0.113.11:8125"], ["high", "203.0.113.12:53"]]'
has '.runs[0].scenarios[0].network | any(.to == "203.0.113.10" and .outcome == "cleartext" and .protocol == "syslog" and .tls == false)'
has '.runs[0].scenarios[0].network | any(.to == "203.0.113.13" and .outcome == "udp" and .tls == null)'
has '.runs[0].scenarios[0].findings | any(.check == "network-access" and .severity == "low" and .where == "239.255.255.250:1900")'
grep -q '203.0.113.7:443 answered HTTP/1.1 503' three/logs/install.log

# This machine's own network is as it was.
if ip link show net0 2>/dev/null; then exit 1; fi
fits one/report.json two/report.json three/report.json
