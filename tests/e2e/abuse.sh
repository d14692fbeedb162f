# abuse.sh - hostile maintainer scripts, each in a package of its own (abuse/*.sh: their first lines state the safe outcome); the machine is compared.
#
# A script says "BROKEN: ..." when it got through. VERDICT is what the test must answer: pass, fail or any (any: but an answer, in time); SCENARIO: which
# one is run (install when it says nothing). ABUSE_ONLY=NAME runs one of them.
# ABUSE_ROOT=ROOT: on that root. ABUSE_USER=NAME: without privilege, as that user, who has subordinate ids and the root is his (root create).
[ "$(id -u)" = 0 ] || { echo "only root may lay an overlay over this machine: skipped"; exit 77; }
: "${ABUSE_SECONDS:=150}"
canary=canary-$$-$RANDOM
sleep_time=7$$
trap 'rm -f /root/.sluice-abuse /var/tmp/sluice-abuse.'$$'; kill $listener 2>/dev/null || :' EXIT
echo "$canary" >canary
echo "$canary" >/root/.sluice-abuse
echo "$canary" >/var/tmp/sluice-abuse.$$

# Something of the machine to reach for: a port, an abstract socket. It writes down whoever comes.
perl -MSocket -e '
	my ($name, $out) = @ARGV;
	socket(my $u, AF_UNIX, SOCK_STREAM, 0) or die; bind($u, pack_sockaddr_un("\0$name")) or die; listen($u, 5);
	socket(my $t, AF_INET, SOCK_STREAM, 0) or die; bind($t, pack_sockaddr_in(0, INADDR_LOOPBACK)) or die; listen($t, 5);
	open(my $p, ">", "$out.new") or die; print $p ((unpack_sockaddr_in(getsockname($t)))[0], "\n"); close $p; rename("$out.new", $out);
	while (1) { my $r = ""; vec($r, fileno($u), 1) = vec($r, fileno($t), 1) = 1; select($r, undef, undef, undef); open(my $v, ">>", "visited"); print $v "somebody came\n"; exit }
' "sluice-abuse-$$" port &
listener=$!
while [ ! -s port ]; do kill -0 "$listener"; sleep 0.05; done

host_state() {
	cat /etc/passwd /etc/shadow /etc/group /etc/hostname /proc/sys/kernel/core_pattern /proc/sys/kernel/hostname 2>/dev/null | sha256sum
	stat -c '%n %i %a %u %g' / /etc /opt /var/log /usr/bin /usr/bin/dpkg /etc/passwd /etc/group /etc/shadow
	ls -A /opt /var/log /var/lib/dpkg
	grep -c ' sluice ' /proc/self/mountinfo || :
	cat "$WORK/canary" /root/.sluice-abuse
}

tester=()
if [ -n "${ABUSE_USER:-}" ]; then
	tester=(setpriv --reuid "$ABUSE_USER" --regid "$(id -g "$ABUSE_USER")" --init-groups)
	chown "$ABUSE_USER:" "$WORK" "$WORK/home"
fi

package() { # SCRIPT
	local name=abuse-$1
	mkdir -p "$name/DEBIAN" "$name/opt/abuse"
	printf 'Package: %s\nVersion: 1\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: abuse\n' "$name" >"$name/DEBIAN/control"
	{
		echo '#!/bin/sh'
		echo '[ "$1" = configure ] || exit 0'
		echo 'broken() { echo "BROKEN: $*"; }'
		echo "ABUSE_CANARY=$canary ABUSE_WORK='$WORK' ABUSE_PORT=$(cat port) ABUSE_SOCKET=sluice-abuse-$$ ABUSE_SLEEP=$sleep_time"
		cat "$SOURCES/tests/e2e/abuse/$1.sh"
		echo 'exit 0'
	} >"$name/DEBIAN/postinst"
	chmod 755 "$name/DEBIAN/postinst"
	dpkg-deb -Zgzip --root-owner-group -b "$name" "$name.deb" >/dev/null
	[ -z "${ABUSE_USER:-}" ] || chown "$ABUSE_USER:" "$name.deb"
	# The words of the script itself must not be taken for its success.
	rm -r "$name"
}

failed=0
wrong() { # SCRIPT WHAT
	echo "$1: $2"
	failed=1
}

abuse() { # SCRIPT
	local name=$1 want got=0 log verdict scenario
	want=$(sed -n 's/^# VERDICT: //p' "$SOURCES/tests/e2e/abuse/$name.sh")
	grep -q '^# SAFE: ' "$SOURCES/tests/e2e/abuse/$name.sh" || wrong "$name" "it does not state its safe outcome"
	scenario=$(sed -n 's/^# SCENARIO: //p' "$SOURCES/tests/e2e/abuse/$name.sh")
	: "${scenario:=install}"
	package "$name"
	ABUSE_SECRET=$canary timeout -k 5 "$ABUSE_SECONDS" "${tester[@]}" "$SLUICE" test "abuse-$name.deb" --root "${ABUSE_ROOT:-/}" --scenario "$scenario" --report "report-$name" >"$name.out" 2>"$name.err" || got=$?
	case $got in
	0) verdict=pass ;;
	1) verdict=fail ;;
	4) verdict=error ;;
	*) verdict="exit $got" ;;
	esac
	case $want,$verdict in
	any,pass | any,fail | any,error | pass,pass | fail,fail) ;;
	*) wrong "$name" "want $want, got $verdict: $(tail -n 3 "$name.err"; head -n 5 "$name.out")" ;;
	esac
	perl -MJSON::PP -e 'local $/; JSON::PP->new->utf8->decode(<STDIN>)' <"report-$name/report.json" || wrong "$name" "report.json cannot be read"
	log=report-$name/logs/$scenario.log
	if grep -aq '^BROKEN: ' "$log"; then wrong "$name" "$(grep -a '^BROKEN: ' "$log" | head -n 5)"; fi
	if grep -arqF "$canary" "report-$name" "$name.out" "$name.err"; then wrong "$name" "a secret of the machine is in what it wrote"; fi
	if LC_ALL=C grep -aqP '[\x00-\x08\x0b-\x1f\x7f]' "$name.out" "$name.err" "report-$name/report.html"; then wrong "$name" "control characters reached the terminal or the page: $(LC_ALL=C grep -anP '[\x00-\x08\x0b-\x1f\x7f]' "$name.out" "$name.err" "report-$name/report.html" | head -n 3 | cat -v | cut -c1-300)"; fi
	if grep -aqiE '<(script>alert|img src=x|b>)' "report-$name/report.html"; then wrong "$name" "markup reached the page"; fi
	if pgrep -f "sleep $sleep_time" >/dev/null; then wrong "$name" "a process was left"; fi
	[ ! -e visited ] || wrong "$name" "somebody reached this machine"
	host_state >after
	cmp -s before after || wrong "$name" "the machine is another: $(diff before after | head -n 5)"
	rm -rf "report-$name" "abuse-$name.deb"
}

host_state >before
for script in "$SOURCES"/tests/e2e/abuse/*.sh; do
	name=$(basename "$script" .sh)
	case ${ABUSE_ONLY:-$name} in *"$name"*) abuse "$name" ;; esac
done
exit "$failed"
