# What a vendor's scripts find around them on another package manager, in corners: the folders of a relocatable rpm, interpreter lines with a
# tab, texts that begin with '-', a /tmp from which nothing may be run, secrets among debconf's answers,
# a service that comes with a later version, triggers on paths, debconf's questions
# between the recipe's words. By the real dpkg and the real rpm.
# needs: root
. "$SOURCES/tests/e2e/_root.sh"
needs_root

# ---- the folders of a relocatable rpm: RPM_INSTALL_PREFIX is told at home, on dpkg and to rpm again, also where the files were moved
mkdir -p rpm-reloc
cat > rpm-reloc/it.spec <<'SPEC'
Name: reloc
Version: 1
Release: 1
Summary: records
License: none
BuildArch: noarch
Prefix: /opt/reloc
Prefix: /etc/opt/its
%description
records
%install
mkdir -p %{buildroot}/opt/reloc "%{buildroot}/etc/opt/its"
echo 1 > %{buildroot}/opt/reloc/file
%files
/opt/reloc
"/etc/opt/its"
%post
echo "%%post $RPM_INSTALL_PREFIX $RPM_INSTALL_PREFIX0 $RPM_INSTALL_PREFIX1" >> /share/record
%preun
echo "%%preun $RPM_INSTALL_PREFIX $RPM_INSTALL_PREFIX0 $RPM_INSTALL_PREFIX1" >> /share/record
SPEC
rpmbuild --quiet --define "_topdir $WORK/rpm-reloc" --define "_rpmdir $WORK/share" --define "_build_name_fmt reloc.rpm" -bb rpm-reloc/it.spec > rpmbuild.log 2>&1 || { cat rpmbuild.log; exit 1; }
"$SLUICE" --quiet convert share/reloc.rpm --to deb,rpm --output made > paths
mv made/*.deb share/reloc.deb
mv made/*.rpm share/again.rpm
rpm_life() { record "$1" "rpm -i --nodeps --nosignature /share/$2; rpm -e reloc"; }
rpm_life reloc-home reloc.rpm
rpm_life reloc-again again.rpm
record reloc-deb 'dpkg --force-depends -i /share/reloc.deb; dpkg -P reloc'
grep -qxF '%post /opt/reloc /opt/reloc /etc/opt/its' reloc-home
[ "$(wc -l < reloc-home)" = 2 ]
same reloc-home reloc-again
same reloc-home reloc-deb
printf 'product: reloc\nfiles:\n  - {move: /opt/reloc, to: /opt/org/reloc}\n' > moved.yaml
"$SLUICE" --quiet convert share/reloc.rpm --to deb,rpm --output moved --recipe moved.yaml > paths
mv moved/*.deb share/reloc.deb
mv moved/*.rpm share/again.rpm
rpm_life moved-rpm again.rpm
record moved-deb 'dpkg --force-depends -i /share/reloc.deb; dpkg -P reloc'
sed 's,/opt/reloc,/opt/org/reloc,g' reloc-home > moved-want
same moved-want moved-rpm
same moved-want moved-deb

# ---- a deb's: the same lines with a /tmp that runs programs and with one that does not
mkdir -p deb-odd/DEBIAN deb-odd/opt/odd
echo 1 > deb-odd/opt/odd/file
printf 'Package: odd\nVersion: 1-1\nArchitecture: all\nMaintainer: N <n@example.org>\nDescription: records\n' > deb-odd/DEBIAN/control
printf 'Template: odd/secret\nType: password\nDescription: secret\n' > deb-odd/DEBIAN/templates
printf '#!/bin/sh\t-e\necho "preinst $1" >> /share/record\nfalse || echo "behind" >> /share/record\n' > deb-odd/DEBIAN/preinst
cat > deb-odd/DEBIAN/postinst <<'POSTINST'
#!/bin/sh
set -e
. /usr/share/debconf/confmodule
db_set odd/secret hush
db_get odd/secret
dpkg --compare-versions 1.10 gt 1.9 && echo "postinst $RET" >> /share/record
POSTINST
chmod 755 deb-odd/DEBIAN/*inst
dpkg-deb --root-owner-group -b deb-odd share/odd.deb > /dev/null
"$SLUICE" --quiet convert share/odd.deb --to rpm --output made > paths
mv made/odd*.rpm share/odd.rpm
odd_life='export HOME=/root; rm -rf /usr/share/debconf /usr/bin/dpkg
	rpm -i --nodeps --nosignature /share/odd.rpm
	ls -A /tmp >> /share/record
	stat -c "%n %a" /var/lib/sluice-scripts/odd/answers >> /share/record
	rpm -e odd
	[ ! -e /var/lib/sluice-scripts ]'
mount_tmp='mount -t tmpfs tmp /tmp'
record odd "$mount_tmp; $odd_life"
record odd-noexec "$mount_tmp -o noexec; $odd_life"
printf 'preinst install\nbehind\npostinst hush\n/var/lib/sluice-scripts/odd/answers 600\n' > odd-want
same odd-want odd
same odd-want odd-noexec

# ---- a service that comes with version 2 is enabled by the upgrade to it; what the administrator disabled stays so with version 3
body() { # VERSION NAME
	[ "$1" != 1 ] || { echo 'echo "$@"'; return; }
	cat <<'BODY'
if deb-systemd-helper --quiet was-enabled 'grow.service'; then
	deb-systemd-helper enable 'grow.service'
fi
BODY
}
for version in 1 2 3; do
	make_deb grow $version body postinst
	"$SLUICE" --quiet convert share/grow_$version.deb --to rpm --output made > paths
	mv made/grow*.rpm share/grow_$version.rpm
done
cat > share/systemctl <<'SYSTEMCTL'
#!/bin/sh
case "$*" in
*is-enabled*) [ -e /enabled ] ;;
*enable*) : > /enabled; echo "$@" >> /share/record ;;
*disable*) rm -f /enabled ;;
esac
SYSTEMCTL
record grown 'rm -f /usr/bin/systemctl /bin/systemctl /usr/bin/deb-systemd-helper
	install -m 755 /share/systemctl /usr/bin/systemctl
	for version in 1 2 3; do
		echo "version $version" >> /share/record
		rpm -U --nodeps --nosignature /share/grow_$version.rpm
		rm -f /enabled
	done'
printf 'version 1\nversion 2\n--no-reload enable grow.service\nversion 3\n' > grown-want
same grown-want grown

# ---- a deb's interest in a path: under rpm only what lies below it counts, not what begins alike; apk's .trigger has the same shims
mkdir -p deb-wat/DEBIAN
printf 'Package: wat\nVersion: 1-1\nArchitecture: all\nMaintainer: N <n@example.org>\nDescription: records\n' > deb-wat/DEBIAN/control
echo 'interest-noawait /opt/wat' > deb-wat/DEBIAN/triggers
cat > deb-wat/DEBIAN/postinst <<'POSTINST'
#!/bin/sh
set -e
[ "$1" = triggered ] || exit 0
dpkg --compare-versions 1.10 gt 1.9
echo "postinst '$1' '$2'" >> /share/record
POSTINST
chmod 755 deb-wat/DEBIAN/postinst
dpkg-deb --root-owner-group -b deb-wat share/wat.deb > /dev/null
"$SLUICE" --quiet convert share/wat.deb --to rpm,apk --output made > paths
mv made/wat*.rpm share/wat.rpm
cat > watched.spec <<'SPEC'
Name: watched
Version: 1
Release: 1
Summary: records
License: none
BuildArch: noarch
%description
records
%install
mkdir -p %{buildroot}/opt/wat %{buildroot}/opt/watch %{buildroot}/opt/watt
touch %{buildroot}/opt/wat/file %{buildroot}/opt/watch/file %{buildroot}/opt/watt/file
%files
/opt/wat/file
/opt/watch/file
/opt/watt/file
SPEC
rpmbuild --quiet --define "_topdir $WORK/rpm-watched" --define "_rpmdir $WORK/share" --define "_build_name_fmt watched.rpm" -bb watched.spec > rpmbuild.log 2>&1 || { cat rpmbuild.log; exit 1; }
record told 'rpm -i --nodeps --nosignature /share/wat.rpm; rpm -i --nodeps --nosignature /share/watched.rpm'
printf "postinst 'triggered' '/opt/wat'\n" > told-want
same told-want told
mkdir apk
tar -xzf made/wat*.apk -C apk --warning=no-unknown-keyword 2> tar.log || :
cp apk/.trigger share/trigger
for sh in dash bash 'busybox sh'; do
	record "told-$sh" "rm -f /usr/bin/dpkg; $sh /share/trigger /opt/wat"
	same told-want "told-$sh"
done

# ---- a deb that asks, with words of the recipe around its scripts: debconf still knows whose questions they are
mkdir -p deb-ask/DEBIAN
printf 'Package: ask\nVersion: 1-1\nArchitecture: all\nMaintainer: N <n@example.org>\nDescription: records\n' > deb-ask/DEBIAN/control
printf 'Template: ask/port\nType: string\nDefault: 80\nDescription: port\n' > deb-ask/DEBIAN/templates
cat > deb-ask/DEBIAN/config <<'CONFIG'
#!/bin/sh
set -e
. /usr/share/debconf/confmodule
echo "config $*" >> /share/record
db_input low ask/port || true
db_go
CONFIG
for script in preinst postinst; do
	cat > deb-ask/DEBIAN/$script <<SCRIPT
#!/bin/sh
set -e
. /usr/share/debconf/confmodule
db_get ask/port
echo "$script \$* port \$RET" >> /share/record
SCRIPT
done
cat > deb-ask/DEBIAN/postrm <<'POSTRM'
#!/bin/sh
set -e
[ "$1" = purge ] || exit 0
. /usr/share/debconf/confmodule
db_purge
POSTRM
chmod 755 deb-ask/DEBIAN/p* deb-ask/DEBIAN/config
dpkg-deb --root-owner-group -b deb-ask share/ask.deb > /dev/null
printf 'product: ask\nusers:\n  - {name: asker, system: true}\nservices: [ask]\n' > ask.yaml
"$SLUICE" --quiet convert share/ask.deb --to deb --output made --recipe ask.yaml > paths
mv made/ask*.deb share/asked.deb
ask_life() { # NAME FILE
	record "$1" "export DEBIAN_FRONTEND=noninteractive
		dpkg -i /share/$2
		dpkg -P ask
		grep -c ask/port /var/cache/debconf/config.dat >> /share/record || :"
}
ask_life ask-home ask.deb
ask_life ask-around asked.deb
grep -qx 'postinst configure  port 80' ask-home
same ask-home ask-around
