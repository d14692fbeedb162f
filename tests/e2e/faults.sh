# faults.sh - packages with one seeded fault each: the test system must name it; their clean twins must pass without a word.
# needs: root
# The packages are made here, small and readable: build NAME VERSION takes NAME/ as it stands.
. "$SOURCES/tests/e2e/_faults.sh"
deb() { # NAME VERSION
	mkdir -p "$1/DEBIAN"
	printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: seeded\n' "$1" "$2" > "$1/DEBIAN/control"
	for script in preinst postinst prerm postrm; do
		[ ! -e "$1/DEBIAN/$script" ] || chmod 755 "$1/DEBIAN/$script"
	done
	dpkg-deb -Zgzip --root-owner-group -b "$1" "$1_$2.deb" > /dev/null
}
one() { deb "$1" 1 && cp "$1_1.deb" "$1.deb"; }
two() { deb "$1" 2 && cp "$1_2.deb" "$1.deb"; } # beside the old one
script() { # NAME SCRIPT: its text from standard input
	mkdir -p "$1/DEBIAN"
	{ echo '#!/bin/sh'; echo 'set -e'; cat; } > "$1/DEBIAN/$2"
}
# ---- a service with everything: a user, a daemon with a port, state, a log, a configuration file
service() { # NAME VERSION PORT: the clean one; a fault is put over it before `deb`
	daemon_files "$1" "$1" "$3" "ready $2"
	mkdir -p "$1/DEBIAN"
	printf '/etc/%s.conf\n/etc/init.d/%s\n' "$1" "$1" > "$1/DEBIAN/conffiles"
	script "$1" postinst <<SH
if [ "\$1" = configure ] || [ "\$1" = abort-upgrade ] || [ "\$1" = abort-remove ]; then
	getent passwd $1 > /dev/null || useradd -r -M -d /nonexistent -s /usr/sbin/nologin $1
	mkdir -p /var/lib/$1
	chown $1 /var/lib/$1
	invoke-rc.d $1 start
fi
SH
	script "$1" prerm <<SH
invoke-rc.d $1 stop
SH
	script "$1" postrm <<SH
if [ "\$1" = purge ]; then
	rm -rf /var/lib/$1 /var/log/$1.log
	if getent passwd $1 > /dev/null; then userdel $1; fi
fi
SH
}

# The clean twin: two versions, every scenario.
service calm 1 8101
# ... with a port that the kernel picks, and a configuration file that is its user's and stays it.
sed -i '2i my $any = IO::Socket::INET->new(Proto => "udp", LocalAddr => "0.0.0.0", LocalPort => 0) or die;' calm/opt/calm/server
sed -i 's|^\tinvoke-rc.d|\t[ -z "$2" ] \|\| [ "$(stat -c %U /etc/calm.conf)" = calm ]\n\tchown calm /etc/calm.conf\n&|' calm/DEBIAN/postinst
# ... and which must not come to hold a line that is no comment by the edit of an administrator.
sed -i '1i # calm' calm/etc/calm.conf
sed -i 's|^\tinvoke-rc.d|\tif [ "$(grep -vc "^#" /etc/calm.conf)" != 1 ]; then exit 1; fi\n&|' calm/DEBIAN/postinst
deb calm 1
sed -i 's/ready 1/ready 2/' calm/opt/calm/server
two calm
scenarios=quick
[ -z "${SLUICE_FULL-}" ] || scenarios=all
try pass calm --upgrade-from calm_1.deb --scenario "$scenarios"
quiet calm

# Two halves side by side: much of a life is waiting for daemons to rest.
leftovers() {
# A file left after the purge.
service litter 1 8102
script litter postrm <<'SH'
if [ "$1" = purge ]; then rm -f /var/log/litter.log; userdel litter; fi
SH
echo 'echo state > /var/lib/litter/state' >> litter/DEBIAN/postinst
one litter
try fail litter --scenario purge
finding litter purge high file-left /var/lib/litter/state

# The daemon survives, and with it its port.
service undead 1 8103
rm undead/DEBIAN/prerm
one undead
try fail undead --scenario remove,purge
finding undead purge high process-left perl
finding undead purge high port-left tcp/8103
finding undead remove high process-left perl

# A user stays: one that people could be, and a locked one of the system.
service people 1 8104
sed -i 's/useradd -r -M/useradd -M/; s,/usr/sbin/nologin,/bin/sh,' people/DEBIAN/postinst
sed -i '/userdel/d' people/DEBIAN/postrm
one people
try fail people --scenario purge
finding people purge high user-left people
service locked 1 8105
sed -i '/userdel/d' locked/DEBIAN/postrm
one locked
try fail locked --scenario purge
finding locked purge high user-left locked
# ... unless somebody wants it, or the tool that made it is one whose users stay by the system's custom.
echo '- leaves: user/locked' > stays.yaml
try pass locked --scenario purge --expect stays.yaml
quiet locked
service custom 1 8111
sed -i 's/useradd -r -M -d \/nonexistent -s \/usr\/sbin\/nologin/adduser --system --quiet --no-create-home/' custom/DEBIAN/postinst
sed -i '/userdel/d' custom/DEBIAN/postrm
# Such a package's other customs: a file of the system's that any mail program may make, data that it asks about before it takes them away.
printf 'Template: custom/purge_data\nType: boolean\nDefault: false\nDescription: Remove all data?\n' > custom/DEBIAN/templates
sed -i '/rm -rf/d' custom/DEBIAN/postrm
cat >> custom/DEBIAN/postinst <<'SH'
[ -e /etc/aliases ] || echo 'root: nobody' > /etc/aliases
echo data > /var/lib/custom/data
SH
one custom
try pass custom --scenario purge
[ -e /etc/aliases ] || finding custom purge medium file-left /etc/aliases
finding custom purge medium file-left /var/lib/custom/data
finding custom purge medium user-left custom

# What a purge forgets outside of the package's own folders: an override and a diversion, lines in the system's own files, temporary files.
# What an administrator's tool shares among packages is none of that.
service shares 1 8117
cat >> shares/DEBIAN/postinst <<'SH'
if [ "$1" = configure ]; then
	dpkg-statoverride --list /opt/shares > /dev/null || dpkg-statoverride --update --add shares root 0750 /opt/shares
	dpkg-divert --package shares --quiet --rename --divert /usr/bin/yes.real --add /usr/bin/yes
	echo '# shares' >> /etc/bash.bashrc
	echo '203.0.113.1 shares' >> /etc/hosts
	add-shell /opt/shares/sh
	echo started > /tmp/shares.out
	echo started > /var/tmp/shares.out
fi
SH
one shares
try fail shares --scenario cycle
finding shares cycle high statoverride-left /opt/shares
finding shares cycle high diversion-left /usr/bin/yes
finding shares cycle high file-altered /etc/bash.bashrc
finding shares cycle high file-altered /etc/hosts
finding shares cycle high file-left /tmp/shares.out
finding shares cycle high file-left /var/tmp/shares.out
finding shares cycle medium file-altered /etc/shells
script shares postrm <<'SH'
if [ "$1" = purge ]; then
	rm -rf /var/lib/shares /var/log/shares.log /tmp/shares.out /var/tmp/shares.out
	dpkg-statoverride --remove /opt/shares
	dpkg-divert --package shares --quiet --rename --remove /usr/bin/yes
	sed -i '/shares$/d' /etc/bash.bashrc /etc/hosts
	remove-shell /opt/shares/sh
	userdel shares
fi
SH
one shares
try pass shares --scenario purge
quiet shares

# A user to whom nothing ever belonged has no reason to stay, whoever made it; a group that a script made by itself neither.
service unused 1 8114
echo 'getent passwd nothing > /dev/null || adduser --system --quiet --no-create-home nothing; getent group handmade > /dev/null || groupadd -r handmade' >> unused/DEBIAN/postinst
one unused
try fail unused --scenario purge
finding unused purge high user-left nothing
finding unused purge high group-left handmade

# Its init script says that it runs, and nothing lives; one that starts nothing, and says so, is switched off.
service ghost 1 8115
sed -i 's/^status).*/status) exit 0 ;;/; s,--exec /usr/bin/perl -- .*,--exec /bin/true ;;,' ghost/etc/init.d/ghost
one ghost
try fail ghost --scenario install
finding ghost install high service-not-running ghost
# One that opens its port, falls asleep, and dies of it a moment later: it did run, and does not.
service brief 1 8119
sed -i 's/^while .*/select(undef, undef, undef, 0.2); exit 1;/' brief/opt/brief/server
one brief
try fail brief --scenario install
finding brief install high service-failed brief
service off 1 8116
sed -i 's/^start) /start) echo "off, see the configuration" ; exit 0; /' off/etc/init.d/off
one off
try pass off --scenario install
finding off install low service-not-started off

# All is well but for one line in its log; what it fetches, it fetches in clear text.
service moody 1 8112
sed -i 's/ready 1/ERROR: licence database is damaged/' moody/opt/moody/server
one moody
try fail moody --scenario install
finding moody install high log-error /var/log/moody.log:1
service open 1 8113
sed -i '2i my $c = IO::Socket::INET->new("updates.open.example:80"); print $c "GET /licence HTTP/1.0\\r\\n\\r\\n"; my $l = <$c>; close $c;' open/opt/open/server
one open
try fail open --scenario install
finding open install high cleartext-connection updates.open.example:80
echo '- connects: ["updates.open.example:80"]' > fetches.yaml
try pass open --scenario install --expect fetches.yaml
}

second_tries() {
# A configuration file is written over in an upgrade; a daemon is not started again; data and user are lost to a postrm that never asks why.
service rude 1 8106
deb rude 1
echo 'echo "port = 8106" > /etc/rude.conf' >> rude/DEBIAN/postinst
two rude
try fail rude --upgrade-from rude_1.deb --scenario upgrade,reinstall
finding rude upgrade high conffile-lost /etc/rude.conf
finding rude reinstall high conffile-lost /etc/rude.conf
service asleep 1 8107
deb asleep 1
sed -i 's/invoke-rc.d asleep start/[ -n "$2" ] || invoke-rc.d asleep start/' asleep/DEBIAN/postinst
two asleep
try fail asleep --upgrade-from asleep_1.deb --scenario upgrade
finding asleep upgrade high daemon-dead perl
service deaf 1 8108
script deaf postrm <<'SH'
rm -rf /var/lib/deaf
userdel deaf 2> /dev/null || true
SH
deb deaf 1
two deaf
try fail deaf --upgrade-from deaf_1.deb --scenario upgrade
finding deaf upgrade high data-lost /var/lib/deaf/.sluice-test-data

# The next version forgets its user, whom the one in use takes away at its purge.
service orphan 1 8118
sed -i 's/useradd -r -M -d \/nonexistent -s \/usr\/sbin\/nologin/adduser --system --quiet --no-create-home/; ' orphan/DEBIAN/postinst
sed -i 's/userdel/deluser --quiet/' orphan/DEBIAN/postrm
deb orphan 1
sed -i '/deluser/d' orphan/DEBIAN/postrm
two orphan
try fail orphan --upgrade-from orphan_1.deb --scenario upgrade
finding orphan upgrade high user-left orphan

# Back to the old version is not back: the new one left what the old one does not know.
service sticky 1 8109
deb sticky 1
echo 'echo new > /etc/sticky.new' >> sticky/DEBIAN/postinst
two sticky
try fail sticky --upgrade-from sticky_1.deb --scenario downgrade,rollback
finding sticky rollback high rollback-differs /etc/sticky.new
finding sticky downgrade high rollback-differs /etc/sticky.new

# Scripts that do not stand a second try: after a first one that failed at the end, after one that was cut off in the middle; and one that
# does not know an argument of the way back.
mkdir -p twice/opt/twice
echo x > twice/opt/twice/x
script twice postinst <<'SH'
mkdir /var/lib/twice
SH
script twice postrm <<'SH'
[ "$1" != purge ] || rm -rf /var/lib/twice
SH
one twice
try fail twice --scenario failing-script,reinstall
finding twice reinstall high script-failed postinst
finding twice failing-script high second-try-failed 'install, postinst configure: install'
mkdir -p locked2/opt/locked2
echo x > locked2/opt/locked2/x
script locked2 preinst <<'SH'
[ ! -e /var/lib/locked2.lock ]
mkdir /var/lib/locked2.lock
uname > /dev/null
uname > /dev/null
rmdir /var/lib/locked2.lock
SH
one locked2
try fail locked2 --scenario install,interrupted
finding locked2 interrupted high second-try-failed 'install, preinst install: install'
mkdir -p back/opt/back
echo 1 > back/opt/back/x
script back postinst <<'SH'
case $1 in configure) ;; *) echo "unknown argument $1" >&2; exit 1 ;; esac
SH
deb back 1
echo 2 > back/opt/back/x
two back
try fail back --scenario reinstall
finding back reinstall high script-failed postinst
try fail back --upgrade-from back_1.deb --scenario failing-script
finding back failing-script high script-failed 'upgrade, unpack: postinst'
}

leftovers &
half=$!
trap 'kill "$half" 2> /dev/null || :' EXIT
second_tries
wait "$half"
trap - EXIT

# What a tester expects, written before the run: every kind, met and unmet; silence proves nothing.
cat > calm.yaml <<'YAML'
- file: /opt/calm/server
  type: file
  mode: "0644"
  owner: root
- run: [/bin/echo, "4.2.1"]
  stdout: "4.2"
- listens: tcp/8101
- user: calm
- service: calm
- log: {file: /var/log/calm.log, contains: ready}
- connects: []
- provide: {file: calm.yaml, as: /etc/calm.licence}
- setup: [/bin/true]
YAML
try pass calm --scenario install --expect calm.yaml
cat > unmet.yaml <<'YAML'
- listens: tcp/8101
  tls: required
- connects: [updates.acme.example:443]
  tls: required
- service: no-such-service
YAML
try fail calm --scenario install --expect unmet.yaml
python3 - unmet.yaml <<'PY'
import hashlib, json, sys
report = json.load(open('calm.out/report.json'))
text = open(sys.argv[1], 'rb').read()
assert report['expectations_digest'] == hashlib.sha256(text).hexdigest() and report['expectations_text'] == text.decode()
unmet = [x['text'] for x in report['expectations'] if not x['met']]
wanted = ['listens: tcp/8101: speaks', 'no-such-service', 'connects: updates.acme.example:443']
assert unmet[:3] == wanted, report['expectations']
assert any(x['text'] == 'listens' and x['met'] for x in report['expectations'])
PY

# A set whose packages want one another before they are unpacked, in the wrong order.
for name in first second; do
	mkdir -p $name/DEBIAN "$name/opt/$name"
	deb $name 1
done
sed -i 's/^Architecture/Pre-Depends: second\n&/' first/DEBIAN/control
dpkg-deb -Zgzip --root-owner-group -b first first_1.deb > /dev/null
"$SLUICE" test first_1.deb second_1.deb --root / --scenario install > set.said 2>&1 || { cat set.said; exit 1; }
fits kept/*
