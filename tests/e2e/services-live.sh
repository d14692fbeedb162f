# services-live.sh - services of packages really start and end: in profile systemd under this machine's own systemd, in plain by init scripts.
# needs: root
. "$SOURCES/tests/e2e/_report.sh"
[ -x /lib/systemd/systemd ] && command -v deb-systemd-helper > /dev/null || skip "this machine has no systemd to boot"
unit() { # NAME COMMAND [LINE...]: a package with a unit and scripts as debhelper writes them, and no init script
	local name=$1 command=$2 line
	shift 2
	mkdir -p "$name/DEBIAN" "$name/lib/systemd/system" "$name/opt/$name"
	printf 'Package: %s\nVersion: 1\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: t\n' "$name" > "$name/DEBIAN/control"
	{
		printf '[Unit]\nDescription=t\n[Service]\nExecStart=%s\n' "$command"
		for line; do echo "$line"; done
		printf '[Install]\nWantedBy=multi-user.target\n'
	} > "$name/lib/systemd/system/$name.service"
	cat > "$name/DEBIAN/postinst" <<SH
#!/bin/sh
set -e
if [ "\$1" = configure ]; then
	deb-systemd-helper enable $name.service > /dev/null
	if [ -d /run/systemd/system ]; then
		systemctl --system daemon-reload
		deb-systemd-invoke start $name.service || true
	fi
fi
SH
	cat > "$name/DEBIAN/prerm" <<SH
#!/bin/sh
[ ! -d /run/systemd/system ] || deb-systemd-invoke stop $name.service
SH
	cat > "$name/DEBIAN/postrm" <<SH
#!/bin/sh
if [ "\$1" = purge ]; then deb-systemd-helper purge $name.service; fi
[ ! -d /run/systemd/system ] || systemctl --system daemon-reload
SH
}
pack() { # NAME
	chmod 755 "$1"/DEBIAN/p*
	[ ! -d "$1/etc/init.d" ] || chmod 755 "$1"/etc/init.d/*
	dpkg-deb -Zgzip --root-owner-group -b "$1" "$1.deb" > /dev/null
}
try() { # STATUS NAME [OPTION...]: report in NAME.out/
	local want=$1 name=$2 status=0
	shift 2
	"$SLUICE" test "$name.deb" --root / --report "$name.out" "$@" > "$name.said" 2>&1 || status=$?
	[ $status = "$want" ] || { echo "$name: exit $status, not $want"; cat "$name.said"; exit 1; }
	keep "$name.out/report.json"
}
# scenario NAME SCENARIO EXPRESSION: of the scenario's object s; F is the set of (severity, check, where)
scenario() {
	python3 - "$@" <<'PY'
import json, sys
name, scenario, expression = sys.argv[1:]
report = json.load(open(name + '.out/report.json'))
s = next(s for r in report['runs'] for s in r['scenarios'] if s['name'] == scenario)
F = {(f['severity'], f['check'], f['where']) for f in s['findings']}
if not eval(expression):
    sys.exit(f'{name} {scenario}: not {expression}\n{s["profile"]} {s["services"]} {s["processes_left"]} {F} {s.get("error")}')
PY
}

# A clean one: auto boots, because no init script stands for the unit.
unit calm '/usr/bin/perl /opt/calm/server'
cat > calm/opt/calm/server << 'PERL'
use IO::Socket::INET;
my $s = IO::Socket::INET->new(LocalPort => 8301, Listen => 5) or die;
while (my $c = $s->accept) { close $c }
PERL
pack calm
echo '- service: calm' > expect.yaml
echo '- listens: tcp/8301' >> expect.yaml
try 0 calm --scenario install,remove,purge --expect expect.yaml
scenario calm install 's["profile"] == "systemd" and s["services"] == [{"unit": "calm.service", "after_install": "running"}] and s["units"] == ["calm.service"]'
scenario calm remove 's["services"][0]["after_remove"] == "absent" and not F'
scenario calm purge 's["services"][0]["after_remove"] == "absent" and not F and not s["processes_left"]'

# Asked for plain, it is not started, and that is said.
try 1 calm --scenario install --expect expect.yaml --profile plain
scenario calm install 's["profile"] == "plain" and s["services"][0]["after_install"] == "not tried" and ("medium", "service-not-tried", "calm.service") in F'
try 0 calm --scenario install --profile plain

# It fails; it ends at once; it cannot have what it asks for (the journal speaks of that failure, too); it is not stopped.
unit broken '/bin/sh -c "echo no such luck; exit 3"'
pack broken
try 1 broken --scenario install
scenario broken install '("high", "service-failed", "broken.service") in F and any("no such luck" in f["text"] for f in s["findings"])'
unit brief /bin/true
pack brief
try 1 brief --scenario install
scenario brief install '("high", "service-not-running", "brief.service") in F'
unit greedy '/bin/sleep 81305' CPUSchedulingPolicy=fifo CPUSchedulingPriority=50
pack greedy
try 0 greedy --scenario install
scenario greedy install '("medium", "service-not-tried", "greedy.service") in F'
unit undead '/bin/sleep 81305'
printf '#!/bin/sh\n' > undead/DEBIAN/prerm
pack undead
try 1 undead --scenario remove
scenario undead remove '("high", "daemon-survives", "undead.service") in F and ("high", "process-left", "sleep") in F'

# One that powers the system off fails the test, and breaks nothing.
unit rude '/bin/sleep 81305'
echo 'systemctl poweroff; sleep 60' >> rude/DEBIAN/postinst
pack rude
try 1 rude --scenario install

# An init script whose start fails without a word, in plain.
mkdir -p old/DEBIAN old/etc/init.d
printf 'Package: old\nVersion: 1\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: t\n' > old/DEBIAN/control
cat > old/etc/init.d/old <<'SH'
#!/bin/sh
### BEGIN INIT INFO
# Provides: old
# Required-Start:
# Required-Stop:
# Default-Start: 2 3 4 5
# Default-Stop: 0 1 6
### END INIT INFO
. /lib/lsb/init-functions
case $1 in
start) start-stop-daemon --start --background --make-pidfile --pidfile /run/old.pid --exec /bin/false || true ;;
stop) start-stop-daemon --stop --oknodo --pidfile /run/old.pid ;;
status) status_of_proc -p /run/old.pid /bin/false old ;;
esac
SH
printf '#!/bin/sh\nset -e\nupdate-rc.d old defaults > /dev/null\ninvoke-rc.d old start\n' > old/DEBIAN/postinst
pack old
try 1 old --scenario install
scenario old install 's["profile"] == "plain" and {"service-failed", "service-not-running"} & {c for _, c, w in F if w == "old"}'

# The same with a unit that does better, booted; and with one whose condition is not met here.
unit both '/bin/sleep 81305'
mkdir -p both/etc/init.d
printf '#!/bin/sh\n# status) start-stop-daemon\ncase $1 in start) exit 1 ;; status) exit 3 ;; esac\n' > both/etc/init.d/both
sed -i 's/^fi$/\t[ -d \/run\/systemd\/system ] || invoke-rc.d both start\nfi/' both/DEBIAN/postinst
pack both
try 0 both --scenario install
scenario both install 's["profile"] == "systemd" and ("medium", "init-script-fails") in {f[:2] for f in F}'
cp -r old nowhere
sed -i 's/old/nowhere/g' nowhere/DEBIAN/control nowhere/DEBIAN/postinst nowhere/etc/init.d/old
mv nowhere/etc/init.d/old nowhere/etc/init.d/nowhere
mkdir -p nowhere/lib/systemd/system
printf '[Unit]\nConditionPathExists=/no/such/place\n[Service]\nExecStart=/bin/sleep 81305\n' > nowhere/lib/systemd/system/nowhere.service
pack nowhere
try 0 nowhere --scenario install
scenario nowhere install 's["profile"] == "plain" and s["services"][0]["after_install"] == "skipped" and not F'

# What is asked of another package's service, which stays, is no daemon of one's own; what one starts beside it is.
mkdir -p helper/etc/init.d lent/DEBIAN own/DEBIAN given
unit helper '/bin/sleep 81305'
sed 's/old/helper/g; s/start)/& [ -e \/run\/wanted ] || exit 0;/; s/--exec .*|| true/--exec \/bin\/sleep -- 81305/; s/\/bin\/false old/\/bin\/sleep helper/' old/etc/init.d/old > helper/etc/init.d/helper
printf '#!/bin/sh\nset -e\nupdate-rc.d helper defaults > /dev/null\n' > helper/DEBIAN/postinst
pack helper
mv helper.deb given/
printf 'Package: lent\nVersion: 1\nArchitecture: all\nDepends: helper\nMaintainer: T <t@example.org>\nDescription: t\n' > lent/DEBIAN/control
printf '#!/bin/sh\nset -e\ntouch /run/wanted\ninvoke-rc.d helper start\n' > lent/DEBIAN/postinst
sed 's/lent/own/' lent/DEBIAN/control > own/DEBIAN/control
{ cat lent/DEBIAN/postinst; echo 'setsid sleep 81306 < /dev/null > /dev/null 2>&1 &'; } > own/DEBIAN/postinst
for name in lent own; do pack $name; done
try 0 lent --with given --scenario purge
scenario lent purge 's["profile"] == "systemd" and F == {("info", "service-of-another", "processes")}'
try 1 own --with given --scenario purge
scenario own purge '("high", "process-left", "sleep") in F and any("81306" in p["command"] for p in s["processes_left"])'

# A root without systemd cannot be booted; a word that is none is a mistake.
mkdir -p bare/usr/bin
status=0
"$SLUICE" test calm.deb --root ./bare --profile systemd > bare.said 2>&1 || status=$?
[ $status = 4 ]
grep -q 'has no systemd' bare.said
try 2 calm --profile booted

fits kept/*

# Nothing is left of all these.
if grep -F "$WORK" /proc/mounts; then exit 1; fi
if pgrep -f 'sleep 8130[56]|/opt/calm/server'; then exit 1; fi
