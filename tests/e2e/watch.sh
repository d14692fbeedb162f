# watch.sh - what scripts did: each call belongs to the script that made it, with the arguments it really saw; accounts, crashes, kinds of content.
# needs: root
. "$SOURCES/tests/e2e/_report.sh"
mkdir -p toy/DEBIAN toy/opt/toy toy/etc
printf 'Package: toy\nVersion: 1\nArchitecture: all\nMaintainer: T <t@example.org>\nDepends: base\nDescription: test\n' >toy/DEBIAN/control
echo 'key = 1' >toy/etc/toy.conf
printf '#!/bin/sh\n' >toy/opt/toy/tool
printf '\0\1\2' >toy/opt/toy/blob
cp "$(readlink -f /bin/true)" toy/opt/toy/program
chmod 755 toy/opt/toy/tool
cat >toy/DEBIAN/preinst <<'SH'
#!/bin/sh
mkdir -p /var/lib/toy
true | cat >/dev/null
SH
cat >toy/DEBIAN/postinst <<'SH'
#!/bin/sh
set -e
[ "$1" = configure ] || exit 0
groupadd -r toys
useradd -r -g toys toy
echo one >/var/lib/toy/state.new
mv /var/lib/toy/state.new /var/lib/toy/state
/bin/echo "two words" '' 'and
a line' >/dev/null
cd /etc && rm -f no-such-file && touch toy.tmp && rm toy.tmp
# Its parent goes at once, the grandchild is somebody else's then.
( (perl -MIO::Socket::UNIX -e 'unlink "/etc/toy.orphan"; open F, ">/etc/toy.orphan"; unlink "/etc/toy.orphan"; open F, ">/run/toy.done"') & )
until [ -e /run/toy.done ]; do sleep 0.1; done
perl -e 'print unpack("p", pack("J", 1))' 2>/dev/null || true
SH
cat >toy/DEBIAN/postrm <<'SH'
#!/bin/sh
set -e
if [ "$1" = purge ]; then userdel toy; rm -rf /var/lib/toy; fi
SH
chmod 755 toy/DEBIAN/p*
dpkg-deb -Zgzip --root-owner-group -b toy toy.deb >/dev/null

# What it depends on has scripts of the same names.
mkdir -p base/DEBIAN with
printf 'Package: base\nVersion: 1\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: test\n' >base/DEBIAN/control
for script in preinst postinst; do printf '#!/bin/sh\ntouch /etc/base.%s\n' $script >base/DEBIAN/$script; done
chmod 755 base/DEBIAN/p*
dpkg-deb -Zgzip --root-owner-group -b base with/base.deb >/dev/null

has() { jq -e "$1" "$report" >/dev/null || { echo "not so: $1"; jq '.runs[0].scenarios[] | {name, verdict, error, scripts, calls, accounts, kernel, findings}' "$report"; return 1; }; }
script() { has "[.runs[0].scenarios[] | select(.name == \"$1\") | .scripts[] | select(.source == \"$2\")][${4:-0}] | $3"; }

report=one/report.json
"$SLUICE" test toy.deb --with with --root / --scenario install,purge --report one >out 2>err || true
test -s "$report"
script install preinst '.arguments == ["install"]'
script install preinst '.calls | any(.kind == "exec" and (.what | endswith("/mkdir")) and .arguments == ["mkdir", "-p", "/var/lib/toy"])'
script install preinst '.calls | all(.what | endswith("/useradd") | not)'
script install postinst '.arguments == ["configure", ""] and .exit == 0 and .at > 0'
script install postinst '.calls | any(.kind == "exec" and (.what | endswith("/useradd")) and .arguments == ["useradd", "-r", "-g", "toys", "toy"])'
script install postinst '.calls | any(.kind == "exec" and .what == "/bin/echo" and .arguments[1] == "two words" and .arguments[2] == "" and (.arguments[3] | contains("\\x0a")))'
script install postinst '.calls | any(.kind == "rename" and .what == "/var/lib/toy/state.new" and .arguments == ["/var/lib/toy/state"])'
script install postinst '.calls | any(.kind == "unlink" and .what == "/etc/toy.tmp")'
script install postinst '.calls | any(.what == "/etc/no-such-file") | not'
script install postinst '.calls | any(.kind == "unlink" and .what == "/etc/toy.orphan" and .process == "perl")'
script purge postrm '.arguments == ["remove"] and (.calls | all(.what | endswith("/userdel") | not))'
script purge postrm '.arguments == ["purge"] and (.calls | any(.what | endswith("/userdel")))' 1
# The package manager's own work is not the package's.
has '.runs[0].scenarios[] | .calls | all(.what | test("dpkg|tar$") | not)'
has '.runs[0].scenarios[0].accounts | .users.added == ["toy"] and (.groups.added | contains(["toys"]))'
has '.runs[0].scenarios[1].findings | any(.check == "group-left" and .where == "toys")'
has '[.runs[0].scenarios[0].entries[] | select(.path | startswith("/opt/toy/") or . == "/etc/toy.conf") | [.path, .class, .owner]] == [["/etc/toy.conf", "config", "root"], ["/opt/toy/blob", "data", "root"], ["/opt/toy/program", "elf", "root"], ["/opt/toy/tool", "script", "root"]]'

# A program that crashed; where the kernel tells nobody (or is not asked), nothing is claimed.
if dd if=/dev/kmsg of=/dev/null iflag=nonblock bs=8192 count=1 2>/dev/null && [ "$(cat /proc/sys/debug/exception-trace 2>/dev/null)" = 1 ]; then
	has '.runs[0].scenarios[0] | .verdict == "fail" and (.kernel | any(contains("perl[") and contains("segfault"))) and (.findings | any(.check == "crash" and .severity == "high"))'
fi

# rpm's scripts have passing names; they are told apart by their processes.
cat >toy.spec <<'SPEC'
Name: toyrpm
Version: 1
Release: 1
Summary: test
License: none
BuildArch: noarch
%description
test
%pre
/bin/echo before "$1"
%post
/bin/echo after "$1" | cat
%postun -p /bin/sh
/bin/echo gone "$1"
%files
SPEC
rpmbuild --quiet --define "_topdir $WORK/rpmbuild" --define "_rpmdir $WORK" --define '_build_name_fmt toy.rpm' -bb toy.spec >rpmbuild.log 2>&1 || { cat rpmbuild.log; exit 1; }
report=two/report.json
"$SLUICE" test toy.rpm --root / --scenario remove --report two >out 2>err || { cat out err; exit 1; }
script remove %pre '.arguments == ["1"] and (.calls | any(.what == "/bin/echo" and .arguments == ["/bin/echo", "before", "1"]))'
script remove %post '.arguments == ["1"] and (.calls | any(.what == "/bin/echo" and .arguments == ["/bin/echo", "after", "1"]))'
script remove %postun '.arguments == ["0"] and (.calls | any(.what == "/bin/echo" and .arguments == ["/bin/echo", "gone", "0"]))'
has '.runs[0].scenarios[0].scripts | all(has("pid") | not)'
fits one/report.json two/report.json
