# abuse.sh - hostile maintainer scripts, each in a package of its own (abuse/*.sh: their first lines state the safe outcome in both profiles); as many
# at once as there are processors; the machine is compared before and after.
#
# A script says "BROKEN: ..." when it got through. VERDICT (VERDICT-SYSTEMD where it differs) is what the test must answer: pass, fail or any (any: but
# an answer, in time); SCENARIO: which one is run (install when it says nothing).
# One with SELDOM runs with SLUICE_FULL=1 only. ABUSE_ONLY="NAME..." runs these. ABUSE_TIMES=1 tells how long each took. ABUSE_PROFILE=plain|systemd: how the root runs (plain when it says nothing); systemd needs ABUSE_ROOT.
# ABUSE_ROOT=ROOT: on that root. ABUSE_USER=NAME: without privilege, as that user, who has subordinate ids and the root is his (root create).
[ "$(id -u)" = 0 ] || { echo "only root may lay an overlay over this machine: skipped"; exit 77; }
# In a view of mounts of its own: what others mount meanwhile is not taken for ours, and what a test would leave there shows all the same.
if [ -z "${ABUSE_VIEW:-}" ]; then
	exec env ABUSE_VIEW=1 unshare --mount --propagation private bash -eEu -o pipefail -c 'trap "echo \"\${BASH_SOURCE[0]##*/}:\$LINENO: failed: \$BASH_COMMAND\" >&2" ERR; source "$0"' "$SOURCES/tests/e2e/abuse.sh"
fi
: "${ABUSE_SECONDS:=150}" "${ABUSE_PROFILE:=plain}" "${ABUSE_ROOT:=/}"
me=$$
canary=canary-$me-$RANDOM
ipc_key=$((1000000 + RANDOM * 8 + me % 8))
profile=()
if "$SLUICE" test --help | finds -- --profile; then
	profile=(--profile "$ABUSE_PROFILE")
elif [ "$ABUSE_PROFILE" != plain ]; then
	skip "there is no profile $ABUSE_PROFILE"
fi
shm=$(perl -e 'print shmget(0 + shift, 4096, 01600)' "$ipc_key")
trap 'rm -f /root/.sluice-abuse.'$me' /var/tmp/sluice-abuse.'$me'; ipcrm -m "$shm"; kill $listener 2>/dev/null || :' EXIT
echo "$canary" >canary
echo "$canary" >/root/.sluice-abuse.$me
echo "$canary" >/var/tmp/sluice-abuse.$me

# Something of the machine to reach for: a port, an abstract socket. It writes down whoever comes.
perl -MSocket -e '
	my ($name, $out) = @ARGV;
	socket(my $u, AF_UNIX, SOCK_STREAM, 0) or die; bind($u, pack_sockaddr_un("\0$name")) or die; listen($u, 5);
	socket(my $t, AF_INET, SOCK_STREAM, 0) or die; bind($t, pack_sockaddr_in(0, INADDR_LOOPBACK)) or die; listen($t, 5);
	open(my $p, ">", "$out.new") or die; print $p ((unpack_sockaddr_in(getsockname($t)))[0], "\n"); close $p; rename("$out.new", $out);
	while (1) { my $r = ""; vec($r, fileno($u), 1) = vec($r, fileno($t), 1) = 1; select($r, undef, undef, undef); open(my $v, ">>", "visited"); print $v "somebody came\n"; exit }
' "sluice-abuse-$me" port &
listener=$!
while [ ! -s port ]; do kill -0 "$listener"; sleep 0.05; done

# Groups that no living test holds locked.
orphaned_groups() {
	find /sys/fs/cgroup -type d -name 'sluice-*-????????' 2>/dev/null | while read -r group; do
		flock -n "$group" echo "orphaned: $group" 2>/dev/null || :
	done
}
# Lines that say what this machine is, byte by byte where that can be: other tests may run beside this one, so what lives is told by our marks.
host_state() ( # what a machine does not have is not compared
	exec 2>/dev/null
	cat /etc/passwd /etc/shadow /etc/group /etc/gshadow /etc/subuid /etc/hostname /etc/hosts /etc/resolv.conf | sha256sum || :
	sha256sum "$SLUICE" /usr/bin/dpkg /bin/sh /etc/ld.so.cache || :
	stat -c '%n %i %a %u %g' / /etc /opt /var /var/log /usr /usr/bin /usr/sbin /usr/bin/dpkg /root /home /tmp /dev /etc/passwd /etc/group /etc/shadow || :
	# Who works on this machine makes hidden folders in /root: of these, what a login would read.
	{ find /opt /var/log /var/lib/dpkg /var/crash -maxdepth 1; find /root -maxdepth 1 ! -name '.*'; ls -d /root/.ssh /root/.profile /root/.bashrc; } | LC_ALL=C sort || :
	find /dev -xdev -not -path '/dev/pts/*' -not -path '/dev/shm/*' -printf '%p %y %m %U %G\n' | sort || :
	find /dev/shm /dev/mqueue -name '*abuse*' 2>/dev/null || :
	awk '{ $1 = $2 = ""; sub(/ - .*/, ""); print }' /proc/self/mountinfo | grep -v '/mmdebstrap[.]' | sort || : # a root that somebody makes: these go with their folder
	awk '$5 ~ "^/opt/|abuse" { print "mounted for all:", $5 }' /proc/1/mountinfo || :
	losetup -l -n -O BACK-FILE | grep -i sluice || :
	orphaned_groups || :
	sysctl -a | grep -E '^(kernel\.(core|hostname|domainname|modprobe|sysrq|shm|sem|msg|panic|yama|unpriv|kptr|dmesg|perf_event_paranoid|randomize|pid_max|threads-max)|fs\.(file-max|inotify|mqueue|protected|suid)|vm\.(overcommit|swappiness|panic|mmap_min)|net\.ipv[46]\.(ip_forward|conf\.(all|default|lo)\.forwarding)|user\.)' | grep -v '_key' || :
	awk '{ print $1 }' /proc/modules | sort || :
	grep -h -wE "$ipc_key|$((ipc_key + 1))" /proc/sysvipc/* | awk '{ print $1, $3 }' || :
	grep -c abuse /proc/keys || :
	ip -br link 2>/dev/null | awk '{ print $1 }' | grep -v '^veth' || :
	ip route show table all 2>/dev/null || :
	hostname || :
	cat "$WORK/canary" /root/.sluice-abuse.$me || :
)
# How far the clock stands from the time since the start: setting it moves this.
clock() { perl -MTime::HiRes=clock_gettime -e 'print int(clock_gettime(0) - clock_gettime(7))'; }

tester=()
if [ -n "${ABUSE_USER:-}" ]; then
	tester=(setpriv --reuid "$ABUSE_USER" --regid "$(id -g "$ABUSE_USER")" --init-groups)
	chown "$ABUSE_USER:" "$WORK" "$WORK/home"
fi

word() { sed -n "s/^# $2: //p" "$SOURCES/tests/e2e/abuse/$1.sh"; }

package() { # SCRIPT SLEEP
	local name=abuse-$1
	mkdir -p "$name/DEBIAN" "$name/opt/abuse"
	printf 'Package: %s\nVersion: 1\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: abuse\n' "$name" >"$name/DEBIAN/control"
	{
		echo '#!/bin/sh'
		echo '[ "$1" = configure ] || exit 0'
		echo 'broken() { echo "BROKEN: $*"; }'
		echo "ABUSE_WORK='$WORK' ABUSE_PORT=$(cat port) ABUSE_SOCKET=sluice-abuse-$me ABUSE_SLEEP=$2 ABUSE_PROFILE=$ABUSE_PROFILE ABUSE_IPC=$ipc_key"
		cat "$SOURCES/tests/e2e/abuse/$1.sh"
		echo 'exit 0'
	} >"$name/DEBIAN/postinst"
	chmod 755 "$name/DEBIAN/postinst"
	dpkg-deb -Zgzip --root-owner-group -b "$name" "$name.deb" >/dev/null
	[ -z "${ABUSE_USER:-}" ] || chown "$ABUSE_USER:" "$name.deb"
	# The words of the script itself must not be taken for its success.
	rm -r "$name"
}

wrong() { echo "$1: $2" >>"wrong.$1"; } # SCRIPT WHAT

abuse() { # SCRIPT SLEEP
	local name=$1 started=$SECONDS want got=0 log verdict scenario control='[\x00-\x08\x0b-\x1f\x7f]'
	want=$(word "$name" VERDICT)
	if [ "$ABUSE_PROFILE" = systemd ] && [ -n "$(word "$name" VERDICT-SYSTEMD)" ]; then want=$(word "$name" VERDICT-SYSTEMD); fi
	[ -n "$(word "$name" SAFE)" ] && [ -n "$(word "$name" SAFE-SYSTEMD)" ] || wrong "$name" "it does not state its safe outcome in both profiles"
	scenario=$(word "$name" SCENARIO)
	: "${scenario:=install}"
	package "$name" "$2"
	ABUSE_SECRET=$canary timeout -k 5 "$ABUSE_SECONDS" "${tester[@]}" "$SLUICE" test "abuse-$name.deb" "${profile[@]}" --root "$ABUSE_ROOT" --scenario "$scenario" --report "report-$name" >"$name.out" 2>"$name.err" || got=$?
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
	python3 -c 'import json, sys, xml.dom.minidom; json.load(open(sys.argv[1] + "/report.json")); xml.dom.minidom.parse(sys.argv[1] + "/junit.xml")' "report-$name" 2>reading || wrong "$name" "a report cannot be read: $(tail -n 1 reading)"
	log=report-$name/logs/$scenario.log
	if grep -aq '^BROKEN: ' "$log"; then wrong "$name" "$(grep -a '^BROKEN: ' "$log" | head -n 5)"; fi
	if grep -arqF "$canary" "report-$name" "$name.out" "$name.err"; then wrong "$name" "a secret of the machine is in what it wrote"; fi
	if LC_ALL=C grep -aqP "$control" "$name.out" "$name.err" "report-$name/report.html"; then wrong "$name" "control characters reached the terminal or the page: $(LC_ALL=C grep -anP "$control" "$name.out" "$name.err" "report-$name/report.html" | head -n 3 | cat -v | cut -c1-300)"; fi
	if grep -aqiE '<(script>alert|img src=x|b>)' "report-$name/report.html"; then wrong "$name" "markup reached the page"; fi
	if grep -aq 'testcase name="forged"' "report-$name/junit.xml"; then wrong "$name" "a test case was forged"; fi
	if pgrep -f "sleep $2" >/dev/null; then wrong "$name" "a process was left"; fi
	rm -rf "report-$name" "abuse-$name.deb"
	[ -z "${ABUSE_TIMES:-}" ] || echo "$((SECONDS - started)) s $name"
}

host_state >before
clock_before=$(clock)
count=0
still() { jobs -rp | grep -cv "^$listener\$" || :; } # how many run; bash forgets whom it has waited for, so nobody is waited for by number
for script in "$SOURCES"/tests/e2e/abuse/*.sh; do
	name=$(basename "$script" .sh)
	case " ${ABUSE_ONLY:-$name} " in *" $name "*) ;; *) continue ;; esac
	[ -n "${SLUICE_FULL:-}${ABUSE_ONLY:-}" ] || [ -z "$(word "$name" SELDOM)" ] || continue
	count=$((count + 1))
	while [ "$(still)" -ge "$(nproc)" ]; do wait -n || :; done
	{ abuse "$name" "7$me$count" || wrong "$name" "the test of it ended early"; } &
done
[ "$count" -gt 0 ]
while [ "$(still)" -gt 0 ]; do wait -n || :; done
host_state >after
cmp -s before after || wrong machine "it is another: $(diff before after | head -n 20)"
moved=$(($(clock) - clock_before))
[ "${moved#-}" -le 2 ] || wrong machine "its clock was set: $moved s"
[ ! -e visited ] || wrong machine "somebody reached its sockets"
if pgrep -f "sleep 7$me|sluice-abuse-$me-flood" >/dev/null; then wrong machine "processes were left: $(pgrep -af "sleep 7$me|sluice-abuse-$me-flood")"; fi
cat wrong.* 2>/dev/null && exit 1
exit 0
