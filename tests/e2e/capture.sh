# capture.sh - installers that only run: captured, converted, and installed by the real package managers; the tree must be the installer's.
# needs: root
export SOURCE_DATE_EPOCH=1700000000
expect() { # CODE COMMAND...
	local want=$1 got=0
	shift
	"$@" > out 2> err || got=$?
	[ "$got" = "$want" ] || { echo "want exit $want, got $got: $*"; cat out err; exit 1; }
}
command -v makeself > /dev/null || skip "no makeself"

# ---- what a vendor does: accounts, a service, an alternative, links, rights, an edit, noise and litter
mkdir payload
cat > payload/setup.sh << 'EOS'
#!/bin/sh
set -e
mkdir -p /opt/acme/bin /opt/acme/share /var/log/acme /var/lib/acme
groupadd --system acmegrp
useradd --system --home-dir /var/lib/acme --shell /usr/sbin/nologin --comment acme -g acmegrp acme
usermod -a -G acmegrp daemon
cp payload.txt "/opt/acme/share/a name"
printf '#!/bin/sh\necho acme 1\n' > /opt/acme/bin/acme
printf 'x' > /opt/acme/bin/priv
chown acme:acmegrp /var/lib/acme /var/log/acme /opt/acme/bin/priv
chmod 755 /opt/acme/bin/acme
chmod 4750 /opt/acme/bin/priv
chmod 2770 /var/lib/acme
chmod 1777 /opt/acme/share
ln /opt/acme/bin/acme /opt/acme/bin/again
ln -s /opt/acme/bin/acme /usr/local/bin/acme
ln -s ../bin/acme /opt/acme/share/link
setcap cap_net_raw=ep /opt/acme/bin/acme
touch -d @1000000000 /opt/acme/share/old
date +%s%N > /opt/acme/stamp
head -c 20 /dev/urandom | od -An -tx1 > /opt/acme/id
mktemp -d /opt/acme/tmp.XXXXXX
echo log > /var/log/acme/install.log
echo left > /tmp/left; echo left > /var/tmp/left
printf '%s\n' '10.0.0.1 acme.example' "it's \$HOME" >> /etc/hosts
printf '[Unit]\nDescription=a\n[Service]\nExecStart=/opt/acme/bin/acme\n[Install]\nWantedBy=multi-user.target\n' > /etc/systemd/system/acme.service
systemctl daemon-reload
systemctl enable --now acme.service
update-alternatives --install /usr/local/bin/acmeview acmeview /opt/acme/bin/acme 50
echo '0 1 * * * root /opt/acme/bin/acme' > /etc/cron.d/acme
setsid sleep 1000 > /dev/null 2>&1 &
until grep -q sleep /proc/$!/comm; do :; done
EOS
chmod 755 payload/setup.sh
echo content > payload/payload.txt
makeself --nox11 --quiet payload acme-1.0.run Acme ./setup.sh > makeself.log 2>&1

cat > bare.yaml << 'YAML'
product: acme
package: {name: acme, version: "1.0", architecture: all}
YAML
# An edit of what was there is never packaged silently, and nothing is written.
expect 3 "$SLUICE" --json capture acme-1.0.run --to deb --output refused --recipe bare.yaml --root / -- --quiet
jq -e '.error.text | contains("/etc/hosts")' out > /dev/null
jq -e '.capture.foreign_edits == [{"path": "/etc/hosts", "what": "changed", "decision": ""}]' out > /dev/null
test ! -e refused

{ cat bare.yaml; printf 'capture:\n  edits: {/etc/hosts: lines}\n  keep: [/opt/acme/id]\n'; } > recipe.yaml
expect 0 "$SLUICE" --json capture acme-1.0.run --to deb,rpm --output first --recipe recipe.yaml --root / -- --quiet
cp out told.json
told() { jq -e "$1" told.json > /dev/null || { echo "not told: $1"; jq .capture told.json; exit 1; }; }
told '.outputs | length == 2'
told '[.capture.noise[].path] | contains(["/opt/acme/stamp"]) and any(startswith("/opt/acme/tmp."))'
told '[.capture.noise[] | select(.path == "/opt/acme/stamp").differs] == ["content"]'
told '[.capture.litter[].path] | contains(["/var/log/acme/install.log", "/var/tmp/left"]) or contains(["/var/log/acme/install.log"])'
told '[.capture.kept[].path] | contains(["/opt/acme/id", "/opt/acme/bin/again", "/var/log/acme", "/etc/cron.d/acme"])'
told '[.capture.kept[].path] | any(startswith("/tmp") or startswith("/etc/alternatives") or endswith(".wants/acme.service") or . == "/etc/hosts") | not'
told '[.capture.users[].name] == ["acme"] and [.capture.groups[].name] == ["acmegrp"]'
told '.capture.members == [{"user": "daemon", "group": "acmegrp"}]'
told '[.capture.units[].unit] == ["acme.service"]'
told '[.capture.alternatives[] | [.name, .link, .path, .priority]] == [["acmeview", "/usr/local/bin/acmeview", "/opt/acme/bin/acme", "50"]]'
told '.capture.running == ["sleep"] and .capture.network == []'

# The same installer gives the same bytes; only what is kept although it differs does not.
sed -i '/keep:/d' recipe.yaml
for n in 1 2; do expect 0 "$SLUICE" capture acme-1.0.run --to deb,rpm --output same$n --recipe recipe.yaml --root / -- --quiet; done
cmp same1/*.deb same2/*.deb
cmp same1/*.rpm same2/*.rpm

# ---- the tree that the package gives is the one that the installer gave
cat > look << 'EOS'
find /etc /opt /usr/local /var/lib/acme /var/log/acme -xdev \( -path '/opt/acme/tmp.*' -o -path /opt/acme/stamp -o -path /opt/acme/id -o -name '*.log' -o -name '*-' -o -path '/etc/*shadow' \
	-o -path /etc/ld.so.cache -o -path /etc/resolv.conf -o -path /etc/rpm \) -prune -o -printf '%p %y %m %u:%g %l\n' | LC_ALL=C sort
find /opt /usr/local/bin /etc/hosts /etc/cron.d /etc/systemd /etc/passwd /etc/group -xdev -type f ! -path /opt/acme/stamp ! -path /opt/acme/id ! -path '/opt/acme/tmp.*' -exec sha256sum {} + | LC_ALL=C sort
stat -c '%h %n' /opt/acme/bin/acme
getcap /opt/acme/bin/acme
stat -c '%Y %n' /opt/acme/share/old
update-alternatives --query acmeview
EOS
{
	printf 'base64 -d > /tmp/run << EOB\n'; base64 acme-1.0.run; printf 'EOB\n'
	# what a capture gives an installer: no units are started
	printf 'PATH=/tmp/tools:$PATH; mkdir /tmp/tools; printf "#!/bin/sh\\nfor w; do shift; [ \\$w = --now ] || set -- \\"\\$@\\" \\$w; done\\nSYSTEMD_OFFLINE=1 exec /usr/bin/systemctl \\"\\$@\\"\\n" > /tmp/tools/systemctl; chmod 755 /tmp/tools/systemctl\n'
	printf 'cd /tmp && sh ./run --quiet > /tmp/said 2>&1 || cat /tmp/said\ncd /\n'
	cat look
} > by-hand
expect 0 "$SLUICE" shell --root / < by-hand
mv out tree.installer
grep -q '/opt/acme/bin/again' tree.installer
for file in same1/*.deb same1/*.rpm; do
	expect 0 "$SLUICE" shell "$file" --root / --profile plain < look
	diff tree.installer out || { echo "$file: another tree than the installer's"; exit 1; }
done
# And it goes again, with its lines, its alternative and its link.
expect 0 "$SLUICE" test same1/*.deb --root / --profile plain --scenario install,remove
printf 'dpkg -r acme > /dev/null 2>&1; grep -c acme.example /etc/hosts; update-alternatives --query acmeview 2>&1 | grep -c /opt/acme; ls /opt/acme 2>&1 | grep -c bin\n' > after
expect 1 "$SLUICE" shell same1/*.deb --root / --profile plain < after
[ "$(cat out)" = "0
0
0" ]

# ---- one that asks: on its terminal, with a password that is not shown, a choice by a single answer
cat > asks-2.0.run << 'EOS'
#!/bin/sh
set -e
printf 'Do you accept the licence? [y/n] '; read yes; [ "$yes" = yes ]
printf 'Folder [/opt/x]: '; read folder < /dev/tty
stty -echo < /dev/tty; printf 'Password: ' > /dev/tty; read word < /dev/tty; stty echo < /dev/tty
printf '\033[1mPress Enter\033[0m'; read nothing
mkdir -p "$folder"
echo "$word" > "$folder/word"
EOS
printf 'product: asks\nsource: {answers: answers.txt}\npackage: {name: asks, architecture: all}\n' > asks.yaml
printf '# first\naccept.*licence => yes\nPassword => s3cret\n^Press =>\n/opt/asks\n' > answers.txt
sed -i 's/^.^Press/Press/' answers.txt
expect 0 "$SLUICE" capture asks-2.0.run --to deb --output asks --recipe asks.yaml --root /
dpkg-deb --fsys-tarfile asks/asks_2.0-1_all.deb | tar -xO ./opt/asks/word | finds -x s3cret
# A question nobody answers ends it, with its words.
printf 'accept.*licence => yes\n' > answers.txt
expect 3 "$SLUICE" capture asks-2.0.run --to deb --output none --recipe asks.yaml --root /
grep -q 'no answer fits.*Folder' err
grep -q 'source.answers' err
printf '(unclosed => yes\n' > answers.txt
expect 2 "$SLUICE" capture asks-2.0.run --to deb --output none --recipe asks.yaml --root /
grep -q 'answers.txt:1' err

# ---- commands in an unpacked archive
mkdir -p hello-3.1
printf '#!/bin/sh\nsed "s,@prefix@,/usr/local," Makefile.in > Makefile\n' > hello-3.1/configure
printf 'install:\n\tmkdir -p @prefix@/bin\n\tinstall -m 755 hello.sh @prefix@/bin/hello\n' > hello-3.1/Makefile.in
printf '#!/bin/sh\necho hello\n' > hello-3.1/hello.sh
chmod 755 hello-3.1/configure
tar -czf hello-3.1.tar.gz hello-3.1
expect 2 "$SLUICE" capture hello-3.1.tar.gz --to deb --output none --set architecture=all --root /
expect 0 "$SLUICE" capture hello-3.1.tar.gz --to deb --output hello --set architecture=all --root / -- sh -c './configure && make install'
dpkg-deb -c hello/hello_3.1-1_all.deb | finds './usr/local/bin/hello'

# ---- one that fetches: refused, and shown whom it called
printf '#!/bin/bash\nmkdir -p /opt/net\nexec 3<>/dev/tcp/updates.example.org/80 && echo "GET / HTTP/1.0" >&3\necho x > /opt/net/x\n' > net-1.0.run
expect 3 "$SLUICE" --json capture net-1.0.run --to deb --output none --set architecture=all --root /
jq -e '.capture.network | any(.to == "updates.example.org" and .port == 80)' out > /dev/null
jq -e '.error.text | contains("updates.example.org")' out > /dev/null
printf 'product: net\ncapture: {network: ignore}\npackage: {architecture: all}\n' > net.yaml
expect 0 "$SLUICE" capture net-1.0.run --to deb --output net --recipe net.yaml --root /
# One that fails tells its last words; nothing is written.
printf '#!/bin/sh\necho no space for you\nexit 5\n' > fails-1.run
expect 3 "$SLUICE" capture fails-1.run --to deb --output none --set architecture=all --root /
grep -q 'ended with 5.*no space for you' err
printf '#!/bin/sh\nmkdir /opt/x; echo x > /opt/x/x\n' > setup
chmod 755 setup
expect 2 "$SLUICE" capture setup --to deb --output none --set architecture=all --root /
grep -q 'error: setup: nothing tells' err
printf '#!/bin/sh\nexit 3\n' > mute-1.run
expect 3 "$SLUICE" capture mute-1.run --to deb --output none --set architecture=all --root /
grep -q 'ended with 3; it said nothing' err
printf '#!/bin/sh\nrm /etc/debian_version; rm -rf /opt/acme\n' > rude-1.run
expect 3 "$SLUICE" capture rude-1.run --to deb --output none --set architecture=all --root /
grep -q 'debian_version (removed)' err
# What a copy of this machine hides cannot be captured: it is said, not lost.
printf '#!/bin/sh\nmkdir -p /srv/acme /opt/acme; echo x > /srv/acme/x; echo x > /opt/acme/x\n' > hidden-1.run
expect 3 "$SLUICE" capture hidden-1.run --to deb --output none --set architecture=all --root /
grep -q /srv/acme err
printf '#!/bin/sh\nmkdir /opt/out; ln -s ../../../../etc/shadow /opt/out/link\n' > climbs-1.run
expect 3 "$SLUICE" capture climbs-1.run --to deb --output none --set architecture=all --root /
grep -q E_LINK_ESCAPE err
test ! -e none
test -e /etc/debian_version
